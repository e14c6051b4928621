// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/xml"
	"regexp"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/release"
)

type readFeed struct {
	Updated string `xml:"updated"`
	Entry   []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Summary string `xml:"summary"`
		Link    struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Category struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
	} `xml:"entry"`
}

func feedOf(t *testing.T, p *Portal, path string, head ...string) (readFeed, map[string][]string, int) {
	t.Helper()
	r := get(t, p.Handler(), path, head...)
	var f readFeed
	if body := bodyOf(t, r); r.StatusCode == 200 {
		if err := xml.Unmarshal([]byte(body), &f); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
	}
	return f, r.Header, r.StatusCode
}

// The feed tells of each quarter's report and of each month that is final, with
// ids that stay; a quarter still running is no news.
func TestFeedTellsWhatIsNew(t *testing.T) {
	p := newTestPortal(t, Config{Origin: "https://example.vn"}, samplePicture(sampleTime, 12340))
	f, head, _ := feedOf(t, p, "/en/feed.atom")
	got := map[string]string{}
	for _, e := range f.Entry {
		got[e.ID] = e.Updated + " " + e.Category.Term + " " + e.Link.Href
	}
	want := map[string]string{
		"tag:example.vn,2026:report/2026-Q3/en":  "2026-10-15T17:00:00Z report https://example.vn/en/report/2026-Q3",
		"tag:example.vn,2026:report/2026-Q2/en":  "2026-07-15T17:00:00Z report https://example.vn/en/report/2026-Q2",
		"tag:example.vn,2026:release/2026-10/en": "2026-11-07T17:00:00Z release https://example.vn/en/figures?period=2026-10",
	}
	for id, line := range want {
		if got[id] != line {
			t.Errorf("%s: %q, want %q", id, got[id], line)
		}
	}
	if len(got) != 2+7 { // two quarters, seven months from April
		t.Errorf("%d entries: %v", len(got), got)
	}
	if f.Updated != "2026-11-07T17:00:00Z" || head["Content-Type"][0] != "application/atom+xml; charset=utf-8" || head["Last-Modified"][0] != "Sat, 07 Nov 2026 17:00:00 GMT" {
		t.Errorf("%s %v", f.Updated, head)
	}
	for _, again := range [][]string{{"If-None-Match", head["Etag"][0]}, {"If-Modified-Since", head["Last-Modified"][0]}} {
		if _, _, status := feedOf(t, p, "/en/feed.atom", again...); status != 304 {
			t.Errorf("%v: %d", again, status)
		}
	}
	if _, _, status := feedOf(t, p, "/en/feed.atom", "If-Modified-Since", "Sat, 07 Nov 2026 16:59:59 GMT"); status != 200 {
		t.Errorf("older than the newest entry: %d", status)
	}
}

// told is a gate with a public calendar and a correction.
type told struct{ *classify.Gate }

func (told) Calendar(classify.Viewer) classify.Released[[]release.Planned] {
	desk := decided{release.NewState(release.Automatic)}
	by := release.Signed{By: "person/1", Reason: "planned", At: sampleTime}
	desk.decide(&release.Planned{ID: "planned03", Block: "report", Period: "2026-Q3", On: sampleTime.Add(-time.Hour), VI: "Báo cáo quý III", EN: "Report of the third quarter", Signed: by})
	desk.decide(&release.Planned{ID: "planned04", Block: "report", Period: "2026-Q4", On: sampleTime.Add(time.Hour), VI: "Báo cáo quý IV", EN: "Report of the fourth quarter", Signed: by})
	return (&classify.Gate{}).WithReleases(&desk).Calendar(classify.Nobody())
}

func (told) Corrections(classify.Viewer) classify.Released[[]release.Correction] {
	desk := decided{release.NewState(release.Automatic)}
	desk.decide(&release.Correction{ID: "planned05", Block: "figure/attacks", Period: "2026-08", VI: "Đã sửa", EN: "August was <b>corrected</b>", Signed: release.Signed{By: "person/1", Reason: "late records", At: sampleTime}})
	return (&classify.Gate{}).WithReleases(&desk).Corrections(classify.Nobody())
}

type decided struct{ state *release.State }

func (d *decided) State() *release.State { return d.state }
func (d *decided) Now() time.Time        { return sampleTime }

func (d *decided) decide(c release.Change) {
	next, _, err := d.state.Decide(c)
	if err != nil {
		panic(err)
	}
	d.state = next
}

func TestFeedTellsOfReleasesAndCorrections(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	p.dep.Gate = told{sampleGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime })}
	f, _, _ := feedOf(t, p, "/en/feed.atom")
	var all []string
	for _, e := range f.Entry {
		all = append(all, e.Title+"|"+e.Summary+"|"+e.Category.Term)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"Report of the third quarter|Released as planned on 21 November 2026.|release", "Correction: August 2026|August was <b>corrected</b>|revision"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not told in %s", want, text)
		}
	}
	if strings.Contains(text, "fourth quarter") {
		t.Error("what is only planned is told as done")
	}
}

// The page of reports tells what is still to come, and what was wrong.
func TestReportsTellTheCalendarAndCorrections(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	p.dep.Gate = told{sampleGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime })}
	body := bodyOf(t, get(t, p.Handler(), "/en/report"))
	for _, want := range []string{"Release calendar", "Report of the fourth quarter", "Corrections", "August 2026 · August was &lt;b&gt;corrected&lt;/b&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "Report of the third quarter") {
		t.Error("what is past is still to come")
	}
}

// A table and the reports are withheld by the release desk: pages say so, nothing
// else leads to what they hold.
func TestWhatIsWithheldKeepsItsPlace(t *testing.T) {
	desk := decided{release.NewState(release.Automatic)}
	by := release.Signed{By: "person/1", Reason: "not checked", At: sampleTime}
	desk.decide(&release.Rule{Block: "figure/attacks/kind", Mode: release.Approval, Signed: by})
	desk.decide(&release.Rule{Block: "report", Mode: release.Withheld, Signed: by})
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	p.dep.Gate = sampleGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime }).WithReleases(&desk)
	h := p.Handler()
	body := bodyOf(t, get(t, h, "/en/country/VN?period=2026-Q3"))
	if !strings.Contains(body, "This figure has not been released yet.") || !strings.Contains(body, "Attacks, Vietnam, by kind") {
		t.Error("a withheld block does not say that it is")
	}
	if strings.Contains(body, "by=kind&amp;of=VN&amp;period=2026-Q3&amp;format=csv") && strings.Contains(body, `href="/chart/en/bars/attacks?by=kind`) {
		t.Error("a withheld block leads to its data")
	}
	for _, c := range []struct {
		path string
		want int
	}{
		{"/data/figures/bars/attacks?of=VN&by=kind&period=2026-Q3&format=csv", 403}, {"/chart/en/bars/attacks?of=VN&by=kind&period=2026-Q3", 403},
		{"/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3", 403}, {"/embed/en/bars/attacks?of=VN&by=way&period=2026-Q3", 200},
		{"/en/report/2026-Q3", 403}, {"/en/report", 200}, {"/en/feed.atom", 200}, {"/en/kinds", 200}, {"/en/surges", 200}, {"/en/compare", 200},
	} {
		if got := get(t, h, c.path).StatusCode; got != c.want {
			t.Errorf("%s: %d, want %d", c.path, got, c.want)
		}
	}
}

// Live sections that the release desk withholds are named as such: none of them
// looks like calm.
func TestWithheldLiveSectionsAreNamed(t *testing.T) {
	desk := decided{release.NewState(release.Automatic)}
	desk.decide(&release.Rule{Block: "live", Mode: release.Withheld, Signed: release.Signed{By: "person/1", Reason: "not checked", At: sampleTime}})
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	p.dep.Gate = sampleGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime }).WithReleases(&desk)
	body := bodyOf(t, get(t, p.Handler(), "/en/"))
	if !strings.Contains(body, ` data-withheld="now minutes map`) {
		t.Error("scripts are not told what is withheld")
	}
	body = regexp.MustCompile(`data-(?:quiet|mute)="[^"]*"`).ReplaceAllString(body, "") // texts for scripts, which then draw nothing
	for _, name := range []string{"Kinds", "Ways", "Hosted in", "Hosting networks (AS)", "Sectors", "Attacked countries", "The last 60 minutes"} {
		if !strings.Contains(body, name+": not shown at present") {
			t.Errorf("%q is not said to be withheld", name)
		}
	}
	for _, calm := range []string{"No attacks yet today", "no attacks on Vietnam have been recorded", "No sensor has reported yet", "No attack with a confirmed", "there was no attack", "12,340"} {
		if strings.Contains(body, calm) {
			t.Errorf("what is withheld looks like calm, or is shown: %q", calm)
		}
	}
}
