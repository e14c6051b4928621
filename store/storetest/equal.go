// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"testing"

	"haidang/event"
)

// testEqualities asks for the newest records of one rule, one address, one
// country: what is asked most, and what a store may answer in a way of its own.
// Many records share a moment, in and across segments.
func testEqualities(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(23)
	c := committer{t: t, s: s}
	var all []record
	for range 12 {
		b := RandomBatch(r, 60+r.IntN(60))
		for row := range b.Time {
			b.Time[row] -= b.Time[row] % (900 * 1e9)
		}
		all = append(all, records(b)...)
		c.commit(b)
	}
	names := []string{
		"rule.id", "source.ip", "destination.ip", "source.port", "hosting.country", "hosting.as", "destination.as.number",
		"cert.stage", "observer.name", "affected.sector", "event.severity", "network.transport", "user.name", "cert.count",
		"source.geo.country_iso_code", "affected.country", "dns.question.name", "cert.replay",
	}
	tries := 150
	if testing.Short() {
		tries = 50
	}
	for i := range tries {
		q := always
		q.Limit = pickInt(r, 1000, 3, 7, 30)
		for range 1 + r.IntN(3)*r.IntN(2) {
			f := randomFilter(r, all, names[r.IntN(len(names))], event.OpEqual)
			if r.IntN(4) > 0 { // mostly without "not set"
				f.Values = slices.DeleteFunc(f.Values, func(v string) bool { return v == "" })
			}
			if len(f.Values) > 0 {
				q.Filters = append(q.Filters, f)
			}
		}
		if r.IntN(3) == 0 {
			q.From, q.To = Epoch+event.Time(r.Int64N(5000e9)), Epoch+event.Time(5000e9+r.Int64N(5000e9))
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Logf("%+v", q)
			sameEvents(t, pages(t, s, q), oracleEvents(all, q))
		})
	}
}
