// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package desk

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"

	"haidang/identity"
)

func TestNetworksAreDecided(t *testing.T) {
	r := newRig(t)
	path := fmt.Sprintf("/en/desk/organisations/%d", r.hosp)
	state := func(network string) string {
		o, _ := r.people.Organisation(r.hosp)
		for _, n := range o.Networks {
			if n.String() == network {
				return n.State + ": " + n.Proof
			}
		}
		return ""
	}
	for _, c := range []struct {
		form   []string
		status int
		state  string
		says   string
	}{
		{[]string{"do", "confirm", "network", "AS64500", "why", ""}, 422, "claimed: ", "say in at most 500 bytes"},
		{[]string{"do", "confirm", "network", "AS64500", "why", "WHOIS"}, 303, "confirmed: WHOIS", ""},
		{[]string{"do", "refuse", "network", "AS64500", "why", "sold"}, 303, "refused: sold", ""},
		{[]string{"do", "claim", "network", "AS64501"}, 303, "refused: sold", ""},
		{[]string{"do", "claim", "network", "1.0.0.0/2"}, 422, "refused: sold", "use a prefix such as"},
		{[]string{"do", "confirm", "network", "AS64999", "why", "WHOIS"}, 404, "refused: sold", "claim it first"},
		{[]string{"do", "nonsense", "network", "AS64500"}, 400, "refused: sold", ""},
	} {
		a := r.post("analyst", path+"/networks", c.form...)
		if a.status != c.status || state("AS64500") != c.state || !strings.Contains(html.UnescapeString(a.body), c.says) {
			t.Errorf("%v: %d, %q, %.400s", c.form, a.status, state("AS64500"), a.body)
		}
		if a.status == 303 && r.get("analyst", a.to).status != 200 {
			t.Errorf("%v leads to %s", c.form, a.to)
		}
	}
	if by := state("AS64501"); by != "claimed: " {
		t.Errorf("AS64501 %q", by)
	}
	if a := r.get("analyst", path+"?said=confirm"); !strings.Contains(a.body, "The network is confirmed.") {
		t.Error("what was done is not said")
	}
	if a := r.get("analyst", path+"?said=%3Cscript%3E"); strings.Contains(a.body, "&lt;script&gt;</p>") || a.status != 200 {
		t.Error("said is not taken from the address")
	}
}

func TestContacts(t *testing.T) {
	r := newRig(t)
	path := fmt.Sprintf("/vi/ban-phan-tich/to-chuc/%d/contacts", r.hosp)
	if a := r.post("analyst", path, "do", "add-contact", "email", "it@hospital.example", "language", "en", "severity", "4", "kind", "fraud/phishing", "digest", "1"); a.status != 303 {
		t.Fatal(a.status, a.body)
	}
	o, _ := r.people.Organisation(r.hosp)
	if len(o.Contacts) != 2 || o.Contacts[1].Email != "it@hospital.example" || !o.Contacts[1].Digest || o.Contacts[1].Severity != 4 || o.Contacts[1].Kinds[0] != "fraud/phishing" {
		t.Fatalf("%+v", o.Contacts)
	}
	if a := r.post("analyst", path, "do", "add-contact", "email", "no address", "language", "en"); a.status != 422 {
		t.Error(a.status)
	}
	// The list changed since the page was opened: nobody else is removed.
	if a := r.post("analyst", path, "do", "remove-contact", "email", "it@hospital.example", "index", "0"); a.status != 409 {
		t.Error(a.status)
	}
	if a := r.post("analyst", path, "do", "remove-contact", "email", "soc@hospital.example", "index", "0"); a.status != 303 {
		t.Error(a.status)
	}
	if o, _ = r.people.Organisation(r.hosp); len(o.Contacts) != 1 || o.Contacts[0].Email != "it@hospital.example" {
		t.Errorf("%+v", o.Contacts)
	}
}

func TestAnOrganisationIsMade(t *testing.T) {
	r := newRig(t)
	a := r.post("analyst", "/en/desk/organisations", "vi", "Trường Mới", "type", "school", "sector", "education", "country", "vn")
	if a.status != 303 || !strings.HasPrefix(a.to, "/en/desk/organisations/") {
		t.Fatal(a.status, a.body)
	}
	if b := r.get("analyst", a.to); !strings.Contains(b.body, "Trường Mới") || !strings.Contains(b.body, "The organisation is made.") {
		t.Error(b.status)
	}
	for _, c := range []struct {
		field string
		form  []string
	}{
		{"sector", []string{"vi", "X", "type", "school", "sector", "magic"}}, {"type", []string{"vi", "X", "type", "castle"}}, {"name", []string{"vi", "", "type", "school"}}, {"country", []string{"vi", "X", "type", "school", "country", "1"}},
	} {
		b := r.post("analyst", "/en/desk/organisations", c.form...)
		if b.status != 422 || !strings.Contains(b.body, c.field) {
			t.Errorf("%s: %d", c.field, b.status)
		}
	}
	if c := r.get("analyst", "/en/desk/organisations?find=203.0.113.0/24"); !strings.Contains(c.body, "Hospital") || strings.Contains(c.body, "Trường Mới") {
		t.Error("an organisation is not found by its network")
	}
}

// First nothing changes; then exactly what was shown does.
func TestImport(t *testing.T) {
	r := newRig(t)
	text := dump + "\nroute: 203.0.113.0/24\ndescr: Somebody Else\n\nroute: 203.0.113.0/25\ndescr: Somebody Else\n\nroute: 198.51.100.0/24\ndescr: A third\n"
	before := len(r.people.Organisations())
	a := r.post("analyst", "/en/desk/import", "format", "ripe", "text", text, "do", "plan")
	body := html.UnescapeString(a.body)
	for _, want := range []string{
		"5 new organisations; networks: 8 to add, 0 known, 2 in conflict, 0 wrong", "overlaps 203.0.113.0/24 of Hospital", "19: Trường Ví Dụ", ">34<",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the plan lacks %q", want)
		}
	}
	if a.status != http.StatusOK || len(r.people.Organisations()) != before {
		t.Fatalf("%d: the dry run made something", a.status)
	}
	a = r.post("analyst", "/en/desk/import", "format", "ripe", "text", text, "do", "apply", "proof", "APNIC, 2026-11-21")
	if !strings.Contains(a.body, "5 organisations made; 8 networks claimed, 8 confirmed.") {
		t.Errorf("%d %s", a.status, a.body)
	}
	owner := map[string]string{}
	for _, o := range r.people.Organisations() {
		for _, n := range o.Networks {
			if n.State == identity.Confirmed {
				owner[n.String()] = o.Name.VI
			}
		}
	}
	for network, name := range map[string]string{
		"192.0.2.0/23": "Bệnh viện Ví Dụ", "2001:db8::/32": "Bệnh viện Ví Dụ", "198.51.100.0/24": "Trường Ví Dụ", "203.0.113.0/24": hostileName, "203.0.113.0/25": "Somebody Else",
	} {
		if owner[network] != name {
			t.Errorf("%s is %q's, want %q", network, owner[network], name)
		}
	}
	// The same again finds all of it known, and nothing to do.
	a = r.post("analyst", "/vi/ban-phan-tich/nhap", "format", "ripe", "text", text, "do", "apply")
	if !strings.Contains(a.body, "8 đã có, 2 xung đột") || !strings.Contains(a.body, "Không có gì để thêm") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestImportOfATable(t *testing.T) {
	r := newRig(t)
	a := r.post("analyst", "/en/desk/import", "format", "csv", "do", "apply",
		"text", "name,networks,type,sector,email\nBộ Ví dụ,mps.example,,,\nViện X,AS65000 nonsense/24,hospital,health,soc@x.example\nY,y.example,castle,,\n")
	body := html.UnescapeString(a.body)
	if !strings.Contains(body, "1 organisations made; 2 networks claimed, 0 confirmed.") {
		t.Error(body)
	}
	var names []string
	for _, o := range r.people.Organisations() {
		for _, n := range o.Networks {
			if n.State == identity.Claimed {
				names = append(names, o.Name.VI+" "+n.String())
			}
		}
	}
	if got := strings.Join(names, ", "); !strings.Contains(got, "Bộ Ví dụ mps.example, Viện X AS65000") {
		t.Error(got)
	}
	for _, bad := range []string{"\xff\xfe", strings.Repeat("x", maxImport+1), "a\x00b"} {
		if a := r.post("analyst", "/en/desk/import", "format", "ripe", "text", bad); a.status != 422 {
			t.Errorf("%.10q: %d", bad, a.status)
		}
	}
}

func TestQuarantineIsListedAndSentAgain(t *testing.T) {
	r := newRig(t)
	a := r.get("operator", "/en/desk/quarantine?reason=invalid-utf8")
	if !strings.Contains(a.body, "hue-2") || strings.Contains(a.body, "/en/desk/quarantine?sensor=hue-1") || !strings.Contains(a.body, "ff fe 00 78") {
		t.Error(a.body)
	}
	a = r.post("operator", "/en/desk/quarantine", "sensor", "hue-1", "reason", "not-json")
	if a.status != 200 || !strings.Contains(a.body, "2 tried: 1 sent again, 1 still broken, 0 not whole.") {
		t.Error(a.status, a.body)
	}
	acts := r.noted()
	if len(acts) != 3 || acts[1].Kind != "replay" || acts[1].IDs[0] != "hue-1" {
		t.Errorf("%+v", acts)
	}
}

func TestTheDryRunShowsBothSides(t *testing.T) {
	r := newRig(t)
	a := r.get("analyst", "/en/desk/dry-run?prefix=203.0.113.0/30&to=100001&days=30")
	// Four addresses, of which each was attacked in three ways.
	if a.status != 200 || !strings.Contains(a.body, "machines and kinds of problem") || !strings.Contains(a.body, "Bộ Ví dụ</a></th><td class=\"num\">0</td>") {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, bad := range []string{"prefix=nonsense", "prefix=203.0.113.0/24&days=1000", "prefix=203.0.113.0/24&days=x"} {
		if a := r.get("analyst", "/en/desk/dry-run?"+bad); a.status != 422 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
}

func TestTheAuditorsPage(t *testing.T) {
	r := newRig(t)
	_, err := r.people.Accept(t.Context(), invitation(t, r), identity.Newcomer{Name: "Trần Thị Canary"})
	fatal(t, err)
	a := r.get("auditor", "/en/audit?action=read&actor=9f2c41d7a05e83b6&object=x&before=50&person=canary")
	person := r.people.People()[0]
	for _, want := range []string{"pseudonym-of-" + person.ID, "Trần Thị Canary", "haidang/audit", "and 6 more", "before=41", "records read"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if len(r.trail) != 1 || r.trail[0] != (TrailFilter{Action: "read", Actor: "9f2c41d7a05e83b6", Object: "x"}) {
		t.Errorf("%+v", r.trail)
	}
	if acts := r.noted(); len(acts) != 1 || acts[0].What != "audit" {
		t.Errorf("%+v", acts)
	}
}

func invitation(t *testing.T, r *rig) string {
	t.Helper()
	link, _, err := r.people.Invite(t.Context(), identity.Role{Name: identity.RoleAnalyst}, "")
	fatal(t, err)
	return strings.TrimPrefix(link, identity.LinkPath)
}

func TestARecordThatIsNotThere(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		path string
		want int
	}{{"ffffffff-0000-0000-0000-000000000000", 404}, {"nonsense", 404}, {"01000000000000000000000000000000", 200}} {
		if a := r.get("analyst", "/en/desk/records/"+c.path); a.status != c.want {
			t.Errorf("%s: %d", c.path, a.status)
		}
	}
	acts := r.noted()
	refused := 0
	for _, a := range acts {
		if !a.Done {
			refused++
		}
	}
	if len(acts) != 2 || refused != 1 {
		t.Errorf("%+v", acts)
	}
	a := r.get("analyst", "/en/desk/records/01000000000000000000000000000000")
	if !strings.Contains(a.body, "it holds those since 15:30:00 21 November 2026") {
		t.Error("it is not said since when the journal holds lines")
	}
	// The same answer for a record that may not be seen as for none.
	hidden, none := r.get("unsteady", "/en/desk/records/01000000000000000000000000000001"), r.get("unsteady", "/en/desk/records/ff000000000000000000000000000001")
	if hidden.status != 404 || strings.ReplaceAll(hidden.body, "01000000000000000000000000000001", "") != strings.ReplaceAll(none.body, "ff000000000000000000000000000001", "") {
		t.Errorf("%d: what may not be seen is told from what is not there", hidden.status)
	}
}

func TestAnOrganisationIsChanged(t *testing.T) {
	r := newRig(t)
	ministry, err := r.people.CreateOrganisation(t.Context(), identity.Organisation{Name: identity.Name{VI: "Bộ Ví Dụ"}, Type: "state-body"})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/en/desk/organisations/%d", r.hosp)
	before, _ := r.people.Organisation(r.hosp)
	form := func(more ...string) []string {
		return append([]string{"vi", "Bệnh viện Mới", "en", "New Hospital", "type", "hospital", "sector", "health", "band", "large",
			"country", "VN", "province", "VN-HN", "parent", fmt.Sprint(ministry), "state", "1"}, more...)
	}
	if a := r.post("analyst", path+"/details", form()...); a.status != 303 || a.to != path+"?said=described" {
		t.Fatal(a.status, a.to, a.body)
	}
	o, _ := r.people.Organisation(r.hosp)
	if o.Name.VI != "Bệnh viện Mới" || o.Name.EN != "New Hospital" || o.Band.String() != "large" || o.Province != "VN-HN" || o.Parent != ministry || !o.StateBody {
		t.Errorf("%+v", o)
	}
	if len(o.Networks) != len(before.Networks) || len(o.Contacts) != len(before.Contacts) || len(o.Clients) != len(before.Clients) || len(o.Communities) != len(before.Communities) {
		t.Errorf("something else changed: %+v, was %+v", o, before)
	}
	for _, c := range []struct{ field, value string }{{"type", "circus"}, {"sector", "magic"}, {"band", "huge"}, {"country", "XYZ"}, {"province", "US-NY"}, {"parent", "4"}, {"vi", ""}} {
		changed := form()
		for n := 0; n+1 < len(changed); n += 2 {
			if changed[n] == c.field {
				changed[n+1] = c.value
			}
		}
		a := r.post("analyst", path+"/details", changed...)
		if a.status != 422 || c.field != "vi" && !strings.Contains(a.body, `value="Bệnh viện Mới"`) {
			t.Errorf("%s %q: %d", c.field, c.value, a.status)
		}
	}
	if a := r.post("analyst", path+"/details", form("parent", fmt.Sprint(r.hosp))...); a.status == 500 {
		t.Error(a.status)
	}
	if a := r.post("auditor", path+"/details", form()...); a.status != 403 {
		t.Errorf("an auditor: %d", a.status)
	}
	if a := r.post("analyst", "/en/desk/organisations/4/details", form()...); a.status != 404 {
		t.Errorf("nobody: %d", a.status)
	}
}

// Disabling takes effect with the next question: nobody acts for the organisation,
// and nothing is watched; enabling brings both back.
func TestAnOrganisationIsDisabled(t *testing.T) {
	r := newRig(t)
	path := fmt.Sprintf("/vi/ban-phan-tich/to-chuc/%d", r.hosp)
	link, _, err1 := r.people.Invite(t.Context(), identity.Role{Name: identity.RoleMember, Organisation: r.hosp}, "")
	person, err2 := r.people.Accept(t.Context(), strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: "An"})
	cookie, _, err3 := r.people.SignIn(t.Context(), person.ID, identity.ByLink, "test")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	changed := r.people.OrganisationsChanged()
	if a := r.post("analyst", path+"/state", "do", "disable"); a.status != 303 {
		t.Fatal(a.status, a.body)
	}
	select {
	case <-changed:
	default:
		t.Error("those who watch networks are not told")
	}
	if _, err := r.people.Session(t.Context(), cookie); !errors.Is(err, identity.ErrRevoked) {
		t.Errorf("the session goes on: %v", err)
	}
	if o, _ := r.people.Organisation(r.hosp); o.Disabled == nil {
		t.Error("it is not disabled")
	} else if p, as, d := o.Own(); len(p)+len(as)+len(d) != 0 {
		t.Error("its networks are watched")
	}
	if a := r.get("analyst", path+"?said=disable"); !strings.Contains(a.body, "Tổ chức đã tạm dừng.") || !strings.Contains(a.body, "Cho hoạt động lại") {
		t.Error(a.status)
	}
	if a := r.post("analyst", path+"/state", "do", "nonsense"); a.status != 400 {
		t.Error(a.status)
	}
	if a := r.post("operator", path+"/state", "do", "enable"); a.status != 403 {
		t.Errorf("an operator: %d", a.status)
	}
	if a := r.post("analyst", path+"/state", "do", "enable"); a.status != 303 {
		t.Fatal(a.status)
	}
	if p, err := r.people.Session(t.Context(), cookie); err != nil || len(p.Organisations) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}
