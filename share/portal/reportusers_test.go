// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// takingPart is a world in which people of twelve countries take part, among which
// Vietnam is third by those attacked, and can hardly be told from the fourth; before
// July fewer were attacked.
func takingPart(active int64) func(event.UnitQuery) (event.Units, error) {
	return func(q event.UnitQuery) (event.Units, error) {
		of := func(name string, active, attacked int64) event.UnitRow {
			return event.UnitRow{Group: []string{name}, Active: event.UnitCell{Count: active}, Attacked: event.UnitCell{Count: attacked}, Malware: event.UnitCell{Count: attacked}, Infected: event.UnitCell{Count: 18}}
		}
		home := of("VN", active, 4300*active/20000)
		if q.From < event.TimeOf(time.Date(2026, 7, 1, 0, 0, 0, 0, sampleZone)) {
			home = of("VN", active, 4000*active/20000)
		}
		u := event.Units{Whole: true, Total: home}
		if len(q.By) == 1 && q.By[0] == "country" {
			u.Rows = append(u.Rows, home, of("LA", 20000, 9000), of("KH", 20000, 8000))
			u.Rows = append(u.Rows, of("US", 20000, 4290))
			for _, name := range []string{"AU", "BR", "DE", "FR", "GB", "ID", "JP", "KR"} {
				u.Rows = append(u.Rows, of(name, 20000, 900))
			}
		}
		return u, nil
	}
}

// Where people take part the report says how many of them were attacked, which share
// that is and the country's place by it, each with unit, period and base; of too few no
// share is told. Where attacks are hosted it says the country's place too.
func TestReportSpeaksOfUsersAndPlaces(t *testing.T) {
	for _, tt := range []struct {
		path        string
		active      int64
		say, refuse []string
	}{
		{"/en/report/2026-Q3", 20000, []string{
			"4,300 participating users in Vietnam were attacked (attacked-users/1), up 7.5 % on the quarter (the second quarter of 2026: 4,000)",
			"21.5 % (95 % interval 20.9 % to 22.1 %) of participating users in Vietnam were attacked by malware (share/1), +1.5 percentage points on the quarter (the second quarter of 2026: 20.0 %)",
			"The third quarter of 2026: by the share of participating users attacked by malware, Vietnam was in place 3 (between 3 and 4: intervals overlap) of 12 countries that are ranked (21.5 %",
			"18 participating users in Vietnam were infected (infected/1)",
			"The third quarter of 2026: by attacks hosted there, Vietnam was in place", "Share of participating users attacked by malware",
		}, nil},
		{"/vi/bao-cao/2026-Q3", 20000, []string{
			"có 4.300 người dùng tham gia tại Việt Nam bị tấn công (attacked-users/1), tăng 7,5 % so với quý trước (quý II năm 2026: 4.000)",
			"Quý III năm 2026: xét theo tỷ lệ người dùng tham gia bị mã độc tấn công, Việt Nam đứng thứ 3 (từ 3 đến 4: các khoảng chồng lên nhau) trong 12 quốc gia được xếp hạng (21,5 %",
			"Quý III năm 2026: xét theo số lượt tấn công qua máy đặt tại đó, Việt Nam đứng thứ",
		}, nil},
		{"/en/report/2026-Q3", 9999, []string{"2,149 participating users in Vietnam were attacked"}, []string{"of participating users in Vietnam were attacked by malware", "attacked by malware, Vietnam was in place"}},
		{"/en/report/2026-Q3", 0, []string{"437,205 attacks on Vietnam"}, []string{"participating users in Vietnam"}},
	} {
		a := newAging(t)
		l := sampleLattice(a.dep.Now)
		l.Units = takingPart(tt.active)
		a.dep.Gate = sampleGate(func() event.Picture { return a.pic }, a.dep.Now).WithLattice(l)
		text := bodyOf(t, get(t, a.Handler(), tt.path))
		text = strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(text, ""))), " ") // hard spaces too
		for _, want := range tt.say {
			if !strings.Contains(text, want) {
				t.Errorf("%s, %d active: %q is missing", tt.path, tt.active, want)
			}
		}
		for _, bad := range tt.refuse {
			if strings.Contains(text, bad) {
				t.Errorf("%s, %d active: says %q", tt.path, tt.active, bad)
			}
		}
	}
}
