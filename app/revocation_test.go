// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

// bulky plants records of one sensor that fill a download of many megabytes.
func bulky(t *testing.T, data string) {
	t.Helper()
	w := &leakWorld{batch: new(event.Batch)}
	for n := range 6000 {
		var e event.Event
		e.Reset()
		e.Time = event.TimeOf(leakStart.Add(time.Duration(n) * time.Second))
		e.Ingested = e.Time
		binary.BigEndian.PutUint32(e.ID[12:], uint32(n)+1)
		e.Observer, e.RuleName, e.Stage, e.Affected = "zqopen", fmt.Sprintf("%d %s", n, strings.Repeat("long ", 800)), event.StageAttempt, event.SideDestination
		w.batch.Append(&e)
	}
	w.plant(t, data)
}

// reader is somebody with every way in.
type longReader struct {
	id            identity.Person
	org           uint32
	token, cookie string
	access        string // the token's number
	session       string
}

func newReader(t *testing.T, a *App, name string) (r longReader) {
	t.Helper()
	ctx := t.Context()
	var err error
	if r.org, err = a.identity.CreateOrganisation(ctx, identity.Organisation{Name: identity.Name{VI: "Tổ chức " + name}, Type: "company"}); err != nil {
		t.Fatal(err)
	}
	link, _, err := a.identity.Invite(ctx, identity.Role{Name: identity.RoleMember, Organisation: r.org}, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.id, err = a.identity.Accept(ctx, strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: name, Email: "a@example.vn"}); err != nil {
		t.Fatal(err)
	}
	token, access, err := a.identity.CreateAccess(ctx, r.id.ID, "long", []string{identity.ScopeEvents}, testNow().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	cookie, session, err := a.identity.SignIn(ctx, r.id.ID, identity.ByFactors, "test")
	if err != nil {
		t.Fatal(err)
	}
	r.token, r.access, r.cookie, r.session = token, access.ID, cookie, session.ID
	return r
}

// narrow is a client that takes little at a time, as over a slow line.
var narrow = &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err == nil {
		err = c.(*net.TCPConn).SetReadBuffer(32 << 10)
	}
	return c, err
}}}

func openAs(t *testing.T, a *App, path, header, value string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Address()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header, value)
	resp, err := narrow.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// Whoever loses the right to read is refused at the next request, and what it was
// reading ends within five seconds, in the middle of a download too.
func TestRevocationEndsWhatIsUnderWay(t *testing.T) {
	data := t.TempDir()
	bulky(t, data)
	a := observatory(t, data)
	defer stop(t, a)
	open := classify.Agreement{Default: event.Label{Tier: event.T0, Personal: event.PersonalNone}, Terms: classify.Terms{CountsOpen: true}}
	for _, c := range []struct {
		name   string
		revoke func(context.Context, longReader) error
	}{
		{"person disabled", func(ctx context.Context, r longReader) error { return a.identity.Disable(ctx, r.id.ID) }},
		{"token revoked", func(ctx context.Context, r longReader) error { return a.identity.RevokeAccess(ctx, r.id.ID, r.access) }},
		{"organisation disabled", func(ctx context.Context, r longReader) error { return a.identity.DisableOrganisation(ctx, r.org) }},
		{"session ended", func(ctx context.Context, r longReader) error { return a.identity.EndSession(ctx, r.id.ID, r.session) }},
		{"agreement stricter", func(ctx context.Context, _ longReader) error {
			return a.policy.agree(ctx, "zqopen", classify.Agreement{Default: event.Label{Tier: event.T4}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := a.policy.agree(t.Context(), "zqopen", open); err != nil {
				t.Fatal(err)
			}
			r := newReader(t, a, c.name)
			const path = "/api/v1/events?limit=6000&format=ndjson"
			header, value, long := "Authorization", "Bearer "+r.token, path
			if c.name == "session ended" {
				header, value, long = "Cookie", "haidang="+r.cookie, "/live"
			}
			resp := openAs(t, a, long, header, value)
			if n, err := io.ReadFull(resp.Body, make([]byte, 256)); resp.StatusCode != http.StatusOK || err != nil {
				t.Fatal(resp.Status, n, err)
			}
			other := openAs(t, a, "/live", "Authorization", "Bearer "+newReader(t, a, "other").token)
			if err := c.revoke(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			// The five seconds are the listener's, which looks every second; how
			// long a busy machine takes over them is not the point, the end is.
			if n, err := trickle(resp.Body, time.Minute); err == nil {
				t.Errorf("after %d bytes: it should have been cut off", n)
			}
			if c.name != "agreement stricter" {
				if _, err := other.Body.Read(make([]byte, 64)); err != nil {
					t.Errorf("somebody else's page was cut off: %v", err)
				}
			}
			if c.name == "session ended" {
				if p, err := a.identity.Session(t.Context(), r.cookie); err == nil {
					t.Errorf("the session is still %s's", p.Person)
				}
				return
			}
			next := openAs(t, a, path, header, value)
			raw, _ := io.ReadAll(next.Body)
			if next.StatusCode == http.StatusOK && len(raw) > 0 {
				t.Errorf("the next request gets %d bytes", len(raw))
			}
		})
	}
}

// trickle reads on at some megabytes a second until an error that is no end.
func trickle(r io.Reader, most time.Duration) (n int, err error) {
	buf := make([]byte, 16<<10)
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(8 * time.Millisecond) {
		m, err := r.Read(buf)
		n += m
		switch err {
		case nil:
		case io.EOF:
			return n, nil // the whole answer came
		default:
			return n, err
		}
	}
	return n, nil
}
