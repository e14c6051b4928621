// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"os"
	"testing"
	"time"

	"haidang/event"
)

// samples are pictures as measure would count them on a Saturday, 14:05 in
// Vietnam. grow moves them on, as the browser checks need.
type samples struct{ pic func() event.Picture }

func (s samples) Picture() event.Picture { return s.pic() }

var sampleTime = time.Date(2026, 11, 21, 7, 5, 12, 0, time.UTC)

func sampleCounts(total float64, keys ...string) []event.Count {
	var out []event.Count
	for i, k := range keys {
		n := int64(total * math.Pow(0.74, float64(i)) * 0.26)
		if n < 1 {
			n = 1
		}
		out = append(out, event.Count{Key: k, Events: n, Records: 3 * n})
	}
	return out
}

var sampleCountries = []string{
	"CN", "US", "RU", "NL", "IN", "SG", "HK", "BR", "DE", "KR", "ID", "FR", "GB", "JP", "TW", "UA", "PL", "TH", "IR", "BG",
	"VN", "CA", "RO", "IT", "TR", "MX", "ZA", "AR", "SE", "AU", "EG", "NG", "PK", "BD", "CZ", "ES", "MY", "PH", "KZ", "SC",
}

// samplePicture is a realistic picture at a moment, with a share of a day's
// attacks counted so far.
func samplePicture(at time.Time, attacks int64) event.Picture {
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.FixedZone("+07", 7*3600))
	n := float64(attacks)
	pic := event.Picture{
		At: event.TimeOf(at), Home: event.MustCountry("VN"), DayStart: event.TimeOf(day), Replay: true,
		Rate: 12.34, WorldRate: 55.1, LastEvent: event.TimeOf(at.Add(-200 * time.Millisecond)),
		Today:   event.Totals{Attacks: attacks, Incidents: 37, States: 410, Context: attacks * 9, Records: attacks * 14, Excluded: 120},
		World:   event.Totals{Attacks: attacks * 5, Incidents: 112, States: 1630, Context: attacks * 40, Records: attacks * 60, Excluded: 644},
		Average: 11426, HostedIn: event.Totals{Attacks: attacks / 23},
		Hosting: sampleCounts(n, sampleCountries...), Unconfirmed: attacks / 11,
		HostingAS: sampleCounts(n*0.5, "4134", "14061", "45102", "16509", "9009", "51167", "7552", "396982", "24940", "4837", "62904"),
		Affected:  sampleCounts(n*3, "VN", "SG", "TH", "ID", "DE", "JP", "IN", "BR", "US", "GB", "ZA", "AU"),
		Kinds: sampleCounts(n*2.2, "intrusion-attempts/brute-force", "information-gathering/scanner", "intrusion-attempts/ids-alert",
			"intrusion-attempts/exploit", "malicious-code/malware-distribution", "availability/ddos", "fraud/phishing"),
		Ways:      sampleCounts(n*2.5, "network", "vulnerability", "web", "mail", "botnet-ddos"),
		Watermark: event.TimeOf(at.Add(-61 * time.Second)),
	}
	for i := range 60 {
		start := at.Truncate(time.Minute).Add(time.Duration(i-59) * time.Minute)
		v := int64(430 + 190*math.Sin(float64(start.Unix()/60)/7) + 120*math.Sin(float64(start.Unix()/60)/2.3))
		if i == 59 {
			v = v * int64(at.Second()+1) / 60
		}
		pic.Minutes = append(pic.Minutes, event.Minute{Start: event.TimeOf(start), Attacks: v, Incidents: int64(i % 3)})
	}
	sensors := []string{"VN", "VN", "VN", "SG", "TH", "ID", "DE", "JP", "IN", "BR", "US", "GB", "ZA", "AU"}
	for i, c := range sensors {
		pic.Sensors = append(pic.Sensors, event.SensorState{Name: "sensor-" + c, Country: event.MustCountry(c), Covers: "a secret place",
			LastSeen: event.TimeOf(at.Add(-time.Duration(i*40) * time.Second)), Silent: i*40 > 180, Rate: 10, Replay: true})
	}
	for i, c := range sampleCountries[:34] {
		to := "VN"
		if i%4 == 3 {
			to = sensors[(i+int(at.Unix()))%len(sensors)]
		}
		pic.Flows = append(pic.Flows, event.Flow{From: event.MustCountry(c), To: event.MustCountry(to), Kind: event.RSITBruteForce,
			Events: 1 + int64(60*math.Pow(0.8, float64(i)))})
	}
	return pic
}

// sampleNames names networks as the tables do: some long, some not at all.
func sampleNames(as uint32) string {
	return map[uint32]string{4134: "CHINANET-BACKBONE No.31,Jin-rong Street", 14061: "DIGITALOCEAN-ASN", 45102: "Alibaba (US) Technology Co., Ltd.",
		16509: "AMAZON-02", 9009: `M247 <b>"Europe"</b> SRL`, 7552: "Viettel Group", 62904: "Eonix Corporation"}[as]
}

// testAssets serves the committed dist without importing the room that embeds
// it.
type testAssets struct {
	http.Handler
	names map[string]string
	world []byte
}

func (a testAssets) Path(name string) string { return "/assets/" + a.names[name] }
func (a testAssets) World() []byte           { return a.world }

func newTestAssets(t testing.TB) testAssets {
	t.Helper()
	a := testAssets{Handler: http.StripPrefix("/assets/", http.FileServer(http.Dir("../../web/dist")))}
	raw, err := os.ReadFile("../../web/dist/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a.names); err != nil {
		t.Fatal(err)
	}
	if a.world, err = os.ReadFile("../../web/map/world.json"); err != nil {
		t.Fatal(err)
	}
	return a
}

func newTestPortal(t testing.TB, cfg Config, pic event.Picture) *Portal {
	t.Helper()
	p, err := New(cfg, Dependencies{
		Gate:   sampleGate(func() event.Picture { return pic }, func() time.Time { return sampleTime }),
		Assets: newTestAssets(t), Docs: os.DirFS("testdata/docs"), ASName: sampleNames,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return sampleTime },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
