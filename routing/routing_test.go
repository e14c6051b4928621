// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/routing"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func addr(s string) event.Addr { return event.AddrFrom(netip.MustParseAddr(s)) }

func contact(id string, r routing.Rule) routing.Contact {
	return routing.Contact{ID: routing.ContactID(id), Email: id + "@example.vn", Language: "vi", Rule: r}
}

var inbox = contact("national", routing.Rule{})

func named(s string) map[string]string { return map[string]string{"vi": s, "en": s} }

// sample: a ministry with two hospitals below it, an ISP, a school.
func sample() []routing.Organisation {
	return []routing.Organisation{
		{ID: 1, Names: named("Ministry"), Prefixes: prefixes("203.0.113.0/24", "2001:db8::/32"), Contacts: []routing.Contact{contact("ministry", routing.Rule{})}},
		{ID: 2, Names: named("Hospital"), Parent: 1, Prefixes: prefixes("203.0.113.64/26", "203.0.113.0/24"), Domains: []string{"hospital.vn"}, Contacts: []routing.Contact{
			contact("soc", routing.Rule{MinSeverity: event.SeverityHigh}),
			contact("mail-admin", routing.Rule{Kinds: []event.RSIT{event.RSITSpam, event.RSITPhishing}}),
		}},
		{ID: 3, Names: named("Clinic"), Parent: 2, Explicit: []netip.Addr{netip.MustParseAddr("198.51.100.9")}},
		{ID: 4, Names: named("ISP"), AS: []uint32{64500}, Prefixes: prefixes("198.51.0.0/16"), Contacts: []routing.Contact{
			contact("noc", routing.Rule{Stages: []event.Stage{event.StageIncident}}), contact("abuse", routing.Rule{Sectors: []event.Sector{event.SectorHealth}}),
		}},
		{ID: 5, Names: named("School"), Domains: []string{"Edu.Hospital.vn."}, Explicit: []netip.Addr{netip.MustParseAddr("192.0.2.7")}, Contacts: []routing.Contact{contact("school", routing.Rule{})}},
	}
}

func build(t testing.TB, orgs []routing.Organisation) *routing.Table {
	t.Helper()
	table, err := routing.Build(orgs, inbox)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestRoute(t *testing.T) {
	table := build(t, sample())
	high := routing.Facts{Kind: event.RSITInfectedSystem, Stage: event.StageIncident, Severity: event.SeverityHigh}
	for name, c := range map[string]struct {
		facts    routing.Facts
		org      uint32
		by       routing.By
		matched  string
		via      uint32
		contacts string
	}{
		"longest prefix":              {facts: with(high, "203.0.113.70", 64500, "edu.hospital.vn"), org: 2, by: routing.Prefix, matched: "203.0.113.64/26", via: 2, contacts: "soc"},
		"the child has its parent's":  {facts: with(high, "203.0.113.1", 0, ""), org: 2, by: routing.Prefix, matched: "203.0.113.0/24", via: 2, contacts: "soc"},
		"IPv6":                        {facts: with(high, "2001:db8:ffff::1", 0, ""), org: 1, by: routing.Prefix, matched: "2001:db8::/32", via: 1, contacts: "ministry"},
		"AS after prefix":             {facts: with(high, "192.0.2.1", 64500, "hospital.vn"), org: 4, by: routing.AS, matched: "AS64500", via: 4, contacts: "noc"},
		"domain after AS":             {facts: with(high, "192.0.2.7", 64999, "WWW.Hospital.VN."), org: 2, by: routing.Domain, matched: "hospital.vn", via: 2, contacts: "soc"},
		"longest domain":              {facts: with(high, "", 0, "a.edu.hospital.vn"), org: 5, by: routing.Domain, matched: "edu.hospital.vn", via: 5, contacts: "school"},
		"a label is not cut":          {facts: with(high, "", 0, "nothospital.vn"), contacts: "national"},
		"list last":                   {facts: with(high, "192.0.2.7", 64999, "elsewhere.vn"), org: 5, by: routing.List, matched: "192.0.2.7", via: 5, contacts: "school"},
		"no contact wants it: above":  {facts: with(routing.Facts{Kind: event.RSITScanner, Severity: 2}, "203.0.113.70", 0, ""), org: 2, by: routing.Prefix, matched: "203.0.113.64/26", via: 1, contacts: "ministry"},
		"no contact anywhere: inbox":  {facts: with(routing.Facts{Stage: event.StageState}, "198.51.1.1", 0, ""), org: 4, by: routing.Prefix, matched: "198.51.0.0/16", contacts: "national"},
		"two of one's contacts":       {facts: with(routing.Facts{Kind: event.RSITPhishing, Severity: 5}, "", 0, "hospital.vn"), org: 2, by: routing.Domain, matched: "hospital.vn", via: 2, contacts: "soc mail-admin"},
		"second contact only":         {facts: with(routing.Facts{Stage: event.StageState, Sector: event.SectorHealth}, "198.51.1.1", 0, ""), org: 4, by: routing.Prefix, matched: "198.51.0.0/16", via: 4, contacts: "abuse"},
		"a prefix beats the list":     {facts: with(high, "198.51.100.9", 0, ""), org: 4, by: routing.Prefix, matched: "198.51.0.0/16", via: 4, contacts: "noc"},
		"nothing known":               {facts: routing.Facts{}, contacts: "national"},
		"the unspecified address":     {facts: routing.Facts{Addr: event.Unspecified}, contacts: "national"},
		"nobody's":                    {facts: with(high, "8.8.8.8", 15169, "dns.google"), contacts: "national"},
		"just outside a prefix":       {facts: with(high, "203.0.114.0", 0, ""), contacts: "national"},
		"last address of a prefix":    {facts: with(high, "203.0.113.255", 0, ""), org: 2, by: routing.Prefix, matched: "203.0.113.0/24", via: 2, contacts: "soc"},
		"after the nested one's end":  {facts: with(high, "203.0.113.128", 0, ""), org: 2, by: routing.Prefix, matched: "203.0.113.0/24", via: 2, contacts: "soc"},
		"IPv4 is never within IPv6's": {facts: with(high, "0.0.0.1", 0, ""), contacts: "national"},
	} {
		t.Run(name, func(t *testing.T) {
			d := table.Route(&c.facts)
			var told []string
			for _, id := range d.Contacts {
				told = append(told, string(id))
			}
			if d.Org != c.org || d.By != c.by || d.Matched != c.matched || d.Via != c.via || strings.Join(told, " ") != c.contacts {
				t.Errorf("%+v, want %+v", d, c)
			}
			if d.Unrouted() != (c.contacts == "national") {
				t.Errorf("unrouted %v for %s", d.Unrouted(), c.contacts)
			}
			org, by, matched := table.Owner(c.facts.Addr, c.facts.AS, c.facts.Domain)
			if org != c.org || by != c.by || matched != c.matched {
				t.Errorf("owner %d %s %s", org, by, matched)
			}
		})
	}
}

func with(f routing.Facts, a string, as uint32, domain string) routing.Facts {
	if a != "" {
		f.Addr = addr(a)
	}
	f.AS, f.Domain = as, domain
	return f
}

func TestConflictsAreDecidedAndTold(t *testing.T) {
	orgs := sample()
	orgs = append(orgs, routing.Organisation{ID: 6, AS: []uint32{64500}, Domains: []string{"hospital.vn"}, Explicit: []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.7")}})
	slices.Reverse(orgs)
	want := []routing.Conflict{
		{What: "192.0.2.7", Has: 5, Lost: 6}, {What: "203.0.113.0/24", Has: 2, Lost: 1},
		{What: "AS64500", Has: 4, Lost: 6}, {What: "hospital.vn", Has: 2, Lost: 6},
	}
	if diff := cmp.Diff(want, build(t, orgs).Conflicts()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	one := func(change func(o *routing.Organisation)) []routing.Organisation {
		all := sample()
		change(&all[1])
		return all
	}
	for want, orgs := range map[string][]routing.Organisation{
		"means nobody":           one(func(o *routing.Organisation) { o.ID = 0 }),
		"the national centre":    one(func(o *routing.Organisation) { o.ID = event.OrgNational }),
		"is there twice":         one(func(o *routing.Organisation) { o.ID = 1 }),
		"parent 99 is unknown":   one(func(o *routing.Organisation) { o.Parent = 99 }),
		"in a circle":            one(func(o *routing.Organisation) { o.Parent = 3 }),
		"invalid prefix":         one(func(o *routing.Organisation) { o.Prefixes = []netip.Prefix{{}} }),
		"as holds 0":             one(func(o *routing.Organisation) { o.AS = []uint32{0} }),
		`"*.hospital.vn" is not`: one(func(o *routing.Organisation) { o.Domains = []string{"*.hospital.vn"} }),
		"invalid address":        one(func(o *routing.Organisation) { o.Explicit = []netip.Addr{{}} }),
		"id is empty":            one(func(o *routing.Organisation) { o.Contacts[0].ID = "" }),
		`contact "school" is`:    one(func(o *routing.Organisation) { o.Contacts[0].ID = "school" }),
		"neither email nor":      one(func(o *routing.Organisation) { o.Contacts[0].Email = "" }),
		"not one plain address":  one(func(o *routing.Organisation) { o.Contacts[0].Email = "a@b.vn\r\nBcc: x@y.z" }),
		"write an https address": one(func(o *routing.Organisation) { o.Contacts[0].Webhook = "http://hook.example" }),
		`"fr" is not one of`:     one(func(o *routing.Organisation) { o.Contacts[0].Language = "fr" }),
		"cadence: 9":             one(func(o *routing.Organisation) { o.Contacts[0].Cadence = 9 }),
		"kinds: 200 is not":      one(func(o *routing.Organisation) { o.Contacts[0].Rule.Kinds = []event.RSIT{200} }),
		"stages: 200 is not":     one(func(o *routing.Organisation) { o.Contacts[0].Rule.Stages = []event.Stage{200} }),
		"sectors: 200 is not":    one(func(o *routing.Organisation) { o.Contacts[0].Rule.Sectors = []event.Sector{200} }),
		"min severity is 7":      one(func(o *routing.Organisation) { o.Contacts[0].Rule.MinSeverity = 7 }),
	} {
		_, err := routing.Build(orgs, inbox)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := routing.Build(sample(), routing.Contact{}); err == nil || !strings.Contains(err.Error(), "fallback inbox") {
		t.Errorf("a table without a fallback inbox: %v", err)
	}
}

func TestWhyIsToldInBothLanguages(t *testing.T) {
	table := build(t, sample())
	for _, c := range []struct {
		facts  routing.Facts
		en, vi string
	}{
		{with(routing.Facts{Severity: 5}, "203.0.113.70", 0, ""), "203.0.113.64/26", "Các đầu mối này đã chọn"},
		{with(routing.Facts{}, "203.0.113.70", 0, ""), "the contacts of Ministry are told", "đầu mối của Ministry được báo"},
		{with(routing.Facts{Stage: event.StageState}, "", 64500, ""), "Neither it nor anybody above", "hộp thư quốc gia"},
		{routing.Facts{}, "No organisation has registered", "Chưa tổ chức nào"},
		{with(routing.Facts{}, "192.0.2.7", 0, ""), "on the list of School", "trong danh sách của School"},
	} {
		d := table.Route(&c.facts)
		if got := table.Why(&d, "en"); !strings.Contains(got, c.en) || strings.Contains(got, "%!") {
			t.Errorf("%q, want %q", got, c.en)
		}
		if got := table.Why(&d, "vi"); !strings.Contains(got, c.vi) || strings.Contains(got, "%!") {
			t.Errorf("%q, want %q", got, c.vi)
		}
	}
}

func TestContactsAreFound(t *testing.T) {
	table := build(t, sample())
	for _, id := range []routing.ContactID{"national", "soc", "school"} {
		if c, ok := table.Contact(id); !ok || c.ID != id {
			t.Errorf("%s: %+v", id, c)
		}
	}
	if _, ok := table.Contact("nobody"); ok {
		t.Error("found a contact that is not there")
	}
	if _, ok := table.Organisation(77); ok {
		t.Error("found an organisation that is not there")
	}
	if routing.Daily.String() != "daily" || routing.Domain.Reason() != event.MatchDomain || routing.List.Reason() != event.MatchList || routing.Prefix.Reason() != event.MatchPrefix {
		t.Error("words of cadence or reason differ")
	}
}
