// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/identity"
	"haidang/journal"
)

// clock is moved by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)} }

// bucket opens a real bucket of a real journal.
func bucket(t testing.TB) *journal.Bucket {
	t.Helper()
	j, err := journal.New(journal.Config{Dir: t.TempDir(), MinFree: -1, MinFreePercent: -1, MaxBytes: 16 << 20}, journal.Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b, err := j.Bucket(t.Context(), "identity")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func start(t testing.TB, b identity.Bucket, c *clock) *identity.Identity {
	t.Helper()
	i, err := identity.New(identity.Config{}, identity.Dependencies{Bucket: b, Now: c.now, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return i
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func want(t *testing.T, what string, got, target error) {
	t.Helper()
	if !errors.Is(got, target) {
		t.Errorf("%s: %v, want %v", what, got, target)
	}
}

func TestSensorLife(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	s := event.Sensor{Name: "hanoi.edge-1", Country: "vn", Covers: "mạng giáo dục", Home: []string{"192.0.2.7/24"}, Zone: "Asia/Ho_Chi_Minh", Replay: true}
	token := must[string](t)(i.Enrol(ctx, s))
	if !strings.HasPrefix(token, identity.SensorPrefix) || len(token) != 44 {
		t.Errorf("token %q", token)
	}
	s.Country, s.Home = "VN", []string{"192.0.2.0/24"}
	known := func(what, token string) {
		t.Helper()
		got, err := i.Authenticate(token)
		if d := cmp.Diff(s, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", what, err, d)
		}
	}
	known("enrolled", token)
	_, err := i.Enrol(ctx, s)
	want(t, "enrolled twice", err, identity.ErrExists)

	c.t = c.t.Add(time.Hour)
	second := must[string](t)(i.Rotate(ctx, s.Name))
	known("rotated, old", token)
	known("rotated, new", second)
	c.t = c.t.Add(24*time.Hour - time.Second)
	i = start(t, b, c) // all of it is in the bucket
	known("a second before the day is over", token)
	c.t = c.t.Add(time.Second)
	_, err = i.Authenticate(token)
	want(t, "after a day", err, identity.ErrExpired)
	known("after a day, new", second)

	s.Covers = "all"
	if err := i.Update(ctx, s); err != nil {
		t.Fatal(err)
	}
	known("updated", second)
	if l := i.List(); len(l) != 1 || l[0].Name != s.Name || l[0].Rotated.Sub(l[0].Created) != time.Hour || l[0].Revoked != nil {
		t.Errorf("list %+v", l)
	}

	if err := i.Revoke(ctx, s.Name); err != nil {
		t.Fatal(err)
	}
	for _, tok := range []string{token, second} {
		_, err = i.Authenticate(tok)
		want(t, "revoked", err, identity.ErrRevoked)
	}
	want(t, "revoked twice", i.Revoke(ctx, s.Name), identity.ErrRevoked)
	_, err = i.Rotate(ctx, s.Name)
	want(t, "rotating a revoked one", err, identity.ErrRevoked)
	if _, ok := i.Sensor(s.Name); !ok {
		t.Error("a revoked sensor is forgotten")
	}
	i = start(t, b, c)
	_, err = i.Authenticate(second)
	want(t, "revoked, after a restart", err, identity.ErrRevoked)

	third := must[string](t)(i.Enrol(ctx, s))
	known("enrolled anew", third)
	_, err = i.Authenticate(second)
	want(t, "old token of a name enrolled anew", err, identity.ErrUnknownToken)
}

func TestManyRotations(t *testing.T) {
	i := start(t, bucket(t), newClock())
	tokens := []string{must[string](t)(i.Enrol(t.Context(), event.Sensor{Name: "s"}))}
	for range 20 {
		tokens = append(tokens, must[string](t)(i.Rotate(t.Context(), "s")))
	}
	slices.Reverse(tokens)
	for n, token := range tokens {
		_, err := i.Authenticate(token)
		if n < 8 && err != nil || n >= 8 && !errors.Is(err, identity.ErrUnknownToken) {
			t.Errorf("token %d back: %v", n, err)
		}
	}
}

func TestOperatorLife(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	forever := must[string](t)(i.CreateToken(ctx, "an", identity.RoleOperator, time.Time{}))
	hour := must[string](t)(i.CreateToken(ctx, "binh", identity.RoleOperator, c.t.Add(time.Hour)))
	if !strings.HasPrefix(forever, identity.OperatorPrefix) {
		t.Errorf("token %q", forever)
	}
	i = start(t, b, c)
	for _, c := range []struct{ name, token string }{{"an", forever}, {"binh", hour}} {
		p, err := i.Operator(c.token)
		if err != nil || p.Name != c.name || p.Person != "" || !p.Has(identity.RoleOperator) || !p.Has(identity.RoleAnalyst) || len(p.Roles) != 2 {
			t.Errorf("%s: %+v %v", c.name, p, err)
		}
		if again, err := i.Token(ctx, c.token); err != nil || !cmp.Equal(p, again) || !p.May(identity.ScopeEvents) {
			t.Errorf("%s: %+v %v", c.name, again, err)
		}
	}
	_, err := i.CreateToken(ctx, "an", identity.RoleOperator, time.Time{})
	want(t, "name taken", err, identity.ErrExists)
	c.t = c.t.Add(time.Hour)
	_, err = i.Operator(hour)
	want(t, "after an hour", err, identity.ErrExpired)
	if _, err := i.CreateToken(ctx, "binh", identity.RoleOperator, time.Time{}); err != nil {
		t.Errorf("the name of an expired token: %v", err)
	}
	if err := i.RevokeToken(ctx, "an"); err != nil {
		t.Fatal(err)
	}
	_, err = i.Operator(forever)
	want(t, "revoked", err, identity.ErrRevoked)
	want(t, "revoked twice", i.RevokeToken(ctx, "an"), identity.ErrRevoked)
	want(t, "nobody", i.RevokeToken(ctx, "chi"), identity.ErrNotFound)
	_, err = i.Authenticate(forever)
	want(t, "operator's token as a sensor's", err, identity.ErrUnknownToken)
	if l := i.Tokens(); len(l) != 2 || l[0].Name != "an" || l[0].Revoked == nil || l[1].Revoked != nil {
		t.Errorf("tokens %+v", l)
	}
}

func TestRefusedFields(t *testing.T) {
	i := start(t, bucket(t), newClock())
	for _, c := range []struct {
		name string
		s    event.Sensor
	}{
		{"empty name", event.Sensor{}},
		{"upper case", event.Sensor{Name: "Hanoi"}},
		{"leading dash", event.Sensor{Name: "-a"}},
		{"slash", event.Sensor{Name: "a/b"}},
		{"Vietnamese name", event.Sensor{Name: "hà-nội"}},
		{"line break", event.Sensor{Name: "a\n"}},
		{"64 letters", event.Sensor{Name: strings.Repeat("a", 64)}},
		{"country", event.Sensor{Name: "a", Country: "Vietnam"}},
		{"covers", event.Sensor{Name: "a", Covers: "a\x1b[31m"}},
		{"home", event.Sensor{Name: "a", Home: []string{"192.0.2.1"}}},
		{"zone", event.Sensor{Name: "a", Zone: "Asia/Saigonn"}},
		{"local zone", event.Sensor{Name: "a", Zone: "Local"}},
	} {
		_, err := i.Enrol(t.Context(), c.s)
		want(t, c.name, err, identity.ErrInvalid)
	}
	_, err := i.CreateToken(t.Context(), "a", "admin", time.Time{})
	want(t, "role", err, identity.ErrInvalid)
	_, err = i.CreateToken(t.Context(), "A", identity.RoleOperator, time.Time{})
	want(t, "operator's name", err, identity.ErrInvalid)
	_, err = i.CreateToken(t.Context(), "a", identity.RoleOperator, time.Unix(1, 0))
	want(t, "past", err, identity.ErrInvalid)
	for _, n := range []string{"a", "a..b", "a.", "0_-", strings.Repeat("a", 63)} {
		token, err := i.Enrol(t.Context(), event.Sensor{Name: n})
		if err != nil {
			t.Errorf("%q: %v", n, err)
			continue
		}
		if s, err := i.Authenticate(token); err != nil || s.Name != n {
			t.Errorf("%q: %+v %v", n, s, err)
		}
	}
}

func TestWrongTokens(t *testing.T) {
	i := start(t, bucket(t), newClock())
	token := must[string](t)(i.Enrol(t.Context(), event.Sensor{Name: "s"}))
	for _, wrong := range []string{
		"", "hds_", token[:43], token + "a", "hdo_" + token[4:], strings.ToUpper(token), token[:43] + "!",
		"hds_" + strings.Repeat("a", 40), strings.Repeat("x", 1<<16),
	} {
		_, err := i.Authenticate(wrong)
		want(t, wrong[:min(len(wrong), 50)], err, identity.ErrUnknownToken)
		_, err = i.Operator(wrong)
		want(t, wrong[:min(len(wrong), 50)], err, identity.ErrUnknownToken)
	}
}

// failing is a bucket whose disk is full.
type failing struct{ identity.Bucket }

var errDisk = errors.New("no space left")

func (failing) Put(context.Context, string, []byte) error { return errDisk }

func TestNothingChangesWhenItCannotBeKept(t *testing.T) {
	b, c := bucket(t), newClock()
	token := must[string](t)(start(t, b, c).Enrol(t.Context(), event.Sensor{Name: "s"}))
	i := start(t, failing{b}, c)
	want(t, "revoke", i.Revoke(t.Context(), "s"), errDisk)
	_, err := i.Enrol(t.Context(), event.Sensor{Name: "s2"})
	want(t, "enrol", err, errDisk)
	if _, err := i.Authenticate(token); err != nil || len(i.List()) != 1 {
		t.Errorf("%v %+v", err, i.List())
	}
}

func TestTokensAreNotKept(t *testing.T) {
	b := bucket(t)
	i := start(t, b, newClock())
	tokens := []string{
		must[string](t)(i.Enrol(t.Context(), event.Sensor{Name: "s"})),
		must[string](t)(i.CreateToken(t.Context(), "an", identity.RoleOperator, time.Time{})),
	}
	all, err := b.List(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatal(err, len(all))
	}
	for key, value := range all {
		for _, token := range tokens {
			if strings.Contains(string(value), token[4:]) {
				t.Errorf("%s holds a token", key)
			}
		}
	}
}

func TestDamagedRecords(t *testing.T) {
	for name, r := range map[string][2]string{
		"no JSON":    {"sensor/a", "{"},
		"hash":       {"sensor/a", `{"sensor":{"name":"a"},"tokens":[{"hash":"00"}]}`},
		"no tokens":  {"sensor/a", `{"sensor":{"name":"a"}}`},
		"other name": {"sensor/a", `{"sensor":{"name":"b"},"tokens":[{"hash":"` + strings.Repeat("00", 32) + `"}]}`},
		"kind":       {"people/a", `{}`},
		"person":     {"person/a", `{}`},
		"sector":     {"organisation/7", `{"id":7,"name":{"vi":"a"},"type":"school","country":"VN","created":"2026-01-01T00:00:00Z","sector":"astrology"}`},
		"inner":      {"organisation/7", `{"id":7,"nmae":{"vi":"a"}}`},
		"session":    {"session/a", `{"id":"a","person":"b","hash":"` + strings.Repeat("00", 32) + `"}`},
		"field":      {"token/a", `{"nmae":"a"}`},
	} {
		b := bucket(t)
		if err := b.Put(t.Context(), r[0], []byte(r[1])); err != nil {
			t.Fatal(err)
		}
		i, err := identity.New(identity.Config{}, identity.Dependencies{Bucket: b})
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Start(t.Context()); err == nil || !strings.Contains(err.Error(), r[0]) {
			t.Errorf("%s: %v", name, err)
		}
		_, err = i.Authenticate("hds_")
		want(t, name, err, identity.ErrNotStarted)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	i := start(b, bucket(b), newClock())
	token := must[string](b)(i.Enrol(context.Background(), event.Sensor{Name: "s"}))
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := i.Authenticate(token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
