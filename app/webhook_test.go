// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/config"
	"haidang/identity"
	"haidang/share/notice"
)

// inbox is a receiver of webhooks.
type inbox struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

type received struct {
	header http.Header
	body   []byte
}

func openInbox(t *testing.T) *inbox {
	t.Helper()
	b := &inbox{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		b.mu.Lock()
		b.got = append(b.got, received{r.Header.Clone(), body})
		b.mu.Unlock()
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *inbox) all() []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]received(nil), b.got...)
}

// outcome waits until a contact's message by a channel is in a state.
func outcome(t *testing.T, a *App, channel string, state notice.State) notice.Notice {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		for _, n := range a.notices.Outbox() {
			if n.Channel == channel && n.State == state && (state != notice.Queued || n.Error != "") {
				return n
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s is %s: %+v", channel, state, a.notices.Outbox())
		}
	}
}

// hookedApp runs an observatory without a mail relay, with a hospital whose contact
// has a webhook at an address on this machine.
func hookedApp(t *testing.T, to string, inside ...string) (a *App, org uint32, secret string) {
	t.Helper()
	a = notifying(t, &postOffice{}, t.TempDir(), func(c *config.Config) {
		c.Notices.Host, c.Notices.Inside, c.Notices.WebhookHosts = "", inside, []string{"*"}
	})
	t.Cleanup(func() { stop(t, a) })
	org, _, _ = hospital(t, a)
	told(t, a, org, soc)
	secret, err := a.identity.SetWebhook(t.Context(), org, soc.Email, to)
	if err != nil {
		t.Fatal(err)
	}
	known(t, a, "203.0.113.9")
	a.reroute()
	return a, org, secret
}

// From a sensor's request to the hospital's own system, without a mail relay: the
// signature is good, and the mail waits with a word that says for what.
func TestFromTheDoorToTheWebhook(t *testing.T) {
	b := openInbox(t)
	a, org, secret := hookedApp(t, b.URL+"/notices", "127.0.0.0/8")
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9"))
	sent := outcome(t, a, "webhook", notice.Sent)
	waits := outcome(t, a, "email", notice.Queued)
	all := b.all()
	if len(all) != 1 || sent.Attempts != 1 || !strings.Contains(waits.Error, "notices.host") || waits.Attempts != 0 {
		t.Fatalf("%d received; %+v; %+v", len(all), sent, waits)
	}
	if err := notice.Verify([]byte(secret), all[0].header.Get(notice.SignatureHeader), all[0].body, testNow(), 5*time.Minute); err != nil {
		t.Error(err)
	}
	var said struct {
		Org       uint32
		Incidents []struct{ Addr string }
	}
	if err := json.Unmarshal(all[0].body, &said); err != nil || said.Org != org || len(said.Incidents) != 1 || said.Incidents[0].Addr != "203.0.113.9" {
		t.Errorf("%s: %v", all[0].body, err)
	}
	if bytes.Contains(all[0].body, []byte(secret)) {
		t.Error("the secret is sent")
	}
	o, _ := a.identity.Organisation(org)
	o.Contacts[0].WebhookOnly = true
	if err := a.identity.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	a.reroute()
	list, err := (&newcomers{app: a}).New(t.Context(), notice.AtOnce, testNow().Add(-time.Minute))
	if err != nil || len(list) != 1 || list[0].Contact.Email != "" || list[0].Contact.Webhook == "" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := notice.Verify([]byte(secret+"x"), all[0].header.Get(notice.SignatureHeader), all[0].body, testNow(), 5*time.Minute); err == nil {
		t.Error("any secret verifies")
	}
}

// What leads inside, or elsewhere by a redirect, gets nothing.
func TestWebhooksThatAreRefused(t *testing.T) {
	b := openInbox(t)
	away := httptest.NewServer(http.RedirectHandler(b.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	for name, c := range map[string]struct {
		to     string
		inside []string
		says   string
	}{
		"inside":     {b.URL, nil, "address inside"},
		"a redirect": {away.URL, []string{"127.0.0.0/8"}, "307"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := hookedApp(t, c.to, c.inside...)
			feed(t, a, "feed", "TLP:AMBER personal:none", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9"))
			if n := outcome(t, a, "webhook", notice.Failed); n.Attempts != 1 || !strings.Contains(n.Error, c.says) {
				t.Errorf("%+v", n)
			}
		})
	}
	if n := len(b.all()); n != 0 {
		t.Errorf("%d messages came through", n)
	}
}

// A weekly contact is told on its day and at no other cadence.
func TestWeeklyContacts(t *testing.T) {
	a := notifying(t, openPostOffice(t), t.TempDir(), func(c *config.Config) { c.Notices.Every = time.Hour })
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	weekly := soc
	weekly.Digest, weekly.Weekly = true, true
	states := identity.Contact{Email: "states@hospital.example", Language: "vi", Digest: true, Weekly: true, Stages: []string{"state"}}
	told(t, a, org, weekly, states)
	known(t, a, "203.0.113.9")
	began := testNow().Add(-time.Minute)
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9"))
	for _, x := range []struct {
		c    notice.Cadence
		want int
	}{{notice.AtOnce, 0}, {notice.Daily, 0}, {notice.Weekly, 1}} {
		list, err := (&newcomers{app: a}).New(t.Context(), x.c, began)
		if err != nil || len(list) != x.want || x.want == 1 && list[0].Contact.Email != weekly.Email {
			t.Errorf("%v: %+v, %v", x.c, list, err)
		}
	}
}

// A webhook leads to hosts that are known to be the organisation's, or that the
// operator names, whatever was set before.
func TestWebhooksLeadToKnownHosts(t *testing.T) {
	cfg := config.Default()
	cfg.Notices.WebhookHosts = []string{"hooks.partner.example", ".soc.example"}
	cfg.Notices.Inside = []string{"10.1.0.0/16"}
	a := made(cfg, slog.New(slog.DiscardHandler))
	o := &identity.Organisation{Networks: []identity.Network{
		{Prefix: netip.MustParsePrefix("203.0.113.0/24"), State: identity.Confirmed}, {Domain: "hospital.example", State: identity.Confirmed},
		{Domain: "claimed.example", State: identity.Claimed},
	}}
	for to, want := range map[string]bool{
		"https://hospital.example/x": true, "https://SOC.hospital.example./x": true, "https://203.0.113.9:8443/": true, "https://10.1.2.3/": true,
		"https://hooks.partner.example/": true, "https://a.soc.example/": true,
		"https://claimed.example/": false, "https://nothospital.example/": false, "https://soc.example/": false, "https://partner.example/": false,
		"https://hospital.example:25/": false, "https://198.51.100.1/": false, "https://10.2.0.1/": false, "https://hospital.example.evil.example/": false, "::": false,
	} {
		if got := a.mayHook(o, to); got != want {
			t.Errorf("%s: %v", to, got)
		}
	}
	now := time.Now()
	o.Disabled = &now
	if a.mayHook(o, "https://hospital.example/x") {
		t.Error("a disabled organisation's host")
	}
	a.cfg.Notices.WebhookHosts = []string{"*"}
	if !a.mayHook(&identity.Organisation{}, "https://anywhere.example/") {
		t.Error("an operator who allows any host")
	}
}
