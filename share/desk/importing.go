// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// importBody is what the page of the import shows.
type importBody struct {
	Format  string
	Text    string
	Proof   string
	Columns []string
	Plan    *plan
	Done    *outcome
	Wrong   string
	Ready   bool // there is something to do
}

func (v *view) importing() {
	v.show(http.StatusOK, "import", v.l.T("import.title"), &importBody{Format: "ripe", Columns: columns})
}

// doImport shows what an import would do, and does it when that was confirmed.
// The plan is made anew for that: what is known may have changed in between.
func (v *view) doImport() {
	b := &importBody{
		Format: v.r.PostFormValue("format"), Text: v.r.PostFormValue("text"), Proof: strings.TrimSpace(v.r.PostFormValue("proof")), Columns: columns,
	}
	status := http.StatusOK
	switch {
	case len(b.Text) > maxImport || !utf8.ValidString(b.Text) || strings.ContainsRune(b.Text, 0):
		b.Wrong, b.Text, status = v.l.T("import.text.wrong", "n", maxImport>>10), "", http.StatusUnprocessableEntity
	case b.Format == "csv":
		b.Plan = v.compare(readTable(b.Text))
	default:
		b.Format = "ripe"
		b.Plan = v.compare(readRIPE(b.Text))
	}
	if b.Plan != nil {
		b.Ready = b.Plan.Count(stepAdd) > 0 || len(b.Plan.New) > 0
		if b.Ready && v.r.PostFormValue("do") == "apply" {
			done := v.carry(v.r.Context(), b.Plan, b.Proof)
			b.Done, b.Text = &done, ""
		}
	}
	v.show(status, "import", v.l.T("import.title"), b)
}
