// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// published is what the tests read of a figure that may be revised.
type published struct {
	Status    string
	Revision  int
	Permalink string
	Rows      []struct {
		Group []string
		Value int64
		Was   *int64
	}
}

func publishedAt(t *testing.T, a *App, question string) (out published) {
	t.Helper()
	status, text := askStats(t, a, question)
	if err := json.Unmarshal([]byte(text), &out); err != nil || status != 200 {
		t.Fatalf("%s: %d %v %s", question, status, err, text)
	}
	return out
}

// Records that come late make a revision that anybody can see: the interface and the
// page say what it was before, and lead to the address at which that stands for ever.
// The page also says on which sensors a change rests, and how many addresses stand
// behind what is hosted.
func TestLateRecordsReviseAFigureForAllToSee(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token := enrol(t, a, event.Sensor{Name: "hue-1", Country: "VN"})
	y, m, d := testNow().In(a.zone).Date()
	day := time.Date(y, m, d-4, 0, 0, 0, 0, a.zone)
	sent := sentLogins(day)
	deliver := func(key, lines string) {
		t.Helper()
		_, batch := send(t, a, token, key, lines)
		storedBatch(t, a, "hue-1", batch, int64(strings.Count(lines, "\n")))
	}
	deliver("k1", cowrieLines(sent))
	deliver("k2", awake(day))
	deliver("k3", cowrieLines([]login{{testNow().Add(-time.Minute), "8.8.8.8"}})) // all has come in up to now
	name := day.Format(time.DateOnly)
	question := "attacks?of=VN&by=hosting&base=previous&period=" + name
	first := publishedAt(t, a, question)
	for deadline := time.Now().Add(time.Minute); first.Status != "final" || first.Permalink == ""; time.Sleep(50 * time.Millisecond) {
		if first = publishedAt(t, a, question); time.Now().After(deadline) {
			t.Fatalf("not final: %+v", first)
		}
	}
	page := a.Address() + "/en/country/VN?period=" + name
	if _, text := getText(t, page, "text/html"); !strings.Contains(text, "on the panel of 1 sensors at work in both periods") || strings.Contains(text, "Before the revision") {
		t.Errorf("the page does not say on what the change rests, or says too much: %s", text)
	}
	if _, text := getText(t, a.Address()+"/vi/qua-may-dat-tai/theo-ky?ky="+name, "text/html"); !strings.Contains(text, "Số địa chỉ đặt máy") {
		t.Error("the page does not say how many addresses it came from")
	}
	late := []login{{day.Add(15 * time.Hour), "8.8.8.8"}, {day.Add(16 * time.Hour), "8.8.8.8"}}
	deliver("k4", cowrieLines(late))
	second := publishedAt(t, a, question)
	for deadline := time.Now().Add(time.Minute); second.Status != "revised" || second.Permalink == first.Permalink; time.Sleep(50 * time.Millisecond) {
		if second = publishedAt(t, a, question); time.Now().After(deadline) {
			t.Fatalf("not revised: %+v", second)
		}
	}
	before := map[string]int64{}
	for _, r := range first.Rows {
		before[r.Group[0]] = r.Value
	}
	for _, r := range second.Rows {
		changed := r.Group[0] == "US"
		if second.Revision != 2 || changed != (r.Was != nil) || changed && (r.Value != before["US"]+2 || *r.Was != before["US"]) {
			t.Errorf("%+v, before %v", r, before)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, text := getText(t, page, "text/html")
		if strings.Contains(text, "Before the revision") && strings.Contains(text, strings.TrimPrefix(first.Permalink, a.Address())+`"`) && strings.Contains(text, "revised") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the page does not show the revision: %s", text)
		}
	}
}
