// SPDX-License-Identifier: Apache-2.0

package event

import "testing"

func TestIncidentsWithoutAnOpenLabelAreClosed(t *testing.T) {
	for tier, want := range map[Tier]struct {
		closed  bool
		marking string
	}{
		TierUnset: {true, ""}, T0: {false, "TLP:CLEAR"}, T1: {false, "T1"}, T1c: {false, "TLP:GREEN"}, T2: {false, "TLP:AMBER"},
		T3: {true, "TLP:AMBER+STRICT"}, T4: {true, "TLP:RED"}, TX: {true, "TX"},
	} {
		i := Incident{Tier: tier}
		if i.Closed() != want.closed || i.Marking() != want.marking {
			t.Errorf("%q: closed %v, marked %q, want %+v", tier, i.Closed(), i.Marking(), want)
		}
	}
}

func TestSettledIncidentsNeedNothingMore(t *testing.T) {
	for s := range Statuses.Names {
		want := Status(s) >= StatusResolved
		if got := (&Incident{Status: Status(s)}).Settled(); got != want {
			t.Errorf("%s: settled %v, want %v", Status(s), got, want)
		}
	}
	if ProblemVulnerability.String() != "vulnerability" {
		t.Errorf("%s", ProblemVulnerability)
	}
}
