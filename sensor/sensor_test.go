// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/sensor/door"
)

// writer writes numbered lines to a log, as a daemon does.
type writer struct {
	t    testing.TB
	path string
	f    *os.File
	n    int
}

func newWriter(t testing.TB, path string) *writer {
	w := &writer{t: t, path: path}
	w.reopen()
	t.Cleanup(func() { _ = w.f.Close() })
	return w
}

func (w *writer) reopen() {
	if w.f != nil {
		_ = w.f.Close()
	}
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		w.t.Fatal(err)
	}
	w.f = f
}

func (w *writer) lines(n int) {
	var b strings.Builder
	for range n {
		w.n++
		fmt.Fprintln(&b, line(w.n))
	}
	w.text(b.String())
}

func (w *writer) text(s string) {
	if _, err := w.f.WriteString(s); err != nil {
		w.t.Fatal(err)
	}
}

// line is long enough that a few make a file known by its begin.
func line(n int) string {
	return fmt.Sprintf(`{"n":%06d,"timestamp":"2026-11-21T05:47:18.710317+0000","flow_id":%d,"text":"%060d"}`, n, 7919*n, n)
}

func numbered(from, to int) (out []string) {
	for n := from; n <= to; n++ {
		out = append(out, line(n))
	}
	return out
}

// sensorOn starts a sensor with short pauses.
func sensorOn(t testing.TB, state string, d Door, files ...string) *Sensor {
	t.Helper()
	s := quick(t, state, d, files...)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func quick(t testing.TB, state string, d Door, files ...string) *Sensor {
	return New(Config{Format: "eve", Files: files, State: state, Batch: 5 * time.Millisecond, Poll: 2 * time.Millisecond,
		pauses: pauses{time.Millisecond, 5 * time.Millisecond, 2 * time.Millisecond}},
		Dependencies{Door: d, Log: testLog(t)})
}

func stop(t testing.TB, s *Sensor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func (o *observatory) wants(t testing.TB, want []string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d lines arrive", len(want)), func() bool { return len(o.lines()) >= len(want) })
	if got := o.lines(); !slices.Equal(got, want) {
		t.Fatalf("%d lines arrived, want %d; first difference at %d", len(got), len(want), firstDifference(got, want))
	}
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestLinesArriveAsTheyAreWritten(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(3)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	o.wants(t, numbered(1, 3))
	w.lines(500)
	o.wants(t, numbered(1, 503))
	w.text("\n\r\n" + line(504)[:40]) // empty lines, and half of one
	w.text(line(504)[40:] + "\r\n")
	w.n++
	eventually(t, "the half line is completed and receipted", func() bool { return len(o.lines()) == 504 && s.Status().Sent == 504 })
	if last := o.lines()[503]; last != line(504)+"\r" {
		t.Errorf("last line %q", last)
	}
	stop(t, s)
	w.lines(7) // while nobody follows
	s = sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	// A line has arrived before its receipt has: a stop between the two rightly leaves it waiting, to be sent again.
	eventually(t, "the rest is receipted", func() bool { return len(o.lines()) == 511 && s.Status().Sent == 511 })
	stop(t, s)
	if st := s.Status(); st.Sent != 511 || st.Waiting != 0 || st.Shed != 0 {
		t.Errorf("%+v", st)
	}
}

func TestLongLineIsCutAndCostsNothingElse(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(1)
	w.text(strings.Repeat("x", 5<<20) + "\n" + strings.Repeat("y", 1<<20+17) + "\n")
	w.lines(1)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	eventually(t, "four lines", func() bool { return len(o.lines()) == 4 })
	stop(t, s)
	got := o.lines()
	if got[0] != line(1) || len(got[1]) != mostLine-1 || len(got[2]) != 1<<20+17 || got[3] != line(2) {
		t.Errorf("lengths %d %d %d %d", len(got[0]), len(got[1]), len(got[2]), len(got[3]))
	}
}

func TestObservatoryAwayThenBack(t *testing.T) {
	o, d := newObservatory(t)
	o.answer = func(n int, _ *http.Request) int { return []int{503, 429, 507, 500, 0}[min(n, 5)-1] }
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(2000)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	o.wants(t, numbered(1, 2000))
	stop(t, s)
}

// away is a door that cannot be reached.
type away struct{ Door }

func (away) Send(context.Context, door.Batch) (door.Receipt, error) {
	return door.Receipt{}, errors.New("connection refused")
}

func TestShedWhenFullOldestKeptCountTold(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	start := func(d Door) *Sensor {
		s := quick(t, filepath.Join(dir, "state"), d, w.path)
		s.config.SpoolMax = 20 << 10
		must(t, s.Start(t.Context()))
		return s
	}
	s := start(away{})
	for range 60 {
		w.lines(100)
		eventually(t, "the lines are read", func() bool {
			st := s.Status()
			return st.Shed > 0 || s.spooledRecords(t) == w.n
		})
		if s.Status().Shed > 0 {
			break
		}
	}
	w.lines(100) // as many as did not fit: fewer might, and would be told of the shed ones
	eventually(t, "all lines are read", func() bool { return s.spooledRecords(t)+int(s.Status().Shed) == w.n })
	if st := s.Status(); st.Bytes > 20<<10 || st.Shed == 0 || st.Untold != st.Shed {
		t.Fatalf("%+v", st)
	}
	kept := s.spooledRecords(t)
	stop(t, s)
	if got, err := ReadStatus(filepath.Join(dir, "state")); err != nil || got != s.Status() {
		t.Errorf("read from outside: %+v, %v; want %+v", got, err, s.Status())
	}
	s = start(d) // the count outlives a restart, and is told with the next batch
	o.wants(t, numbered(1, kept))
	w.lines(5)
	eventually(t, "the count arrives and is receipted", func() bool { return len(o.lines()) == kept+5 && s.Status().Untold == 0 })
	stop(t, s)
	if o.shed != uint64(w.n-5-kept) || s.Status().Untold != 0 {
		t.Errorf("told %d shed, want %d; %+v", o.shed, w.n-5-kept, s.Status())
	}
}

func (s *Sensor) spooledRecords(t testing.TB) (n int) {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	for _, q := range s.spool.queue {
		data, err := os.ReadFile(s.spool.path(q.seq))
		must(t, err)
		h, _, err := decodeBatch(data)
		must(t, err)
		n += h.Records
	}
	return n
}

func TestRefusedForGoodIsPutAside(t *testing.T) {
	o, d := newObservatory(t)
	o.answer = func(n int, _ *http.Request) int {
		if n == 1 {
			return 413
		}
		return 0
	}
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(4)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	eventually(t, "the batch is refused", func() bool { return s.Status().Refused == 4 })
	w.lines(3)
	o.wants(t, numbered(5, 7))
	stop(t, s)
	list, err := filepath.Glob(filepath.Join(dir, "state", refusedDir, "*"))
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
	}
	why, err := os.ReadFile(strings.TrimSuffix(list[0], filepath.Ext(list[0])) + ".txt")
	if err != nil || !strings.Contains(string(why), "413") || !strings.Contains(string(why), "Detail.") {
		t.Errorf("%s %v", why, err)
	}
}

func TestDeniedKeepsTrying(t *testing.T) {
	o, d := newObservatory(t)
	o.answer = func(n int, _ *http.Request) int { return []int{401, 403, 401, 0}[min(n, 4)-1] }
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(4)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	o.wants(t, numbered(1, 4))
	stop(t, s)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	s := NewSender(nil, nil, false, testLog(t))
	seen := map[time.Duration]bool{}
	for range 20 {
		p := s.pause(door.Later, 0, 8*time.Second)
		if p < 8*time.Second || p > 10*time.Second {
			t.Errorf("pause %s, want 8 s and little more", p)
		}
		seen[p] = true
	}
	if len(seen) < 10 {
		t.Errorf("sensors would come back together: %d different pauses", len(seen))
	}
	for tries := range 40 {
		if p := s.pause(door.Later, tries, 0); p < s.pauses.first/2 || p > s.pauses.most {
			t.Errorf("pause %s after %d tries", p, tries)
		}
	}
}

// A state folder out of a backup has numbers that the observatory knows with
// other bytes.
func TestRestoredBackupBeginsANewSpool(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(5)
	state := filepath.Join(dir, "state")
	s := sensorOn(t, state, d, w.path)
	o.wants(t, numbered(1, 5))
	eventually(t, "the receipt is kept", func() bool { return s.Status().Waiting == 0 })
	stop(t, s)
	must(t, os.CopyFS(filepath.Join(dir, "backup"), os.DirFS(state)))
	w.lines(5)
	s = sensorOn(t, state, d, w.path)
	o.wants(t, numbered(1, 10))
	stop(t, s)
	was := s.Status().Spool
	w2 := newWriter(t, filepath.Join(dir, "other.json"))
	w2.n = 500
	w2.lines(5)
	s = sensorOn(t, filepath.Join(dir, "backup"), d, w2.path)
	o.wants(t, slices.Concat(numbered(1, 10), numbered(501, 505)))
	stop(t, s)
	if s.Status().Spool == was {
		t.Error("the spool has kept its name")
	}
}

func TestOneSensorAFolder(t *testing.T) {
	_, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	defer stop(t, s)
	if err := quick(t, filepath.Join(dir, "state"), d, w.path).Start(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("error %v", err)
	}
}
