// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

func shown(t *testing.T, path string) string {
	t.Helper()
	r := get(t, newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler(), path)
	if r.StatusCode != 200 {
		t.Fatalf("%s: %d", path, r.StatusCode)
	}
	return html.UnescapeString(bodyOf(t, r))
}

// What may be forged stands apart and is in no ranking.
func TestHostingKeepsTheForgedApart(t *testing.T) {
	body := shown(t, "/en/hosting/by-period?period=2026-10")
	of := func(confirmed string) int64 {
		return counted("2026-10-01", "2026-11-01", func(c *sampleCell) bool { return attacksOn("VN")(c) && c.confirmed == confirmed })
	}
	for _, want := range []string{figure.Number("en", of("yes")), figure.Number("en", of("no")), "Address may be forged", "not where the attacker lives"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if of("no") == 0 {
		t.Error("the sample has none that may be forged")
	}
}

// One kind's page counts that kind alone, and has a way back to the others.
func TestAKindsPageCountsTheKindAlone(t *testing.T) {
	body := shown(t, "/en/kinds/fraud/phishing?period=2026-Q3")
	n := counted("2026-07-01", "2026-10-01", func(c *sampleCell) bool {
		return attacksOn("VN")(c) && c.dim("cert.rsit") == "fraud/phishing"
	})
	for _, want := range []string{"<b>" + figure.Number("en", n) + "</b>", "Attacks, phishing, Vietnam, by day", `href="/en/kinds"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if !strings.Contains(shown(t, "/vi/con-duong/mail?ky=2026-Q3"), "<b>"+figure.Number("vi", n)+"</b>") {
		t.Error("all phishing comes by mail in the sample; the way's page counts otherwise")
	}
}

func TestEveryKindAndWayIsListed(t *testing.T) {
	for _, c := range []struct {
		path  string
		names []string
	}{{"/vi/loai-hinh", event.RSITs.Names[1:]}, {"/en/ways", event.Ways.Names[1:]}} {
		body := shown(t, c.path)
		for _, name := range c.names {
			if !strings.Contains(body, `href="`+c.path+"/"+name+`"`) {
				t.Errorf("%s does not lead to %s", c.path, name)
			}
		}
	}
}

// Sectors are open for days that are final; the page finds the newest by itself.
func TestSectorsOfTheNewestOpenDay(t *testing.T) {
	body := shown(t, "/en/sectors")
	if !strings.Contains(body, "Attacked sectors, 18 November 2026") || !strings.Contains(body, "withheld to protect those concerned") {
		t.Error("not the newest final day, or nothing is withheld")
	}
	if body := shown(t, "/en/sectors?period=2026-11-20"); !strings.Contains(body, "are not open") || strings.Contains(body, "Health") {
		t.Error("a provisional day is shown, or it is not said why not")
	}
}

func TestCompare(t *testing.T) {
	body := shown(t, "/en/compare?period=2026-10&with=2026-09")
	oct, sep := counted("2026-10-01", "2026-11-01", attacksOn("VN")), counted("2026-09-01", "2026-10-01", attacksOn("VN"))
	perDay := figure.Signed("en", 100*(float64(oct)/31/(float64(sep)/30)-1)) + " per day"
	for _, want := range []string{figure.Number("en", oct), figure.Number("en", sep), perDay, "differ in length", "October 2026", "September 2026"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	countries := shown(t, "/en/compare?period=2026-10&with=SG")
	if !strings.Contains(countries, "Sensors see where they stand") || strings.Contains(countries, `>Change</th>`) {
		t.Error("two countries are compared as if sensors stood alike in both")
	}
}

// Two periods in which no sensor reported anything are not compared as noughts, and
// the page does not begin with such.
func TestSilenceIsNotCompared(t *testing.T) {
	body := shown(t, "/en/compare?period=2025-10&with=2025-09")
	if n := strings.Count(body, "No sensor reported anything in this period."); n != 4 || strings.Contains(body, "<svg class=\"figure") {
		t.Errorf("%d blocks say that there is nothing", n)
	}
	if one := shown(t, "/en/compare?period=2026-10&with=2025-10"); !strings.Contains(one, "no figures") || strings.Contains(one, "No sensor reported anything") {
		t.Error("a period without reports is not told beside one with")
	}
}

// The days that stand out are those of the stated rule, worked out by hand.
func TestSurges(t *testing.T) {
	body := shown(t, "/en/surges?period=2026-11")
	day := func(d time.Time) int64 {
		return counted(d.Format(time.DateOnly), d.AddDate(0, 0, 1).Format(time.DateOnly), attacksOn("VN"))
	}
	for d := time.Date(2026, 11, 1, 0, 0, 0, 0, sampleZone); d.Before(sampleTime.AddDate(0, 0, -1)); d = d.AddDate(0, 0, 1) {
		var before []int64
		for week := 1; week <= 8; week++ {
			if n := day(d.AddDate(0, 0, -7*week)); n > 0 {
				before = append(before, n)
			}
		}
		slices.Sort(before)
		middle := (float64(before[(len(before)-1)/2]) + float64(before[len(before)/2])) / 2
		want := float64(day(d)) > 3*middle && float64(day(d))-middle >= 100
		if got := strings.Contains(body, `<th scope="row">`+d.Format("2 January 2006")+"</th>"); got != want {
			t.Errorf("%s stands out: %v, want %v", d.Format(time.DateOnly), got, want)
		}
	}
	if !strings.Contains(body, "above 3 times the median of the same weekday in the 8 weeks before") || !strings.Contains(body, "12 November 2026") {
		t.Error("the rule is not stated, or the surge not found")
	}
}

func TestMedian(t *testing.T) {
	for want, in := range map[float64][]int64{0: nil, 3: {3}, 2.5: {4, 1}, 2: {9, 2, 1}} {
		if got := median(in); got != want {
			t.Errorf("%v: %v, want %v", in, got, want)
		}
	}
}

// Coverage shows when nothing came in: the silent days of the month are gaps.
func TestCoverageShowsSilence(t *testing.T) {
	body := shown(t, "/en/coverage")
	for _, want := range []string{"Records, all countries, by hour", "Records, all countries, by day", "2 parts of the period have no figures", "Behind now", "1.0 minutes"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, want := range []string{
		"<\u00a01\u00a0% of the records of the last 24 hours were lost (1,110)", "Lost before arrival", "nothing received",
		`<th scope="row">02:00</th><td class="num">5</td><td class="num">16,000</td><td class="num">180</td><td class="num">0</td><td class="num">200</td><td class="num">750</td><td class="num">35</td>`,
		`<th scope="row">23:00</th><td class="hid" colspan="7"><span>withheld to protect those concerned</span></td>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if n := strings.Count(body, `class="gap"`); n < 2 {
		t.Errorf("%d gaps", n)
	}
}

// The block is a picture, a frame and a citation too, in both languages; the picture
// says for itself what it is of, that it is a replay, and where it is from.
func TestLossesElsewhere(t *testing.T) {
	h := newTestPortal(t, Config{Origin: "https://example.vn", Replay: true}, samplePicture(sampleTime, 1)).Handler()
	for _, c := range []struct {
		lang string
		want [2]string
	}{
		{"en", [2]string{"Losses by hour of arrival", "the 24 hours to 14:00:00 21 November 2026 (UTC+7), provisional, replay. https://example.vn/en/coverage#losses"}},
		{"vi", [2]string{"Mất mát theo giờ tiếp nhận", "24 giờ đến 14:00:00 21/11/2026 (UTC+7), sơ bộ, bản phát lại. https://example.vn/vi/do-phu#losses"}},
	} {
		picture := strings.Join(strings.Fields(bodyOf(t, get(t, h, "/chart/"+c.lang+"/losses"))), " ")
		frame := html.UnescapeString(bodyOf(t, get(t, h, "/embed/"+c.lang+"/losses")))
		if !strings.Contains(picture, c.want[0]) || !strings.Contains(picture, c.want[1][len(c.want[1])-30:]) {
			t.Errorf("%s: the picture does not say what it is: %s", c.lang, picture)
		}
		if !strings.Contains(frame, c.want[0]) || !strings.Contains(frame, c.want[1]) || !strings.Contains(frame, `class="gap"`) {
			t.Errorf("%s: the frame does not show the block: %s", c.lang, frame)
		}
		page := html.UnescapeString(bodyOf(t, get(t, h, map[string]string{"en": "/en/coverage", "vi": "/vi/do-phu"}[c.lang])))
		if !strings.Contains(page, c.want[1]) || !strings.Contains(page, `<iframe src="https://example.vn/embed/`+c.lang+`/losses`) {
			t.Errorf("%s: the page does not say how to cite or embed it", c.lang)
		}
	}
}

// What was lost is data too: one line an hour, none of which tells what is withheld.
func TestLossesAsData(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	text := bodyOf(t, get(t, p.Handler(), "/data/losses.csv"))
	lines := strings.Split(strings.TrimSpace(text), "\r\n")
	if len(lines) != 25 || !strings.HasSuffix(lines[0], "hour,reporting,received,late,quarantined,shed,lost_before_arrival,requests_refused,withheld") {
		t.Fatalf("%d lines: %s", len(lines), lines[0])
	}
	for line, end := range map[int]string{
		6: ",0,0,0,0,0,0,0,false", 10: "2026-11-20T23:00:00+07:00,1,,,,,,,true", 13: "2026-11-21T02:00:00+07:00,5,16000,180,0,200,750,35,false",
	} {
		if !strings.HasSuffix(lines[line], end) {
			t.Errorf("line %d is %s, without %s", line, lines[line], end)
		}
	}
	p.dep.Gate = p.dep.Gate.(*classify.Gate).WithLattice(classify.Lattice{Now: func() time.Time { return sampleTime }, Zone: sampleZone,
		Losses: func(from, to time.Time) (out []classify.SensorHour) {
			for _, h := range sampleLosses(from, to) {
				if h.Owner < 3 {
					out = append(out, h)
				}
			}
			return out
		}})
	if b := p.losses(p.langs[1], false); !strings.Contains(b.Empty, "at least three organisations") || b.Chart != "" {
		t.Errorf("of two organisations it says %q and draws %d bytes", b.Empty, len(b.Chart))
	}
}
