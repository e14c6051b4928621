// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"haidang/event"
)

// door takes batches as the real one does and remembers what came.
type door struct {
	mu      sync.Mutex
	sensors map[string]event.Sensor // by token
	seen    map[string]bool         // spool and sequence of each sensor
	lines   map[string][]string     // by sensor
	faults  []string
	refuse  int // so many requests are answered 429
}

func newDoor(t *testing.T) (*door, *httptest.Server) {
	d := &door{sensors: map[string]event.Sensor{}, seen: map[string]bool{}, lines: map[string][]string{}}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return d, s
}

func (d *door) enrol(_ context.Context, s event.Sensor) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	token := fmt.Sprintf("token-%d", len(d.sensors))
	d.sensors[token] = s
	return token, nil
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, known := d.sensors[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !known || r.Header.Get("Haidang-Replay") != "1" || r.Header.Get("Content-Encoding") != "zstd" {
		d.faults = append(d.faults, fmt.Sprintf("%s %v", r.URL, r.Header))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if d.refuse > 0 {
		d.refuse--
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1))
	if err == nil {
		var body []byte
		if body, err = io.ReadAll(z); err == nil {
			id := s.Name + " " + r.Header.Get("Haidang-Spool") + " " + r.Header.Get("Haidang-Sequence")
			if !d.seen[id] {
				d.seen[id] = true
				key := s.Name + " " + strings.TrimPrefix(r.URL.Path, "/api/v1/ingest/")
				d.lines[key] = append(d.lines[key], strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")...)
			}
		}
		z.Close()
	}
	if err != nil {
		d.faults = append(d.faults, err.Error())
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, `{"batch":"b","bytes":1,"records":1,"duplicate":false}`)
}

var (
	onceScript sync.Once
	theScript  *script
)

func testScript(t testing.TB) *script {
	onceScript.Do(func() {
		var err error
		if theScript, err = readScript(); err != nil {
			t.Fatal(err)
		}
	})
	return theScript
}

func testWorld(t testing.TB) *world {
	w, err := newWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// One pass, every line: it stays JSON, all its times are shifted to now, no
// address of the recording is left, and both ends are where they should be.
func TestEveryLineOfAPass(t *testing.T) {
	s, w := testScript(t), testWorld(t)
	p := newPlayer(s, w, 1)
	now := time.Date(2027, 3, 1, 12, 0, 0, 123456000, time.UTC)
	for n := 0; p.left() > 0; n++ {
		l := &s.lines[p.next]
		site, text := p.play(now.UnixMicro(), func(*site) []byte { return nil })
		var rec map[string]any
		if err := json.Unmarshal(text, &rec); err != nil {
			t.Fatalf("line %d: %v\n%s", n, err, text)
		}
		if got, _ := rec["timestamp"].(string); !strings.HasPrefix(got, "2027-03-01T12:00:00.123456") {
			t.Fatalf("line %d: timestamp %s", n, got)
		}
		if rec["community_id"] != nil {
			t.Fatalf("line %d keeps its community id", n)
		}
		for _, old := range []string{"10.20.30.", "10.20.40.", "10.20.50.", "198.51.100.", "203.0.113.", "192.0.2.", "192.88.99.", "2001:0db8", "2001:db8:"} {
			if bytes.Contains(text, []byte(old)) {
				t.Fatalf("line %d keeps %s\n%s", n, old, text)
			}
		}
		if l.format != site.format {
			t.Fatalf("line %d of %s goes to %s", n, l.format, site.Name)
		}
		checkEnds(t, w, site, rec)
	}
}

func checkEnds(t *testing.T, w *world, s *site, rec map[string]any) {
	t.Helper()
	inside := 0
	var ends []netip.Addr
	for _, k := range []string{"src_ip", "dest_ip", "dst_ip"} {
		text, ok := rec[k].(string)
		if !ok {
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			continue // a tunnel's far end may be a name
		}
		if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return // stays as it is: it has no place in the world
		}
		ends = append(ends, a)
		if s.v4.Contains(a) || s.v6.Contains(a) {
			inside++
		} else if w.watched(a) {
			t.Fatalf("%s is within another sensor's networks\n%v", a, rec)
		}
	}
	tunnel := strings.HasPrefix(fmt.Sprint(rec["eventid"]), "cowrie.direct-tcpip")
	if len(ends) == 2 && inside == 0 && !tunnel {
		t.Fatalf("neither end is in the networks of %s\n%v", s.Name, rec)
	}
	if f, ok := rec["flow"].(map[string]any); ok && f["src_ip"] != nil {
		x, y := fmt.Sprint(f["src_ip"]), fmt.Sprint(f["dest_ip"])
		if a, b := fmt.Sprint(rec["src_ip"]), fmt.Sprint(rec["dest_ip"]); !(a == x && b == y || a == y && b == x) {
			t.Fatalf("the flow's ends differ from the record's\n%v", rec)
		}
	}
}

func TestSameSeedSameLines(t *testing.T) {
	s, w := testScript(t), testWorld(t)
	play := func(seed, pass uint64) []byte {
		p := newPlayer(s, w, seed)
		p.begin(pass)
		var all []byte
		for range 2000 {
			site, text := p.play(1_800_000_000_000_000, func(*site) []byte { return nil })
			all = append(append(all, site.Name...), text...)
		}
		return all
	}
	one := play(1, 0)
	if !bytes.Equal(one, play(1, 0)) {
		t.Error("the same seed gives other lines")
	}
	if bytes.Equal(one, play(2, 0)) || bytes.Equal(one, play(1, 1)) {
		t.Error("another seed or pass gives the same lines")
	}
}

// Attacks come from many countries, the first of the list most, and every pass
// brings new addresses.
func TestAttackersAreSpread(t *testing.T) {
	s, w := testScript(t), testWorld(t)
	country := map[string]map[string]bool{}
	sizes := []int{}
	all := map[string]bool{}
	for pass := range uint64(3) {
		p := newPlayer(s, w, 1)
		p.begin(pass)
		for p.left() > 0 {
			l := &s.lines[p.next]
			p.next++
			if l.other < 0 {
				continue
			}
			a := p.cast.address(l.other, -1, p.cast.site(&l.template, l.format))
			all[a.String()] = true
			for _, land := range w.lands {
				if contains(land.v4, a) || contains(land.v6, a) {
					if country[land.code] == nil {
						country[land.code] = map[string]bool{}
					}
					country[land.code][a.String()] = true
				}
			}
		}
		sizes = append(sizes, len(all))
	}
	if len(country) < 50 || len(country["US"]) < 3*len(country[w.lands[attackers-1].code]) {
		t.Errorf("%d countries, %d attackers in the first, %d in the last", len(country), len(country["US"]), len(country[w.lands[attackers-1].code]))
	}
	if sizes[0] < 300 || sizes[1] < sizes[0]*3/2 || sizes[2] < sizes[0]*2 {
		t.Errorf("distinct attackers after each pass: %v", sizes)
	}
}

func TestReplayThroughADoor(t *testing.T) {
	d, server := newDoor(t)
	d.refuse = 3
	began := time.Now()
	r := New(Config{To: server.URL + "/", Rate: 4000, Duration: 1500 * time.Millisecond, Seed: 1, Yesterday: true},
		Dependencies{Enrol: d.enrol, Now: func() time.Time { return began }}) // no midnight on the way
	day := dayBefore(began).UTC()
	sum, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.faults) > 0 {
		t.Fatal(d.faults)
	}
	total, yesterday, end := 0, 0, time.Now()
	for _, lines := range d.lines {
		for _, l := range lines {
			total++
			i := strings.Index(l, `"timestamp":"`)
			at, err := time.Parse("2006-01-02T15:04:05", l[i+13:i+32])
			if err != nil {
				t.Fatal(err)
			}
			if !at.Before(day) && at.Before(day.Add(24*time.Hour)) {
				yesterday++
			} else if at.Before(began.Add(-time.Second)) || at.After(end.Add(time.Second)) {
				t.Fatalf("a line of %s between %s and %s", at, began, end)
			}
		}
	}
	n := yesterdayPasses * len(testScript(t).lines)
	if yesterday != n || total != int(sum.Records) || sum.Retries != 3 || sum.Sensors != len(posts) {
		t.Errorf("%d of yesterday (want %d), %d in all, summary %+v", yesterday, n, total, sum)
	}
	if live := total - yesterday; live == 0 || live > 8500 { // a busy machine sends fewer
		t.Errorf("%d lines in 1.5 s at 4000 a second", live)
	}
}

func TestRefusalEndsTheReplay(t *testing.T) {
	_, server := newDoor(t)
	r := New(Config{To: server.URL, Rate: 1000, Loop: true, Seed: 1}, Dependencies{
		Enrol: func(context.Context, event.Sensor) (string, error) { return "wrong", nil },
	})
	if _, err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("error %v", err)
	}
}

func TestPaceKeepsItsMean(t *testing.T) {
	for _, rate := range []float64{1, 300, 20000} {
		p, n := pace{rate: rate, seed: 7}, 0
		const ticks = 40 * 600
		for i := range ticks {
			n += p.due(time.Duration(i) * tick)
		}
		if want := rate * ticks * tick.Seconds(); float64(n) < want*0.9 || float64(n) > want*1.1 {
			t.Errorf("rate %v: %d lines in %d ticks, want about %v", rate, n, ticks, want)
		}
	}
}

func TestYesterdayStaysWithinTheDay(t *testing.T) {
	day := dayBefore(time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)) // the 21st, 01:00, in Hà Nội
	if day.Format(time.RFC3339) != "2026-11-20T00:00:00+07:00" {
		t.Fatal(day)
	}
	last := day.Add(-1)
	for i := range 5000 {
		at := spread(day, i, 5000)
		if at.Before(last) || !at.Before(day.Add(24*time.Hour)) {
			t.Fatalf("line %d at %s, the one before at %s", i, at, last)
		}
		last = at
	}
}

func BenchmarkRender(b *testing.B) {
	s, w := testScript(b), testWorld(b)
	p := newPlayer(s, w, 1)
	var buf []byte
	bytes := 0
	for b.Loop() {
		if p.left() == 0 {
			p.begin(p.pass + 1)
		}
		_, buf = p.play(1_800_000_000_000_000, func(*site) []byte { return buf[:0] })
		bytes += len(buf)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "B/line")
}
