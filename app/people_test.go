// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

// hospital makes an organisation with a confirmed network and a person who
// acts for it, and gives a token of that person.
func hospital(t *testing.T, a *App) (id uint32, person identity.Person, token string) {
	t.Helper()
	ctx := identity.As(t.Context(), "an-analyst")
	id, err := a.identity.CreateOrganisation(ctx, identity.Organisation{
		Name: identity.Name{VI: "Bệnh viện Ví Dụ"}, Type: "hospital", Sector: event.SectorHealth, Communities: []string{"health-vn"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = a.identity.Claim(ctx, id, "203.0.113.0/24"); err != nil {
		t.Fatal(err)
	}
	if err = a.identity.Confirm(ctx, id, "203.0.113.0/24", "letter"); err != nil {
		t.Fatal(err)
	}
	link, _, err := a.identity.Invite(ctx, identity.Role{Name: identity.RoleMember, Organisation: id}, "administrator")
	if err != nil {
		t.Fatal(err)
	}
	person, err = a.identity.Accept(ctx, strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: "Trần Thị Canary", Email: "canary@hospital.example"})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err = a.identity.CreateAccess(ctx, person.ID, "script", []string{identity.ScopeEvents}, a.now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return id, person, token
}

func TestAMemberFromTokenToViewer(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	defer stop(t, a)
	id, person, token := hospital(t, a)
	v, err := a.viewer(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Has(classify.Member) || v.Has(classify.Analyst) || v.Person() != person.ID || !v.May(classify.Own) || v.May(classify.Block) {
		t.Errorf("viewer %+v", v)
	}
	if _, err := a.viewer(t.Context(), token+"x"); err == nil {
		t.Error("a wrong token finds somebody")
	}
	// The confirmed network reaches enrichment without a restart.
	addr := event.AddrFrom(netip.MustParseAddr("203.0.113.9"))
	for deadline := time.Now().Add(time.Minute); !a.enricher.Internal(addr); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the network is not known to enrichment")
		}
	}
	if a.enricher.OrgName(id) != "Bệnh viện Ví Dụ" {
		t.Errorf("name %q", a.enricher.OrgName(id))
	}
	if err := a.identity.Disable(t.Context(), person.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.viewer(t.Context(), token); err == nil {
		t.Error("a disabled person's token finds somebody")
	}
}

// Every change is in the audit log, and nobody's name, address or id is.
func TestChangesOfIdentityAreAudited(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	_, person, token := hospital(t, a)
	if _, err := a.identity.CreateOrganisation(identity.As(t.Context(), "an-analyst"), identity.Organisation{
		Name: identity.Name{VI: "Phòng khám Orgword"}, Type: "other",
	}); err != nil {
		t.Fatal(err)
	}
	page, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[audit.Action]bool{}
	for _, e := range page.Entries {
		seen[e.Action] = true
	}
	for _, want := range []audit.Action{audit.Organisation, audit.Person, audit.Token} {
		if !seen[want] {
			t.Errorf("no entry %q among %d", want, len(page.Entries))
		}
	}
	stop(t, a)
	err = filepath.WalkDir(filepath.Join(data, "audit"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, secret := range []string{person.ID, "Canary", "canary@", token, "an-analyst", "Orgword"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheFirstOperatorsLinkOpens(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	link, err := a.FirstLink(t.Context())
	if err != nil || !strings.HasPrefix(link, a.Address()+identity.LinkPath) {
		t.Fatalf("%q %v", link, err)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %q", resp.Status, resp.Header.Get("Cache-Control"))
	}
}
