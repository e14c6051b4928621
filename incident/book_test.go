// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/incident"
	"haidang/journal"
	"haidang/mutant"
)

// clock is moved by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

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
	b, err := j.Bucket(t.Context(), "incident")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, b incident.Bucket, c *clock) *incident.Book {
	t.Helper()
	book, err := incident.NewBook(incident.BookConfig{}, incident.Dependencies{Bucket: b, Now: c.now, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return book
}

func seen(t testing.TB, at ...time.Duration) event.Incident {
	t.Helper()
	var list []event.Event
	for n, d := range at {
		list = append(list, record(n, func(e *event.Event) { e.Time = after(d) }))
	}
	return group(t, incident.Config{Org: 7}, nil, batch(list...))[0]
}

func say(t testing.TB, b *incident.Book, i *event.Incident, s event.Status) incident.Entry {
	t.Helper()
	e, err := b.Set(t.Context(), i, incident.Word{Status: s, Who: "p-1", Note: " " + s.String() + " "})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const day = 24 * time.Hour

func TestWhatIsSaidIsKept(t *testing.T) {
	b, c := bucket(t), &clock{noon.Std().Add(day)}
	book, i := open(t, b, c), seen(t, 0)
	say(t, book, &i, event.StatusInProgress)
	c.t = c.t.Add(day)
	say(t, book, &i, event.StatusResolved)
	for _, book := range []*incident.Book{book, open(t, b, c)} {
		h := book.History(7, i.Key)
		if len(h) != 2 || h[0].Number != 1 || h[0].Status != event.StatusInProgress || h[1].Status != event.StatusResolved ||
			h[1].Who != "p-1" || h[1].Note != "resolved" || !h[1].When.Equal(c.t) || h[1].Relapse {
			t.Fatalf("%+v", h)
		}
		list := []event.Incident{i, seen(t, day)}
		list[1].Key[0]++
		book.Apply(list)
		if list[0].Status != event.StatusResolved || list[0].StatusAt != event.TimeOf(c.t) || list[0].Relapses != 0 {
			t.Errorf("%+v", list[0])
		}
		if list[1].Status != event.StatusOpen || list[1].StatusAt.IsSet() {
			t.Errorf("nobody spoke of it, but it is %s", list[1].Status)
		}
		if len(book.History(8, i.Key)) != 0 {
			t.Error("another organisation has the same history")
		}
	}
}

func TestAResolvedIncidentThatReturnsIsReopened(t *testing.T) {
	b, c := bucket(t), &clock{noon.Std().Add(day)}
	book, i := open(t, b, c), seen(t, 0)
	say(t, book, &i, event.StatusResolved)
	for _, c := range []struct {
		name  string
		quiet event.Incident
	}{
		{"not seen since", i}, {"seen within the grace", seen(t, 0, day+59*time.Minute)},
	} {
		if back, err := book.Observe(t.Context(), []event.Incident{c.quiet}); err != nil || len(back) != 0 {
			t.Fatalf("%s: %v, %v", c.name, back, err)
		}
	}
	again := seen(t, 0, 2*day, 3*day)
	replay := again
	replay.Replay = true
	c.t = noon.Std().Add(3*day + time.Minute)
	back, err := book.Observe(t.Context(), []event.Incident{replay, again})
	if err != nil || len(back) != 1 || back[0].Status != event.StatusOpen || back[0].Relapses != 1 {
		t.Fatalf("%+v, %v", back, err)
	}
	if back, err = book.Observe(t.Context(), []event.Incident{again}); err != nil || len(back) != 0 {
		t.Errorf("reopened twice: %v, %v", back, err)
	}
	h := open(t, b, c).History(7, i.Key)
	if len(h) != 2 || !h[1].Relapse || h[1].Who != "" || h[1].Subject.First != after(2*day) {
		t.Errorf("%+v", h)
	}
	c.t = noon.Std().Add(6 * day)
	say(t, book, &again, event.StatusResolved)
	want := []incident.Cleaning{
		{Org: 7, Key: i.Key, RSIT: event.RSITInfectedSystem, Opened: noon.Std(), Resolved: noon.Std().Add(day), Relapsed: true},
		{Org: 7, Key: i.Key, RSIT: event.RSITInfectedSystem, Opened: after(2 * day).Std(), Resolved: noon.Std().Add(6 * day)},
	}
	got := book.Cleanings(time.Time{}, c.t.Add(1))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if days, ok := incident.MedianDays(got); !ok || days != 2.5 {
		t.Errorf("median %v days, want (1 + 4) / 2", days)
	}
	if got := book.Cleanings(time.Time{}, c.t); len(got) != 1 {
		t.Errorf("to is not exclusive: %v", got)
	}
}

func TestOnlyResolvedIncidentsRelapse(t *testing.T) {
	c := &clock{noon.Std().Add(day)}
	book := open(t, bucket(t), c)
	for n, s := range []event.Status{event.StatusOpen, event.StatusInProgress, event.StatusFalsePositive, event.StatusNotOurs, event.StatusMoved} {
		i := seen(t, 0, 9*day)
		i.Key[0] = byte(n)
		say(t, book, &i, s)
		if back, err := book.Observe(t.Context(), []event.Incident{i}); err != nil || len(back) != 0 {
			t.Errorf("%s: %v, %v", s, back, err)
		}
	}
}

func TestFiguresCanSubtractWhatWasNoAttack(t *testing.T) {
	c := &clock{noon.Std().Add(day)}
	book := open(t, bucket(t), c)
	var keys []event.Bytes16
	for n, words := range [][]event.Status{
		{event.StatusFalsePositive}, {event.StatusNotOurs}, {event.StatusResolved}, {event.StatusFalsePositive, event.StatusOpen}, {event.StatusMoved},
	} {
		i := seen(t, 0)
		i.Key = event.Bytes16{0: 1, 15: byte(n)}
		keys = append(keys, i.Key)
		for _, w := range words {
			say(t, book, &i, w)
		}
	}
	out := book.Excluded()
	if len(out) != 2 || out[0].Subject.Key != keys[0] || out[1].Subject.Key != keys[1] ||
		out[0].Subject.Addr != addr("203.0.113.5") || out[0].Subject.RSIT != event.RSITInfectedSystem || out[1].Status != event.StatusNotOurs {
		t.Errorf("%+v", out)
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	book, i := open(t, bucket(t), &clock{noon.Std()}), seen(t, 0)
	for _, c := range []struct {
		want string
		w    incident.Word
	}{
		{"status", incident.Word{Who: "p"}},
		{"status: use one of", incident.Word{Who: "p", Status: 99}},
		{"who", incident.Word{Status: event.StatusOpen}},
		{"bytes", incident.Word{Status: event.StatusOpen, Who: strings.Repeat("p", 65)}},
		{"characters of text", incident.Word{Status: event.StatusOpen, Who: "p", Note: strings.Repeat("ă", 1001)}},
		{"control characters", incident.Word{Status: event.StatusOpen, Who: "p", Note: "a\x1b[2J"}},
		{"at most", incident.Word{Status: event.StatusOpen, Who: "p", Note: "\xff"}},
	} {
		if _, err := book.Set(t.Context(), &i, c.w); !errors.Is(err, incident.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if len(book.History(7, i.Key)) != 0 {
		t.Error("something refused was kept")
	}
	fresh, err := incident.NewBook(incident.BookConfig{}, incident.Dependencies{Bucket: bucket(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Set(t.Context(), &i, incident.Word{Status: event.StatusOpen, Who: "p"}); !errors.Is(err, incident.ErrNotStarted) {
		t.Errorf("before the start: %v", err)
	}
}

// stuck is a bucket that cannot write: nothing may be seen that is not kept.
type stuck struct{ incident.Bucket }

func (stuck) Put(context.Context, string, []byte) error { return errors.New("disk full") }

func TestWhatIsNotKeptIsNotSeen(t *testing.T) {
	book, i := open(t, stuck{bucket(t)}, &clock{noon.Std()}), seen(t, 0)
	if _, err := book.Set(t.Context(), &i, incident.Word{Status: event.StatusResolved, Who: "p"}); err == nil {
		t.Fatal("no error")
	}
	if len(book.History(7, i.Key)) != 0 {
		t.Error("it is seen though it was not kept")
	}
}

func TestADamagedBookIsRefused(t *testing.T) {
	key := seen(t, 0).Key.String()
	whole := map[string]any{"number": 1, "status": "open", "when": noon.Std(), "subject": map[string]any{"org": 7, "key": key, "kind": "test/test", "first": 1, "last": 2}}
	entry := func(change func(m map[string]any)) []byte {
		raw, _ := json.Marshal(whole)
		var m map[string]any
		_ = json.Unmarshal(raw, &m)
		change(m)
		raw, _ = json.Marshal(m)
		return raw
	}
	for want, c := range map[string]struct {
		name  string
		value []byte
	}{
		"another incident": {"7/" + key + "/2", entry(func(map[string]any) {})},
		"unknown to this":  {"7/" + key + "/1", entry(func(m map[string]any) { m["status"] = "gone" })},
		"is not the key":   {"7/" + key + "/1", entry(func(m map[string]any) { m["subject"].(map[string]any)["key"] = "x" })},
		"holds 1 entries":  {"7/" + key + "/3", entry(func(m map[string]any) { m["number"] = 3 })},
		"cannot be read":   {"7/" + key + "/1", []byte("{")},
	} {
		b := bucket(t)
		if err := b.Put(t.Context(), c.name, c.value); err != nil {
			t.Fatal(err)
		}
		book, err := incident.NewBook(incident.BookConfig{}, incident.Dependencies{Bucket: b})
		if err != nil {
			t.Fatal(err)
		}
		if err := book.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func FuzzParseKey(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("01000000-0000-0000-0000-0000000000ff")
	f.Add("0100000000000000000000000000000000ff")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := incident.ParseKey(s)
		if err == nil && k.IsSet() && k.String() != s {
			t.Errorf("%q became %q", s, k)
		}
		if err != nil && !errors.Is(err, incident.ErrInvalid) {
			t.Error(err)
		}
	})
}
