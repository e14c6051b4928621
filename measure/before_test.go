// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// recordsOfBefore are what programs before the third form of parts were given for
// the files in testdata: they wrote them.
func recordsOfBefore() (list []*event.Event) {
	for i, back := range []time.Duration{20*24 + 5, 20*24 + 3, 20*24 - 2, 20*24 - 13, 12*24 + 1, 12 * 24, 30, 26, 3, 2, 0} {
		at := noon.Add(-back * time.Hour)
		for n := range 6 + i%3 { // from the fifth on they repeat one, told more often
			k := n % 4
			list = append(list, attack(at.Add(-time.Duration(n)*time.Minute), func(e *event.Event) {
				e.Source.IP[15], e.Destination.IP[15] = byte(10*i+k), byte(1+k)
				e.Source.AS, e.Source.Country = uint32(64500+k%3), []event.Country{us, vn, event.MustCountry("LA")}[k%3]
				e.Stage = []event.Stage{event.StageAttempt, event.StageIncident, event.StageState, event.StageContext}[k]
				e.RSIT = []event.RSIT{event.RSITScanner, event.RSITBruteForce}[k%2]
				e.RuleID, e.Software, e.Lure = fmt.Sprint(2000+k%3), []string{"", "mirai"}[k%2], []string{"", "tax"}[i%2]
				e.Techniques, e.Observer, e.Count = []string{"T1110", "T1046"}[:1+k%2], fmt.Sprint("sensor-", k%3), uint32(1+n)
				e.Sector, e.Band = []event.Sector{0, event.SectorHealth}[k%2], event.Band(k%2)
				if k%2 == 1 {
					e.Orgs = append(e.Orgs, event.OrgMatch{Org: uint32(1 + i%3), Reason: event.MatchPrefix, Side: event.SideDestination})
				}
				e.Hash = event.Bytes16{0: byte(2 * k), 1: byte(i), 15: 1}
			}))
		}
	}
	return list
}

// What earlier programs stored is read as they meant it, whether it is loaded or
// opened, and stored anew in the present form.
func TestPartsOfEarlierProgramsAreRead(t *testing.T) {
	all := recordsOfBefore()
	want := recount(vn, all).nonZero()
	for key := range want {
		if strings.HasPrefix(key, fmt.Sprint(CubeSeen, "|")) {
			delete(want, key) // they knew no such cube
		}
	}
	once, c := newAt(noon)
	once.Add(batchOf(all))
	for version := byte(1); version <= partIndexed; version++ {
		s := partsOf(t, version)
		loaded, _ := restart(t, s, c.at)
		opened, _ := opened(t, Config{Home: vn, SketchKey: [16]byte{1, 2, 3}}, s, c)
		again, _ := restart(t, storedAnew(t, s, opened, c), c.at)
		for _, x := range []struct {
			how string
			m   *Measure
		}{{"loaded", loaded}, {"opened", opened}, {"stored anew", again}} {
			if diff := cmp.Diff(young(want, c.at), counted(x.m)); diff != "" {
				t.Errorf("version %d, %s: cells want- got+:\n%.2000s", version, x.how, diff)
			}
			if diff := cmp.Diff(distincts(t, once), distincts(t, x.m)); diff != "" {
				t.Errorf("version %d, %s: addresses want- got+:\n%.2000s", version, x.how, diff)
			}
			if diff := cmp.Diff(once.fold.all(), x.m.fold.all(), cmp.AllowUnexported(foldEntry{})); diff != "" {
				t.Errorf("version %d, %s: window want- got+:\n%.2000s", version, x.how, diff)
			}
		}
	}
}

// partsOf reads what a program wrote whose newest form of parts was a version.
func partsOf(t *testing.T, version byte) *shelf {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/parts-%d.json", version))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Key  string
		Data [][]byte
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	s, newest := &shelf{parts: map[string][][]byte{}}, byte(0)
	for _, p := range list {
		s.keys, s.parts[p.Key] = append(s.keys, p.Key), p.Data
		for _, d := range p.Data {
			newest = max(newest, d[0])
		}
	}
	if newest != version {
		t.Fatalf("the newest part is of version %d, not %d", newest, version)
	}
	return s
}

// storedAnew has days be stored whole from what is in memory.
func storedAnew(t *testing.T, old *shelf, m *Measure, c *clock) *shelf {
	t.Helper()
	s := &shelf{keys: slices.Clone(old.keys), parts: maps.Clone(old.parts)}
	for key := range m.parts {
		m.compact[key] = strings.HasPrefix(key, keyDay) || strings.HasPrefix(key, keyHour)
	}
	for range 2 { // some at a time
		c.at = c.at.Add(time.Second)
		s.keep(m.Cut())
	}
	for key, parts := range s.parts {
		if strings.HasPrefix(key, keyDay) && (len(parts) != 1 || parts[0][0] != partPlaced) {
			t.Errorf("%s is not stored in the present form", key)
		}
	}
	return s
}
