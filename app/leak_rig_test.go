// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/share/api"
	"haidang/vitals"
)

// leakAsker is a viewer with what it shows. Those that no token can be made for,
// as people who stand beyond the border, ask the same interface before the same
// gate with attributes of their own.
type leakAsker struct {
	leakViewer
	token, cookie string
	made          bool
	seenBy        map[string][]*leakRecord // by purpose
}

// leakRig is an observatory that runs, with everybody who asks it.
type leakRig struct {
	t       *testing.T
	app     *App
	world   *leakWorld
	agreed  *leakPolicy
	log     *leakLog
	askers  []*leakAsker
	made    http.Handler      // the interface for viewers that were made
	batches map[string]string // by sensor
	tokens  []string          // all secrets that were given out
	client  *http.Client
}

// leakLog keeps what was logged.
type leakLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *leakLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *leakLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// open starts an observatory on a folder that notes everything it logs.
func leakOpen(t *testing.T, data string, log *leakLog) *App {
	t.Helper()
	a := made(leakConfig(t, data), slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// leakPeople are the people of the world: their role and their organisation, by
// its place in the world's list; -1 is the centre.
var leakPeople = []struct {
	role   string
	org    int
	scopes []string
}{
	{identity.RoleMember, 0, []string{identity.ScopeEvents}},
	{identity.RoleSteward, 1, []string{identity.ScopeEvents}},
	{identity.RoleMember, 2, []string{identity.ScopeEvents}},
	{identity.RoleMember, 3, []string{identity.ScopeEvents}}, // whom labels name
	{identity.RoleAnalyst, -1, []string{identity.ScopeEvents}},
	{identity.RoleOperator, -1, []string{identity.ScopeEvents}},
	{identity.RoleAuditor, -1, []string{identity.ScopeEvents}},
	{identity.RoleSecurityOfficer, -1, []string{identity.ScopeEvents}},
	{identity.RoleAnalyst, -1, []string{identity.ScopeFigures}},
	{identity.RoleMember, 0, []string{identity.ScopeIndicators}},
}

const leakNamed = 3

// newLeakRig makes organisations and people, plants n records and starts again.
func newLeakRig(t *testing.T, seed uint64, n int) *leakRig {
	t.Helper()
	data := t.TempDir()
	r := &leakRig{t: t, log: new(leakLog), batches: map[string]string{}, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true},
	}}
	r.app = leakOpen(t, data, r.log)
	orgs := r.organisations()
	person := r.people(orgs)
	sensors := r.enrol()
	stop(t, r.app)
	r.world = newLeakWorld(seed, n, orgs, person)
	r.world.rule(seed)
	r.world.plant(t, data)
	r.app = leakOpen(t, data, r.log)
	t.Cleanup(func() { stop(t, r.app) })
	r.agreed = r.world.policy(t)
	r.decide()
	r.app.gate.WithPolicy(classify.Policy{Agreements: r.agreed, Register: r.agreed, Rulings: r.app.rulings})
	r.send(sensors)
	r.make(seed, orgs, person)
	for _, v := range r.askers {
		v.seenBy = map[string][]*leakRecord{}
		for _, purpose := range []string{"search", "count", "own"} {
			for _, rec := range r.world.records {
				if s := r.world.seen(&v.leakViewer, purpose, rec); s != nil {
					v.seenBy[purpose] = append(v.seenBy[purpose], s)
				}
			}
		}
	}
	return r
}

func (r *leakRig) organisations() (ids [4]uint32) {
	ctx := identity.As(r.t.Context(), "zqperson99")
	var list [4]identity.Organisation
	for i := range list {
		list[i] = identity.Organisation{Name: identity.Name{VI: fmt.Sprintf("Tổ chức zqorg%d", i)}, Type: "other", Contacts: []identity.Contact{leakContact(i)}}
	}
	list[0].Communities, list[0].Sector = []string{"zqhealth"}, event.SectorHealth
	list[1].StateBody, list[2].StateBody = true, true
	for _, i := range []int{0, 2, 3, 1} {
		if i == 1 {
			list[1].Clients = []uint32{ids[2]}
		}
		id, err := r.app.identity.CreateOrganisation(ctx, list[i])
		if err != nil {
			r.t.Fatal(err)
		}
		ids[i] = id
		// A network of its own, which no record is of: without one nobody is told.
		network := fmt.Sprintf("AS%d", 65001+i)
		_, err = r.app.identity.Claim(ctx, id, network)
		if err := errors.Join(err, r.app.identity.Confirm(ctx, id, network, "letter")); err != nil {
			r.t.Fatal(err)
		}
	}
	return ids
}

// people makes everybody of leakPeople, with a token and a session each.
func (r *leakRig) people(orgs [4]uint32) (named string) {
	ctx := identity.As(r.t.Context(), "zqperson99")
	i := r.app.identity
	for n, p := range leakPeople {
		role := identity.Role{Name: p.role}
		v := &leakAsker{leakViewer: leakViewer{name: fmt.Sprintf("%s %d", p.role, n), roles: []string{p.role}}}
		if p.org >= 0 {
			role.Organisation = orgs[p.org]
			v.orgs = []uint32{orgs[p.org]}
		}
		switch p.org {
		case 0:
			v.communities = []string{"zqhealth"}
		case 1:
			v.stateBody, v.clients = true, []uint32{orgs[2]}
		case 2:
			v.stateBody, v.teams = true, []uint32{orgs[1]}
		}
		link, _, err := i.Invite(ctx, role, "")
		if err != nil {
			r.t.Fatal(err)
		}
		person, err := i.Accept(ctx, strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: fmt.Sprintf("zqperson%d", n), Email: fmt.Sprintf("zqperson%d@example.vn", n)})
		if err != nil {
			r.t.Fatal(err)
		}
		if n == leakNamed {
			named = person.ID
		}
		v.person = person.ID
		v.purposes = []string{}
		for _, s := range p.scopes {
			for _, x := range purposes[s] {
				v.purposes = append(v.purposes, x.String())
			}
		}
		if v.token, _, err = i.CreateAccess(ctx, person.ID, "zq", p.scopes, testNow().Add(time.Hour)); err != nil {
			r.t.Fatal(err)
		}
		if v.cookie, _, err = i.SignIn(ctx, person.ID, identity.ByFactors, "test"); err != nil {
			r.t.Fatal(err)
		}
		r.tokens = append(r.tokens, v.token, v.cookie, strings.TrimPrefix(link, identity.LinkPath))
		r.askers = append(r.askers, v)
	}
	token, err := i.CreateToken(ctx, "zqoperator", identity.RoleOperator, time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.tokens = append(r.tokens, token)
	r.askers = append(r.askers, &leakAsker{leakViewer: leakViewer{name: "operator's token", roles: []string{"operator", "analyst"}, passkey: true}, token: token},
		&leakAsker{leakViewer: leakViewer{name: "visitor"}})
	return named
}

func (r *leakRig) enrol() map[string]string {
	out := map[string]string{}
	for _, name := range leakSensors[:3] {
		token, err := r.app.identity.Enrol(r.t.Context(), event.Sensor{Name: name, Country: "VN"})
		if err != nil {
			r.t.Fatal(err)
		}
		out[name] = token
		r.tokens = append(r.tokens, token)
		r.askers = append(r.askers, &leakAsker{leakViewer: leakViewer{name: "sensor " + name, sensor: name}, token: token})
	}
	return out
}

// send gives each sensor a batch of records that cannot be read.
func (r *leakRig) send(tokens map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		_, batch := sendAs(r.t, r.app, "eve", tokens[name], "k-"+name, fmt.Sprintf(`{"zqbad%dx": "zqbad%dy`, len(r.batches), len(r.batches)))
		s, err := r.app.gate.Batch(r.t.Context(), classify.OperatorNamed("test"), batch, time.Minute)
		if err != nil || s.Value().State != "committed" {
			r.t.Fatalf("%+v %v", s.Value(), err)
		}
		r.batches[name] = batch
	}
}

// make makes viewers of random attributes and the interface that believes them.
func (r *leakRig) make(seed uint64, orgs [4]uint32, person string) {
	known := map[string]classify.Viewer{}
	rng := rand.New(rand.NewPCG(seed, 3))
	some := func() bool { return rng.IntN(2) == 0 }
	for i := range 24 {
		v := &leakAsker{made: true, token: fmt.Sprint("made-", i)}
		v.passkey, v.abroad, v.stateBody = rng.IntN(3) > 0, rng.IntN(5) == 0, some()
		all := []string{"member", "steward", "analyst", "operator", "auditor", "member"}
		v.roles = []string{all[rng.IntN(len(all))], all[rng.IntN(len(all))]}
		for _, o := range orgs {
			switch rng.IntN(5) {
			case 0:
				v.orgs = append(v.orgs, o)
			case 1:
				v.clients = append(v.clients, o)
			case 2:
				v.teams = append(v.teams, o)
			}
		}
		v.person = fmt.Sprint("somebody-", i)
		if some() {
			v.person = person
		}
		if some() {
			v.communities = []string{"zqhealth"}
		}
		if rng.IntN(6) == 0 {
			v.purposes = []string{[]string{"search", "count", "own"}[rng.IntN(3)]}
		}
		v.name = fmt.Sprintf("made %+v", v.leakViewer)
		known[v.token] = v.product()
		r.askers = append(r.askers, v)
	}
	r.made = api.New(api.Dependencies{Log: r.app.log, Gate: r.app.gate, Now: testNow, Version: vitals.Version,
		Viewer: func(token string) (classify.Viewer, error) { return known[token], nil }})
}

// product puts a viewer into the words of classify.
func (v *leakViewer) product() classify.Viewer {
	a := classify.Attributes{Person: v.person, Orgs: v.orgs, Clients: v.clients, Teams: v.teams, Communities: v.communities,
		StateBody: v.stateBody, StepUp: v.passkey, Abroad: v.abroad}
	for _, role := range v.roles {
		code, _ := classify.Roles.Parse(role)
		a.Roles = append(a.Roles, classify.Role(code))
	}
	if v.purposes != nil {
		a.Scopes = []classify.Purpose{}
	}
	for _, p := range v.purposes {
		code, _ := classify.Purposes.Parse(p)
		a.Scopes = append(a.Scopes, classify.Purpose(code))
	}
	return classify.NewViewer(a)
}

// leakAnswer is what came back.
type leakAnswer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request as a viewer, by its token.
func (r *leakRig) ask(v *leakAsker, path string) leakAnswer {
	if v.made {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Authorization", "Bearer "+v.token)
		w := httptest.NewRecorder()
		r.made.ServeHTTP(w, req)
		return leakAnswer{w.Code, w.Header(), w.Body.Bytes()}
	}
	return r.get(path, "Authorization", cmp.Or("", v.bearer()))
}

func (v *leakAsker) bearer() string {
	if v.token == "" {
		return ""
	}
	return "Bearer " + v.token
}

// browse sends a request as a browser does, with the session's cookie.
func (r *leakRig) browse(v *leakAsker, path string) leakAnswer {
	if v.cookie == "" {
		return r.get(path)
	}
	return r.get(path, "Cookie", "haidang="+v.cookie)
}

func (r *leakRig) get(path string, header ...string) leakAnswer {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.app.Address()+path, nil)
	if err != nil {
		r.t.Error(err)
		return leakAnswer{}
	}
	for pair := range slices.Chunk(header, 2) {
		if pair[1] != "" {
			req.Header.Set(pair[0], pair[1])
		}
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Error(err)
		return leakAnswer{}
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream; charset=utf-8" {
		first := make([]byte, 1<<20)
		n, _ := resp.Body.Read(first)
		return leakAnswer{resp.StatusCode, resp.Header, first[:n]}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Error(err)
	}
	return leakAnswer{resp.StatusCode, resp.Header, body}
}
