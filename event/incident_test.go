// SPDX-License-Identifier: Apache-2.0

package event

import "testing"

func TestIncidentsWithoutAnOpenLabelAreClosed(t *testing.T) {
	for tlp, closed := range map[TLP]bool{
		TLPUnset: true, TLPClear: false, TLPGreen: false, TLPAmber: false, TLPAmberStrict: true, TLPRed: true,
	} {
		if got := (&Incident{TLP: tlp}).Closed(); got != closed {
			t.Errorf("%q: closed %v, want %v", tlp, got, closed)
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
