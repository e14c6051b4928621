// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
	"haidang/identity"
)

// sizedOrgs makes organisations of these bands, and gives their numbers.
func sizedOrgs(t *testing.T, a *App, bands ...event.Band) (ids []uint32) {
	t.Helper()
	ctx := identity.As(t.Context(), "an-analyst")
	for i, band := range bands {
		id, err := a.identity.CreateOrganisation(ctx, identity.Organisation{Name: identity.Name{VI: fmt.Sprintf("Tổ chức %d", i)}, Type: "other", Sector: event.SectorOther, Band: band})
		if err != nil {
			t.Fatal(err)
		}
		net := fmt.Sprintf("203.162.4.%d/32", 10+i)
		if _, err = a.identity.Claim(ctx, id, net); err == nil {
			err = a.identity.Confirm(ctx, id, net, "letter")
		}
		if err != nil {
			t.Fatal(err)
		}
		addr := event.AddrFrom(netip.MustParsePrefix(net).Addr())
		for deadline := testNow().Add(time.Minute); !a.enricher.Internal(addr); time.Sleep(10 * time.Millisecond) {
			if testNow().After(deadline) {
				t.Fatal("the network is not known to enrichment")
			}
		}
		ids = append(ids, id)
	}
	return ids
}

// Attacks on small and medium enterprises from detections to the interface: an agent
// names its organisation, the register has its size, a quarter that is final is shown
// beside a sector that is hidden, a half-year with it, and the same after a restart.
func TestSmallEnterprisesFromDetections(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	defer func() { stop(t, a) }()
	bands := []event.Band{event.BandMicro, event.BandSmall, event.BandMedium, event.BandSmall, event.BandLarge, event.BandLarge, event.BandLarge, event.BandLarge}
	orgs := sizedOrgs(t, a, bands...)
	q := figure.Containing(figure.Quarter, a.now().In(a.zone).AddDate(0, 0, -110)) // final by now, whatever day it is
	at := q.From.AddDate(0, 0, 40).Add(9 * time.Hour)
	var lines strings.Builder
	want, machines := map[string]int64{}, 0
	found := func(sector string, org int, n int) {
		for range n {
			machines++
			fmt.Fprintf(&lines, `{"participant":"pc-%d","time":%q,"country":"VN","sector":%q,"organisation":%d,"name":"Trojan","class":"malware","way":"mail","resident":false}`+"\n",
				machines, at.Format(time.RFC3339), sector, orgs[org])
		}
		if bands[org].Small() {
			want["sme"] += int64(n)
		} else {
			want["large"] += int64(n)
		}
	}
	for org := range orgs {
		found("health", org, 30+org)
	}
	for _, org := range []int{0, 1, 4} {
		found("energy", org, 8)
	}
	found("banking", 2, 5) // whose sector is hidden, and energy with it
	fmt.Fprintf(&lines, `{"participant":"pc-1","time":%q,"country":"VN","name":"Trojan","class":"malware","way":"mail","resident":false}`+"\n", a.now().Add(-time.Hour).Format(time.RFC3339))
	token := enrol(t, a, event.Sensor{Name: "fleet", Country: "VN"})
	status, batch := sendAs(t, a, "detection", token, "detection", lines.String())
	if status != 200 {
		t.Fatal(status)
	}
	storedBatch(t, a, "fleet", batch, int64(machines+1))
	half := figure.Containing(figure.Half, q.From)
	cited := map[string]event.Citation{}
	for range 2 {
		day := statOf(t, a, "attacks?by=sector&period="+at.Format(time.DateOnly))
		if len(day.Rows) != 3 || day.Rows[0].Value == nil || day.Rows[1].Value != nil || day.Rows[2].Value != nil {
			t.Fatalf("the day by sector: %+v", day.Rows)
		}
		for _, period := range []string{q.String(), half.String()} {
			if period == half.String() && a.now().Before(half.FinalAt()) {
				continue
			}
			s := statOf(t, a, "attacks?by=size&period="+period)
			got := map[string]int64{}
			for _, r := range s.Rows {
				if r.Value == nil {
					t.Fatalf("%s is hidden: %+v", period, r)
				}
				got[r.Group[0]] = *r.Value
			}
			if len(got) != 2 || got["sme"] != want["sme"] || got["large"] != want["large"] {
				t.Errorf("%s: %v, sent were %v", period, got, want)
			}
		}
		c := citedBySize(t, a, q, want)
		cited[c.ID] = c
		replayAll(t, a, "attacks by size", cited, true)
		if s := statOf(t, a, "attacks?by=band&period="+q.String()); len(s.Rows) != 4 || s.Rows[0].Value != nil {
			t.Errorf("bands of one organisation each: %+v", s.Rows)
		}
		for _, question := range []string{"attacks?by=size&period=" + at.Format("2006-01"), "attacks?by=size,kind&period=" + q.String(), "attacks?by=size&of=VN&period=" + q.String(), "incidents?by=size&period=" + q.String()} {
			if status, text := askStats(t, a, question); status != 422 || !strings.Contains(text, "nearest") {
				t.Errorf("%s: %d %s", question, status, text)
			}
		}
		stop(t, a)
		a = observatory(t, data)
	}
	if len(cited) != 1 {
		t.Errorf("one figure was cited under %d addresses", len(cited))
	}
}

// citedBySize cites the attacks by size, which must be these.
func citedBySize(t *testing.T, a *App, q figure.Period, want map[string]int64) event.Citation {
	t.Helper()
	c, err := a.gate.Cite(t.Context(), classify.Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"size"}, Period: q.String()}, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range c.Value().Figure.Rows {
		got[r.Group[0]] = int64(r.Value)
	}
	if !maps.Equal(got, want) {
		t.Errorf("cited are %v, sent were %v", got, want)
	}
	return c.Value()
}
