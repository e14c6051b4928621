// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
	"haidang/identity"
	"haidang/mutant"
)

func TestOrganisationLife(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := identity.As(t.Context(), "an")
	h := hospital()
	h.ID = must[uint32](t)(i.CreateOrganisation(ctx, h))
	if h.ID != 100_000 {
		t.Errorf("number %d", h.ID)
	}
	chosen := hospital()
	chosen.ID, chosen.Parent = 7, h.ID
	if id := must[uint32](t)(i.CreateOrganisation(ctx, chosen)); id != 7 {
		t.Errorf("number %d", id)
	}
	_, err := i.CreateOrganisation(ctx, chosen)
	want(t, "number taken", err, identity.ErrExists)
	told, state := i.OrganisationsChanged(), i.Registered()
	if _, err := i.Claim(ctx, h.ID, "192.0.2.9/24"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	default:
		t.Error("a claim does not tell")
	}
	if i.Registered() == state {
		t.Error("a claim leaves the state as it was")
	}
	h.Name.EN, h.Networks = "Hospital of A", nil
	if err := i.UpdateOrganisation(ctx, h); err != nil {
		t.Fatal(err)
	}
	i = start(t, b, c)
	all := i.Organisations()
	if len(all) != 2 || all[0].ID != 7 || all[1].Name.In("en") != "Hospital of A" || len(all[1].Networks) != 1 {
		t.Fatalf("%+v", all)
	}
	h.Networks, h.Created, h.Country = all[1].Networks, c.t, "VN"
	if d := cmp.Diff(h, all[1], cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
		t.Error(d)
	}
	all[1].Networks[0].State = identity.Confirmed
	if o, _ := i.Organisation(h.ID); o.Networks[0].State != identity.Claimed {
		t.Error("what is given out is not a copy")
	}
	raw, err := json.Marshal(all[1])
	if err != nil || !strings.Contains(string(raw), `"sector":"health"`) || !strings.Contains(string(raw), `"band":"large"`) {
		t.Errorf("%s %v", raw, err)
	}
	sessionsOnly, state := i.OrganisationsChanged(), i.Registered()
	signIn(t, i, person(t, i, "An", identity.Role{Name: identity.RoleAnalyst}), identity.ByLink)
	select {
	case <-sessionsOnly:
		t.Error("a sign-in makes everybody read the organisations anew")
	default:
	}
	if i.Registered() != state {
		t.Error("a sign-in is taken for another state of organisations")
	}
	must[string](t)(i.Enrol(ctx, event.Sensor{Name: "hue-1"}))
	if i.Registered() == state {
		t.Error("a new sensor leaves the state as it was")
	}
}

func TestNetworkLife(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := identity.As(t.Context(), "analyst-1")
	first := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	other := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	own := func(id uint32) string {
		o, _ := i.Organisation(id)
		p, as, d := o.Own()
		raw, err := json.Marshal([]any{p, as, d})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	const none = `[null,null,null]`
	for _, n := range []string{"192.0.2.0/24", "as64500", "Bệnhviện.example.vn"} {
		for _, id := range []uint32{first, other} {
			if _, err := i.Claim(ctx, id, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	if own(first) != none {
		t.Errorf("a claim alone gives %s", own(first))
	}
	want(t, "not claimed", i.Confirm(ctx, first, "192.0.2.0/25", "WHOIS"), identity.ErrNotFound)
	want(t, "no proof", i.Confirm(ctx, first, "192.0.2.0/24", " "), identity.ErrInvalid)
	for _, n := range []string{"192.0.2.0/24", "AS64500", "bệnhviện.example.vn"} {
		if err := i.Confirm(ctx, first, n, "WHOIS, seen on 1 March"); err != nil {
			t.Fatal(err)
		}
		want(t, "another's own", i.Confirm(ctx, other, n, "WHOIS"), identity.ErrExists)
	}
	i = start(t, b, c)
	if s := own(first); s != `[["192.0.2.0/24"],[64500],["xn--bnhvin-ik8be.example.vn"]]` {
		t.Error(s)
	}
	o, _ := i.Organisation(first)
	if n := o.Networks[0]; n.By != "analyst-1" || n.Proof != "WHOIS, seen on 1 March" || !n.At.Equal(c.t) {
		t.Errorf("%+v", n)
	}
	if err := i.DisableOrganisation(ctx, first); err != nil || own(first) != none {
		t.Error(own(first), err)
	}
	if err := i.Confirm(ctx, other, "AS64500", "moved"); err != nil {
		t.Fatal(err)
	}
	want(t, "enabled while another has its network", i.EnableOrganisation(ctx, first), identity.ErrExists)
	if err := i.Refuse(ctx, other, "AS64500", "it was a mistake"); err != nil || own(other) != none {
		t.Error(own(other), err)
	}
	if err := i.EnableOrganisation(ctx, first); err != nil || own(first) == none {
		t.Error(own(first), err)
	}
	before, _ := i.Organisation(other)
	again := must[identity.Network](t)(i.Claim(ctx, other, "AS64500"))
	if at := slices.IndexFunc(before.Networks, func(n identity.Network) bool { return n.AS == 64500 }); again.State != identity.Claimed || again.Challenge == before.Networks[at].Challenge {
		t.Errorf("%+v", again)
	}
}

func TestParseNetwork(t *testing.T) {
	for s, expect := range map[string]string{
		"192.0.2.77/24": "192.0.2.0/24", "192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8::1/32": "2001:db8::/32",
		"AS4134": "AS4134", "as1": "AS1", "Example.VN.": "example.vn", "asia.example": "asia.example",
		"0.0.0.0/0": "", "10.0.0.0/7": "", "2000::/3": "", "::ffff:192.0.2.0/120": "", "AS0": "", "AS4294967296": "", "vn": "", "": "",
		"a b.vn": "", "../x.vn": "", "example..vn": "", "192.0.2.0/33": "", "fe80::1%eth0": "", "*.example.vn": "",
		"0.0.0.0.": "", "192.0.2.1.": "", "192.0.2": "", "０.0.0.0.": "", "example.4vn": "", "xn--nxasmq6b.xn--o3cw4h": "xn--nxasmq6b.xn--o3cw4h",
	} {
		n, err := identity.ParseNetwork(s)
		if (err == nil) != (expect != "") || err == nil && n.String() != expect {
			t.Errorf("%q: %s %v, want %q", s, n, err, expect)
		}
	}
}

func FuzzParseNetwork(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"192.0.2.0/24", "AS4134", "example.vn", "2001:db8::/32", "::ffff:1.2.3.4", "\x80.0000", "0.0.0.0."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := identity.ParseNetwork(s)
		if err != nil {
			return
		}
		again, err := identity.ParseNetwork(n.String())
		if err != nil || again != n {
			t.Errorf("%q gives %s, which gives %s, %v", s, n, again, err)
		}
	})
}

func TestRefusedOrganisations(t *testing.T) {
	i := start(t, bucket(t), newClock())
	parent := must[uint32](t)(i.CreateOrganisation(t.Context(), hospital()))
	for _, c := range []struct {
		name  string
		spoil func(*identity.Organisation)
	}{
		{"no name", func(o *identity.Organisation) { o.Name.VI = " " }},
		{"line break", func(o *identity.Organisation) { o.Name.EN = "a\nb" }},
		{"turned around", func(o *identity.Organisation) { o.Name.EN = "a\u202eb" }},
		{"type", func(o *identity.Organisation) { o.Type = "club" }},
		{"sector", func(o *identity.Organisation) { o.Sector = 250 }},
		{"country", func(o *identity.Organisation) { o.Country = "Vietnam" }},
		{"province", func(o *identity.Organisation) { o.Province = "Hà Nội" }},
		{"other country's", func(o *identity.Organisation) { o.Province = "FR-75" }},
		{"community", func(o *identity.Organisation) { o.Communities = []string{"Y tế"} }},
		{"parent", func(o *identity.Organisation) { o.Parent = 99 }},
		{"own parent", func(o *identity.Organisation) { o.ID, o.Parent = 5, 5 }},
		{"client", func(o *identity.Organisation) { o.Clients = []uint32{99} }},
		{"e-mail", func(o *identity.Organisation) { o.Contacts[0].Email = "An <an@example.vn>" }},
		{"two lines", func(o *identity.Organisation) { o.Contacts[0].Email = "an@example.vn\nBcc: x@example.vn" }},
		{"language", func(o *identity.Organisation) { o.Contacts[0].Language = "fr" }},
		{"severity", func(o *identity.Organisation) { o.Contacts[0].Severity = 9 }},
		{"kind", func(o *identity.Organisation) { o.Contacts[0].Kinds = []string{"phishing"} }},
		{"tier", func(o *identity.Organisation) { o.Contacts[0].Tiers = []string{"TX"} }},
		{"many contacts", func(o *identity.Organisation) { o.Contacts = slices.Repeat(o.Contacts, 51) }},
	} {
		o := hospital()
		c.spoil(&o)
		_, err := i.CreateOrganisation(t.Context(), o)
		want(t, c.name, err, identity.ErrInvalid)
	}
	child := hospital()
	child.Parent = parent
	id := must[uint32](t)(i.CreateOrganisation(t.Context(), child))
	loop := hospital()
	loop.ID, loop.Parent = parent, id
	want(t, "a circle", i.UpdateOrganisation(t.Context(), loop), identity.ErrInvalid)
	want(t, "nobody", i.UpdateOrganisation(t.Context(), identity.Organisation{ID: 3}), identity.ErrNotFound)
	if n := len(i.Organisations()); n != 2 {
		t.Errorf("%d organisations", n)
	}
}

func TestContactWants(t *testing.T) {
	c := identity.Contact{Kinds: []string{"fraud", "availability/ddos"}, Stages: []string{"incident", "state"}, Severity: event.SeverityMedium, Tiers: []string{"T1c", "T2"}}
	for _, v := range []struct {
		kind     event.RSIT
		stage    event.Stage
		severity uint8
		tier     string
		want     bool
	}{
		{event.RSITPhishing, event.StageIncident, 3, "T2", true}, {event.RSITDDoS, event.StageState, 6, "T1c", true},
		{event.RSITDoS, event.StageIncident, 6, "T2", false}, {event.RSITPhishing, event.StageAttempt, 3, "T2", false},
		{event.RSITPhishing, event.StageIncident, 2, "T2", false}, {event.RSITPhishing, event.StageIncident, 3, "T3", false},
	} {
		if c.Wants(v.kind, v.stage, v.severity, v.tier) != v.want {
			t.Errorf("%+v", v)
		}
	}
	if !(&identity.Contact{}).Wants(event.RSITUnset, event.StageUnset, 0, "T0") {
		t.Error("a contact without rules wants everything")
	}
}

// Organisations that an earlier version kept with a public key are read; the key,
// to which nothing was ever encrypted, is kept no more.
func TestAFormerKeyIsReadOver(t *testing.T) {
	var o identity.Organisation
	if err := json.Unmarshal([]byte(`{"id":7,"name":{"vi":"A"},"type":"other","contacts":[{"email":"an@example.vn","language":"vi","pgp":"-----BEGIN","digest":false,"severity":0}]}`), &o); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil || len(o.Contacts) != 1 || o.Contacts[0].Email != "an@example.vn" || strings.Contains(string(text), "pgp") {
		t.Errorf("%s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"id":7,"contacts":[{"gpg":"x"}]}`), &o); err == nil {
		t.Error("an unknown field is read")
	}
}
