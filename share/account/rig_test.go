// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/identity"
	"haidang/journal"
	"haidang/web"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// rig is the room with a real identity in a real bucket, served on loopback.
type rig struct {
	t      testing.TB
	url    string
	server *Server
	people *identity.Identity
	bucket *journal.Bucket
	clock  *clock
	log    *logged
}

// logged keeps what the log says.
type logged struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func newBucket(t testing.TB) *journal.Bucket {
	t.Helper()
	j, err := journal.New(journal.Config{Dir: t.TempDir(), MinFree: -1, MinFreePercent: -1, MaxBytes: 16 << 20}, journal.Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	b, err := j.Bucket(t.Context(), "identity")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listen gives a listener on loopback and the address that browsers know it by.
func listen(t testing.TB) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

func newRig(t testing.TB, cfg Config) *rig {
	t.Helper()
	l, origin := listen(t)
	return newRigAt(t, cfg, l, origin)
}

func newRigAt(t testing.TB, cfg Config, l net.Listener, origin string) *rig {
	t.Helper()
	r := &rig{t: t, url: origin, bucket: newBucket(t), clock: &clock{t: time.Now()}, log: &logged{}}
	var err error
	log := slog.New(slog.NewTextHandler(r.log, nil))
	if r.people, err = identity.New(identity.Config{}, identity.Dependencies{Bucket: r.bucket, Now: r.clock.now, Log: log}); err != nil {
		t.Fatal(err)
	}
	if err := r.people.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	assets, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Origin == "" {
		cfg.Origin = origin
	}
	r.server, err = New(cfg, Dependencies{Identity: r.people, Assets: assets, Log: log, Metrics: prometheus.NewRegistry(), Now: r.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, p := range Paths() {
		mux.Handle(p, r.server.Handler())
	}
	mux.Handle("/assets/", assets)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}}
	s.Start()
	t.Cleanup(s.Close)
	return r
}

func (r *rig) request(method, path string, body io.Reader) *http.Request {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

// browser is a client that keeps cookies, says where forms come from, as all
// browsers do, and follows no redirect.
type browser struct {
	*rig
	client *http.Client
}

func (r *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &browser{r, &http.Client{Jar: jar, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	status int
	body   string
	to     string
	header http.Header
}

func (b *browser) do(q *http.Request) reply {
	b.t.Helper()
	a, err := b.client.Do(q)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{a.StatusCode, string(raw), a.Header.Get("Location"), a.Header}
}

func (b *browser) get(path string) reply { b.t.Helper(); return b.do(b.request("GET", path, nil)) }

// post sends a form of one of our pages, from pairs of name and value.
func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	q := b.request("POST", path, strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Origin", b.url)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(q)
}

// json sends what our script sends.
func (b *browser) json(path, body string) reply {
	b.t.Helper()
	q := b.request("POST", path+"?lang=en", strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Origin", b.url)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(q)
}

func (b *browser) cookie() string { return b.cookieNamed(sessionCookie) }

func (b *browser) cookieNamed(name string) string {
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(value string) {
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: value, Path: "/"}})
}

// invited gives a browser in which somebody with a role has just come in by link.
func (r *rig) invited(name string, role identity.Role) (*browser, string) {
	r.t.Helper()
	path, _, err := r.people.Invite(r.t.Context(), role, "")
	if err != nil {
		r.t.Fatal(err)
	}
	b := r.browser()
	a := b.post("/account/link", "secret", strings.TrimPrefix(path, identity.LinkPath), "name", name, "lang", "en")
	if a.status != http.StatusSeeOther || a.to != "/en/account" {
		r.t.Fatal(a.status, a.to, a.body)
	}
	p, err := r.people.Session(r.t.Context(), b.cookie())
	if err != nil {
		r.t.Fatal(err)
	}
	return b, p.Person
}

var analyst = identity.Role{Name: identity.RoleAnalyst}
