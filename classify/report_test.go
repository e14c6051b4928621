// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"testing"
	"time"

	desk "haidang/release"
)

// A report is shown by the desk's rule for reports, period by period.
func TestReportsAreShownByTheDesk(t *testing.T) {
	by := desk.Signed{By: "person/1", Reason: "checked", At: time.Now()}
	d := &decisions{desk.NewState(desk.Automatic), time.Now()}
	d.decide(t, &desk.Rule{Block: "report", Mode: desk.Approval, Signed: by})
	d.decide(t, &desk.Approved{Block: "report", Period: "2026-Q3", Signed: by})
	g := (&Gate{}).WithReleases(d)
	if err := g.Report(Nobody(), "2026-Q3"); err != nil {
		t.Error(err)
	}
	var withheld *WithheldError
	if err := g.Report(Nobody(), "2026-Q4"); !errors.As(err, &withheld) || withheld.Why != desk.Unapproved {
		t.Errorf("a report that nobody approved: %v", err)
	}
}
