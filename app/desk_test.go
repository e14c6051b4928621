// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	analysts "haidang/share/desk"
)

// seated gives a browser in which somebody with a role of the centre has just
// signed in by passkey.
func seated(t *testing.T, a *App, role string) func(method, path string, form url.Values) (int, string) {
	t.Helper()
	ctx := identity.As(t.Context(), "local test")
	link, _, err := a.identity.Invite(ctx, identity.Role{Name: role}, "")
	if err != nil {
		t.Fatal(err)
	}
	person, err := a.identity.Accept(ctx, strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: "Nguyễn " + role})
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := a.identity.SignIn(ctx, person.ID, identity.ByPasskey, "test")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(method, path string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, a.Address()+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: "haidang", Value: cookie})
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", a.Address())
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
}

const alertLine = `{"timestamp":"%s","flow_id":1,"event_type":"alert","src_ip":"198.51.100.7","src_port":40000,"dest_ip":"203.0.113.9","dest_port":22,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":2001219,"rev":20,"signature":"ET SCAN Potential SSH Scan","category":"Attempted Information Leak","severity":2}}`

// sent sends records through the real door and waits until they are stored.
func sent(t *testing.T, a *App, lines ...string) {
	t.Helper()
	token, err := a.identity.Enrol(t.Context(), event.Sensor{Name: "hue-1", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, a.Address()+"/api/v1/ingest/eve", strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatal(resp.Status)
	}
	v := classify.OperatorNamed("test")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, err := a.gate.Count(t.Context(), v, event.Query{From: event.TimeUnset, To: event.TimeUnset}, []event.Metric{event.MetricRecords})
		if err == nil && len(n.Value()) == 1 && n.Value()[0] == int64(len(lines)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the records are not stored", n.Value(), err)
		}
	}
}

// From the door to the desk: an analyst finds the record, its raw line is what the
// sensor sent, and one entry a page says who saw which record.
func TestFromTheDoorToTheDesk(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	at := a.now().UTC().Add(-time.Minute)
	first := strings.Replace(alertLine, "%s", at.Format("2006-01-02T15:04:05.000000+0000"), 1)
	second := strings.Replace(strings.Replace(alertLine, "%s", at.Add(time.Second).Format("2006-01-02T15:04:05.000000+0000"), 1), "198.51.100.7", "198.51.100.8", 1)
	sent(t, a, first, second)
	ask := seated(t, a, identity.RoleAnalyst)
	status, list := ask(http.MethodGet, "/en/desk?source.ip=198.51.100.8", nil)
	record := regexp.MustCompile(`/en/desk/records/([0-9a-f-]+)`).FindStringSubmatch(list)
	if status != http.StatusOK || record == nil || strings.Contains(list, "198.51.100.7") {
		t.Fatalf("%d %s", status, list)
	}
	status, page := ask(http.MethodGet, record[0], nil)
	if status != http.StatusOK || !strings.Contains(page, "&#34;src_ip&#34;: &#34;198.51.100.8&#34;") || strings.Contains(page, "198.51.100.7") {
		t.Errorf("%d: the raw line is not shown: %s", status, page)
	}
	seen, err := a.audit.Entries(t.Context(), 0, 10, audit.Filter{Object: record[1]})
	if err != nil || len(seen.Entries) != 2 {
		t.Fatalf("%+v %v", seen.Entries, err)
	}
	read, search := seen.Entries[0], seen.Entries[1]
	if read.Action != audit.Read || read.Tier != "T3" || search.Action != audit.Search || search.Tier != "T3" || read.Actor != search.Actor || read.Request == search.Request || search.Purpose != "search" {
		t.Errorf("%+v", seen.Entries)
	}

	// An auditor finds these entries under the analyst's pseudonym, and is in the log.
	audits := seated(t, a, identity.RoleAuditor)
	status, page = audits(http.MethodGet, "/en/audit?person=Nguy%E1%BB%85n+analyst", nil)
	if status != http.StatusOK || strings.Count(page, string(read.Actor)) < 3 || !strings.Contains(page, a.audit.Checkpoint().Origin) {
		t.Errorf("%d %s", status, page)
	}
	if status, page = audits(http.MethodGet, record[0], nil); status != http.StatusForbidden || strings.Contains(page, "198.51") {
		t.Errorf("an auditor at a record: %d", status)
	}
	if looked, err := a.audit.Entries(t.Context(), 0, 10, audit.Filter{Action: audit.Audit}); err != nil || len(looked.Entries) != 1 {
		t.Errorf("%+v %v", looked.Entries, err)
	}
	// What a person changes stands under the same name as what the person reads.
	status, _ = ask(http.MethodPost, "/en/desk/organisations", url.Values{"vi": {"Trường Ví Dụ"}, "type": {"school"}})
	made, err := a.audit.Entries(t.Context(), 0, 1, audit.Filter{Action: audit.Organisation})
	if status != http.StatusSeeOther || err != nil || len(made.Entries) != 1 || made.Entries[0].Actor != read.Actor {
		t.Errorf("%d %+v %v", status, made.Entries, err)
	}
	if page, err := a.gate.Raw(t.Context(), classify.OperatorNamed("test"), event.Bytes16{1}); err == nil {
		t.Errorf("a record that is not there: %+v", page.Value())
	}
}

// What the journal no longer holds is said, with the time of the oldest.
func TestRawOfWhatIsGone(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	r, err := tape{a}.Raw(t.Context(), 1, 0)
	if err != nil || r.Kept || r.Since.IsSet() {
		t.Errorf("an empty journal: %+v %v", r, err)
	}
	sent(t, a, strings.Replace(alertLine, "%s", a.now().UTC().Format("2006-01-02T15:04:05.000000+0000"), 1))
	last := a.journal.State().Last
	if r, err = (tape{a}).Raw(t.Context(), uint64(last), 0); err != nil || !r.Kept || r.Format != "eve" || !strings.Contains(string(r.Data), "198.51.100.7") {
		t.Errorf("%+v %v", r, err)
	}
	for _, place := range [][2]uint64{{uint64(last), 1}, {uint64(last) + 1, 0}} {
		if r, err = (tape{a}).Raw(t.Context(), place[0], uint32(place[1])); err != nil || r.Kept {
			t.Errorf("%v: %+v %v", place, r, err)
		}
	}
}

// The dry run says who would be told without changing who is.
func TestReassigned(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	from, _, _ := hospital(t, a)
	ctx := identity.As(t.Context(), "an-analyst")
	o, _ := a.identity.Organisation(from)
	o.Contacts = []identity.Contact{{Email: "soc@hospital.example", Language: "vi"}}
	if err := a.identity.UpdateOrganisation(ctx, o); err != nil {
		t.Fatal(err)
	}
	to, err := a.identity.CreateOrganisation(ctx, identity.Organisation{
		Name: identity.Name{VI: "Trường Ví Dụ"}, Type: "school", Contacts: []identity.Contact{{Email: "it@school.example", Language: "vi", Kinds: []string{"fraud"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	machine := func(addr string, kind event.RSIT) analysts.Machine {
		return analysts.Machine{Addr: event.AddrFrom(netip.MustParseAddr(addr)), Kind: kind, Stage: event.StageIncident}
	}
	all := []analysts.Machine{machine("203.0.113.9", event.RSITPhishing), machine("203.0.113.9", event.RSITScanner), machine("203.0.113.10", event.RSITPhishing)}
	shares, err := router{a}.Reassigned(netip.MustParsePrefix("203.0.113.0/24"), to, all)
	if err != nil {
		t.Fatal(err)
	}
	got := map[uint32][2]int{}
	for _, s := range shares {
		got[s.Organisation] = [2]int{s.Before, s.After}
	}
	// The school wants to hear of fraud only; the rest goes to the fallback inbox.
	if len(got) != 3 || got[from] != [2]int{3, 0} || got[to] != [2]int{0, 2} || got[0] != [2]int{0, 1} {
		t.Errorf("%v", got)
	}
	if o, _ := a.identity.Organisation(from); len(o.Networks) != 1 || o.Networks[0].State != identity.Confirmed {
		t.Error("the dry run changed who has the network")
	}
}

// A person's token carries a part of the rights and opens no page of the desk.
func TestTheDeskIsForBrowsersAndOperators(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	_, _, members := hospital(t, a)
	operators, err := a.identity.CreateToken(t.Context(), "ops", identity.RoleOperator, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		token string
		want  int
	}{{members, http.StatusSeeOther}, {operators, http.StatusOK}, {"hdo_wrong", http.StatusSeeOther}} {
		req, err := http.NewRequest(http.MethodGet, a.Address()+"/vi/ban-phan-tich", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%.4s: %s", c.token, resp.Status)
		}
	}
}
