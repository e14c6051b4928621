// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
)

// idOf is the event.id of the rig's record i.
func idOf(i int) string { return event.Bytes16{0: 1, 14: byte(i >> 8), 15: byte(i)}.String() }

// A record that is labelled stricter on its page is gone for everybody whom the
// new label keeps out, from the next question on, until that is withdrawn.
func TestRelabelFromTheRecordsPage(t *testing.T) {
	r := newRig(t)
	page := "/en/desk/records/" + idOf(5)
	before := r.get("analyst", page)
	form := "/en/desk/labels/new?record=" + idOf(5)
	if before.status != http.StatusOK || !strings.Contains(before.body, form) {
		t.Fatalf("%d, without a way to its label", before.status)
	}
	if f := r.get("analyst", form); f.status != http.StatusOK || !strings.Contains(f.body, idOf(5)) {
		t.Fatalf("the form: %d", f.status)
	}
	fields := []string{"record", idOf(5), "does", "tighten", "label", "TLP:RED", "reason", "nguồn yêu cầu " + hostileName}
	look := r.post("analyst", "/en/desk/labels/new", append(fields, "step", "preview")...)
	for _, want := range []string{"It is about 1 attacks", "T4", "Analysts of the centre", "sees less"} {
		if !strings.Contains(look.body, want) {
			t.Errorf("the preview lacks %q: %s", want, look.body)
		}
	}
	if after := r.get("analyst", page); after.status != http.StatusOK {
		t.Fatalf("looking first changed something: %d", after.status)
	}
	if got := r.post("unsteady", "/en/desk/labels/new", append(fields, "step", "decide")...); got.status != http.StatusForbidden {
		t.Errorf("without a passkey: %d", got.status)
	}
	if got := r.post("analyst", "/en/desk/labels/new", append(fields, "step", "decide")...); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/en/desk/labels?") {
		t.Fatalf("deciding: %d %s %s", got.status, got.to, got.body)
	}
	if after := r.get("analyst", page); after.status != http.StatusNotFound {
		t.Errorf("after it, the record's page: %d", after.status)
	}
	if list := r.get("analyst", "/en/desk?period=24h&event.id="+idOf(5)); strings.Contains(list.body, "/en/desk/records/"+idOf(5)) {
		t.Error("the search still finds it")
	}
	list := r.get("auditor", "/vi/ban-phan-tich/nhan")
	for _, want := range []string{"Siết nhãn", "nguồn yêu cầu", "pseudonym-of-p1", idOf(5)} {
		if !strings.Contains(list.body, want) {
			t.Errorf("the auditor's list lacks %q", want)
		}
	}
	if strings.Contains(list.body, "<b onclick") || strings.Contains(list.body, "records/"+idOf(5)) || strings.Contains(list.body, `name="why"`) {
		t.Error("the auditor's list holds markup, the way to a record, or a form")
	}
	if got := r.post("auditor", "/en/desk/labels", "id", "ruling-0", "why", "x"); got.status != http.StatusForbidden {
		t.Errorf("an auditor withdraws: %d", got.status)
	}
	if got := r.post("analyst", "/en/desk/labels", "id", "ruling-0", "why", ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("withdrawn without a reason: %d", got.status)
	}
	if got := r.post("analyst", "/en/desk/labels", "id", "ruling-9", "why", "x"); got.status != http.StatusNotFound {
		t.Errorf("one that is not there: %d", got.status)
	}
	if got := r.post("analyst", "/en/desk/labels", "id", "ruling-0", "why", "a mistake"); got.status != http.StatusSeeOther {
		t.Fatalf("withdrawing: %d %s", got.status, got.body)
	}
	if after := r.get("analyst", page); after.status != http.StatusOK {
		t.Errorf("after it was withdrawn: %d", after.status)
	}
}

// What a search found is labelled as a set; what the set cannot say is named.
func TestLabelWhatASearchFound(t *testing.T) {
	r := newRig(t)
	search := r.get("analyst", "/en/desk?period=24h&observer.name=hue-2&source.ip=198.51.100.7&hosting.country=CN")
	at := strings.Index(search.body, "/en/desk/labels/new?")
	if at < 0 {
		t.Fatal("no way to the labels of what was found")
	}
	link := strings.ReplaceAll(search.body[at:at+strings.IndexByte(search.body[at:], '"')], "&amp;", "&")
	form := r.get("analyst", link)
	for _, want := range []string{`name="sensor" maxlength="100" value="hue-2"`, `value="198.51.100.7"`, "hosting.country"} {
		if !strings.Contains(form.body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	u, err := url.Parse(link)
	fatal(t, err)
	q := u.Query()
	fields := []string{"sensor", "hue-2", "from", q.Get("from"), "to", q.Get("to"), "host", "198.51.100.7"}
	mark := append(fields, "does", "benign", "reason", "our own scan", "expires", now.Add(48*time.Hour).Format(localTime))
	if got := r.post("analyst", "/en/desk/labels/new", append(mark, "step", "decide")...); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	again := r.get("analyst", "/en/desk?period=24h&observer.name=hue-2&source.ip=198.51.100.7")
	if !strings.Contains(again.body, "known benign: our own scan") || !strings.Contains(again.body, "0 attacks; 0 machines") {
		t.Errorf("marked records are not shown as such, or counted still: %s", again.body)
	}
	release := append(fields, "does", "release", "label", "TLP:CLEAR personal:none", "reason", "for the report")
	if got := r.post("analyst", "/en/desk/labels/new", append(release, "step", "decide")...); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "basis") {
		t.Errorf("a release without a right: %d", got.status)
	}
	if got := r.post("analyst", "/en/desk/labels/new", append(release, "basis", "ours", "step", "decide")...); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	rows, err := r.server.dep.Gate.EventsFor(t.Context(), classify.NewViewer(classify.Attributes{Person: "x", Roles: []classify.Role{classify.Member}, Orgs: []uint32{77}}),
		classify.Search, event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1000})
	fatal(t, err)
	if n := rowsOf(rows.Value().Rows); n == 0 || n == 300 {
		t.Errorf("a member sees %d of the records, of which some were released", n)
	}
}

func TestDecisionsThatCannotBe(t *testing.T) {
	r := newRig(t)
	good := map[string]string{"does": "tighten", "label": "TLP:RED", "reason": "x", "sensor": "hue-1", "from": "2026-11-21T08:00", "to": "2026-11-21T09:00"}
	for _, c := range []struct {
		name   string
		change [2]string
	}{
		{"no such decision", [2]string{"does", "burn"}}, {"a label", [2]string{"label", "TLP:PINK"}}, {"no label", [2]string{"label", ""}}, {"a state secret", [2]string{"label", "TX"}}, {"no reason", [2]string{"reason", " "}},
		{"no sensor", [2]string{"sensor", ""}}, {"a period", [2]string{"to", "2026-11-21T07:00"}}, {"a time", [2]string{"from", "yesterday"}}, {"a host", [2]string{"host", "everywhere"}}, {"a kind", [2]string{"kind", "bad"}},
		{"gone by", [2]string{"expires", "2026-11-01T00:00"}}, {"a mark without a host", [2]string{"does", "benign"}}, {"two lines", [2]string{"reason", "a\nb"}},
	} {
		form := url.Values{"step": {"decide"}}
		for k, v := range good {
			form.Set(k, v)
		}
		form.Set(c.change[0], c.change[1])
		if got := r.do("analyst", http.MethodPost, "/vi/ban-phan-tich/nhan/moi", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("%s: %d", c.name, got.status)
		}
	}
	if got := r.post("analyst", "/en/desk/labels/new", "record", idOf(999), "does", "tighten", "label", "TLP:RED", "reason", "x", "step", "decide"); got.status != http.StatusNotFound {
		t.Errorf("no such record: %d", got.status)
	}
	for _, who := range []string{"member", "operator"} {
		if got := r.get(who, "/en/desk/labels"); got.status != http.StatusForbidden {
			t.Errorf("%s reads decisions: %d", who, got.status)
		}
	}
	if len(r.rulings.all) != 0 {
		t.Errorf("%+v", r.rulings.all)
	}
}
