// SPDX-License-Identifier: Apache-2.0

//go:build unix

package generate

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"math"
	"net/netip"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

var start = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

func make1(t testing.TB, c Config) *Generator {
	t.Helper()
	c.Start = start
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBodiesFollowFromSeedAndNumber(t *testing.T) {
	small := Config{Seed: 7, Attackers: 3_000, Victims: 500}
	one, other := make1(t, small), make1(t, small)
	split := other.Split(3)
	for i := range 12 {
		a := one.Next(nil)
		b := split[i%3].Next(nil)
		if a.Number != uint64(i) || b.Number != a.Number || b.Sensor != a.Sensor || !bytes.Equal(a.Data, b.Data) {
			t.Fatalf("body %d differs when three make them", i)
		}
	}
	sum := split[0].Truth()
	sum.Add(split[1].Truth())
	sum.Add(split[2].Truth())
	want := one.Truth()
	if sum.Good() != want.Good() || sum.Sources() != want.Sources() || sum.Bytes != want.Bytes || sum.Bodies != 12 {
		t.Errorf("the counts of three are %d good of %d sources, of one %d of %d", sum.Good(), sum.Sources(), want.Good(), want.Sources())
	}
	small.Seed = 8
	if bytes.Equal(make1(t, small).Next(nil).Data, one.Split(1)[0].Next(nil).Data) {
		t.Error("another seed makes the same")
	}
}

// recount reads lines as anybody would.
type recount struct {
	good, broken, late, six int64
	bytes                   int64
	types                   map[string]int64
	rules                   map[int]int64
	sources                 map[string]bool
	flows                   map[int64]int
}

func (r *recount) lines(t *testing.T, g *Generator, data []byte, at time.Time) {
	for line := range bytes.Lines(data) {
		r.bytes += int64(len(line))
		var e recorded
		if err := json.Unmarshal(line, &e); err != nil {
			r.broken++
			continue
		}
		var flow struct {
			ID int64 `json:"flow_id"`
		}
		if err := json.Unmarshal(line, &flow); err != nil {
			t.Fatal(err)
		}
		r.good++
		r.types[e.EventType]++
		if e.Alert.ID > 0 {
			r.rules[e.Alert.ID]++
		}
		r.sources[e.SrcIP] = true
		r.flows[flow.ID]++
		when, err := time.Parse(timeFormat, e.Timestamp)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		switch age := at.Sub(when); {
		case age >= time.Hour-time.Second:
			r.late++
		case age > 2*time.Second || age < -2*time.Second:
			t.Fatalf("a record is %s away from its time: %s", age, line)
		}
		if id := communityOf(t, e); id != "" && id != e.Community {
			t.Fatalf("the community id of %s is %s", line, id)
		}
		if a := netip.MustParseAddr(e.SrcIP); a.Is6() {
			r.six++
		} else if known(e.SrcIP) || known(e.DestIP) || bytes.Contains(line, []byte("hai-dang-demo")) {
			t.Fatalf("not everything was replaced: %s", line)
		}
	}
}

// communityOf computes a community id from what a line says.
func communityOf(t *testing.T, e recorded) string {
	proto, ok := map[string]string{"TCP": "\x06", "UDP": "\x11"}[e.Proto]
	if !ok {
		return ""
	}
	part := func(ip string, port int) (addr, tail string) {
		raw, err := netip.MustParseAddr(ip).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return string(raw), string([]byte{byte(port >> 8), byte(port)})
	}
	a1, p1 := part(e.SrcIP, e.SrcPort)
	a2, p2 := part(e.DestIP, e.DestPort)
	if a1 > a2 || a1 == a2 && p1 > p2 {
		a1, p1, a2, p2 = a2, p2, a1, p1
	}
	sum := sha1.Sum([]byte("\x00\x00" + a1 + a2 + proto + "\x00" + p1 + p2))
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}

func TestTruthEqualsARecountAndTheMixIsAsSaid(t *testing.T) {
	g := make1(t, Config{Seed: 1, Rate: 1e6})
	r := &recount{types: map[string]int64{}, rules: map[int]int64{}, sources: map[string]bool{}, flows: map[int64]int{}}
	for range 60 {
		b := g.Next(nil)
		if n := bytes.Count(b.Data, []byte{'\n'}); n != b.Records {
			t.Fatalf("%d lines, %d records", n, b.Records)
		}
		r.lines(t, g, b.Data, start.Add(time.Duration(b.Number*1200)*time.Microsecond))
	}
	truth := g.Truth()
	if truth.Good() != r.good || truth.Broken != r.broken || truth.Late != r.late || truth.Bytes != r.bytes {
		t.Errorf("truth: good %d broken %d late %d bytes %d; recounted %d %d %d %d",
			truth.Good(), truth.Broken, truth.Late, truth.Bytes, r.good, r.broken, r.late, r.bytes)
	}
	if truth.Sources() != int64(len(r.sources)) {
		t.Errorf("%d sources, recounted %d", truth.Sources(), len(r.sources))
	}
	for k, n := range truth.Types() {
		if r.types[k] != n {
			t.Errorf("%d of %s, recounted %d", n, k, r.types[k])
		}
	}
	for rule, n := range truth.Rules {
		if r.rules[RuleID(rule)] != n {
			t.Errorf("rule %d: %d, recounted %d", rule, n, r.rules[RuleID(rule)])
		}
	}
	n := float64(truth.Records)
	for name, c := range map[string][2]float64{
		"alerts": {float64(truth.Types()["alert"]) / n, 0.45}, "flows": {float64(truth.Types()["flow"]) / n, 0.25},
		"dns": {float64(truth.Types()["dns"]) / n, 0.12}, "http": {float64(truth.Types()["http"]) / n, 0.10},
		"broken": {float64(truth.Broken) / n * 100, 0.1}, "late": {float64(truth.Late) / n * 10, 0.1},
		"IPv6 sources": {float64(r.six) / n, 0.05}, "bytes a line/1000": {float64(truth.Bytes) / n / 1000, 0.6},
	} {
		if math.Abs(c[0]-c[1]) > 0.05 {
			t.Errorf("%s: %.3f, wanted some %.2f", name, c[0], c[1])
		}
	}
	t.Logf("%.0f bytes a line, %d rules, %d sources, %d flows of %d records", float64(truth.Bytes)/n, len(r.rules), len(r.sources), len(r.flows), r.good)
}

var sixSource = regexp.MustCompile(`"src_ip":"[0-9a-f]*:`)

func TestSharesCanBeTurnedOff(t *testing.T) {
	g := make1(t, Config{Six: -1, Late: -1, Broken: -1, Attackers: 1000, Victims: 100, Sensors: 3})
	b := g.Next(nil)
	if truth := g.Truth(); truth.Broken+truth.Late != 0 || sixSource.Match(b.Data) {
		t.Errorf("%d broken, %d late, or an IPv6 source", truth.Broken, truth.Late)
	}
	if s := g.Sensors(); len(s) != 3 || s[2] != "load-002" {
		t.Errorf("sensors %v", s)
	}
}

func TestNothingIsAllocatedOnceWarm(t *testing.T) {
	g := small(t).Split(1)[0]
	buf := g.Next(make([]byte, 0, 2<<20)).Data
	if n := testing.AllocsPerRun(20, func() { g.Next(buf[:0]) }); n > 2 {
		t.Errorf("%.0f allocations a body", n)
	}
}

func BenchmarkNext(b *testing.B) {
	g := make1(b, Config{Seed: 1})
	buf := g.Next(make([]byte, 0, 2<<20)).Data
	b.ReportAllocs()
	records, size, before := 0, 0, cpu(b)
	for b.Loop() {
		body := g.Next(buf[:0])
		records += body.Records
		size += len(body.Data)
	}
	b.SetBytes(int64(size / b.N))
	b.ReportMetric(float64(records)/(cpu(b)-before).Seconds(), "lines/cpu-s")
}

// cpu is the processor time the process took: what counts on a shared machine.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
