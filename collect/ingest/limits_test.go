// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"haidang/collect"
)

func sum(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// packer opens a compressing writer.
func packer(t testing.TB, encoding string, w io.Writer) io.WriteCloser {
	t.Helper()
	switch encoding {
	case "gzip":
		return gzip.NewWriter(w)
	case "s2":
		return s2.NewWriter(w)
	case "s2 4 MiB":
		return s2.NewWriter(w, s2.WriterBlockSize(4<<20))
	case "zstd", "zstd 8 MiB", "zstd 16 MiB":
		level, window := zstd.SpeedFastest, 1<<20
		if _, err := fmt.Sscanf(encoding, "zstd %d MiB", &window); err == nil {
			window <<= 20
		}
		z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(level), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	t.Fatalf("unknown encoding %s", encoding)
	return nil
}

func pack(t testing.TB, encoding, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := packer(t, encoding, &b)
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func cut(s string) string { return s[:len(s)-6] }

func TestEncodings(t *testing.T) {
	for _, c := range []struct{ encoding, header string }{
		{"gzip", "gzip"}, {"gzip", "x-gzip"}, {"gzip", " GZIP "}, {"zstd", "zstd"}, {"zstd 8 MiB", "zstd"}, {"s2", "s2"}, {"s2 4 MiB", "s2"},
	} {
		for _, n := range []int{1, 1000, 200_000} {
			body := strings.Repeat(line, n)
			d := open(t, collect.Config{})
			// Twice, so that a decoder that was used before is used again.
			for range 2 {
				if res, text := d.post(t, "eve", strings.NewReader(pack(t, c.encoding, body)), "Content-Encoding", c.header, "Idempotency-Key", "k"); res.StatusCode != 200 {
					t.Errorf("%s: %d %s", c.encoding, res.StatusCode, text)
				}
			}
			for _, b := range d.journal.Committed() {
				if b.Records != n || string(b.Data) != body || b.Digest != sum(body) {
					t.Errorf("%s: %d records of %d bytes", c.encoding, b.Records, len(b.Data))
				}
			}
		}
	}
}

func TestSeveralMembersAreOneBody(t *testing.T) {
	for _, e := range []string{"gzip", "zstd"} {
		d := open(t, collect.Config{})
		res, text := d.post(t, "eve", strings.NewReader(pack(t, e, line)+pack(t, e, line)), "Content-Encoding", e)
		if b := d.journal.Committed(); res.StatusCode != 200 || len(b) != 1 || b[0].Records != 2 {
			t.Errorf("%s: %d %s", e, res.StatusCode, text)
		}
	}
}

func TestAWindowThatIsTooLargeIsRefused(t *testing.T) {
	d := open(t, collect.Config{})
	body := strings.Repeat(line, 4<<20)
	res, text := d.post(t, "eve", strings.NewReader(pack(t, "zstd 16 MiB", body)), "Content-Encoding", "zstd")
	d.refused(t, res, text, 413, "window-too-large")
	// The first frame is small, the second asks for more than the first did.
	two := pack(t, "zstd", body) + pack(t, "zstd 8 MiB", body)
	res, text = d.post(t, "eve", strings.NewReader(two), "Content-Encoding", "zstd")
	d.refused(t, res, text, 413, "window-too-large")
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	const limit = 64 << 10
	fits := strings.Repeat(line, limit/len(line))
	for _, e := range []string{"", "gzip", "zstd", "s2"} {
		for name, body := range map[string]string{"fits": fits, "one byte more": fits + "x", "much more": strings.Repeat(fits, 20)} {
			t.Run(e+" "+name, func(t *testing.T) {
				d := open(t, collect.Config{MaxBody: limit})
				sent := io.Reader(strings.NewReader(body))
				if e != "" {
					sent = strings.NewReader(pack(t, e, body))
				}
				res, text := d.post(t, "eve", sent, "Content-Encoding", e)
				if name == "fits" {
					if res.StatusCode != 200 {
						t.Errorf("%d %s", res.StatusCode, text)
					}
					return
				}
				if p := d.refused(t, res, text, 413, "body-too-large"); !strings.Contains(p.Detail, "64 KiB") {
					t.Errorf("detail %q", p.Detail)
				}
			})
		}
	}
}

func TestAChunkedBodyThatIsTooLargeIsRefused(t *testing.T) {
	d := open(t, collect.Config{MaxBody: 1 << 20})
	res, text := d.post(t, "eve", io.LimitReader(repeat(line), 1<<20+1))
	d.refused(t, res, text, 413, "body-too-large")
}

// repeater gives a text for ever.
type repeater struct {
	text string
	at   int
}

func repeat(text string) *repeater { return &repeater{text: text} }

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.at = (r.at + k) % len(r.text)
	}
	return n, nil
}

func TestABombCostsLittleAndLeavesNothing(t *testing.T) {
	for _, e := range []string{"gzip", "zstd", "s2"} {
		t.Run(e, func(t *testing.T) {
			var bomb bytes.Buffer
			w := packer(t, e, &bomb)
			if _, err := io.Copy(w, io.LimitReader(repeat(strings.Repeat("\x00", 1<<10)), 300<<20)); err != nil {
				t.Fatal(err)
			}
			w.Close()
			// The same, with a line first, so that it looks like records.
			for _, first := range []string{"", pack(t, e, line)} {
				if first != "" && e == "s2" {
					continue // a second stream identifier is fine, but tests nothing new
				}
				d := open(t, collect.Config{})
				peak := watch(func() {
					res, text := d.post(t, "eve", io.MultiReader(strings.NewReader(first), bytes.NewReader(bomb.Bytes())), "Content-Encoding", e)
					if first == "" {
						d.refused(t, res, text, 400, "no-record-boundary")
					} else if e == "zstd" { // its second frame has a larger window than the first
						d.refused(t, res, text, 413, "window-too-large")
					} else {
						d.refused(t, res, text, 413, "body-too-large")
					}
				})
				if peak > 24<<20 {
					t.Errorf("%s: a bomb of %d bytes cost %d bytes", e, bomb.Len(), peak)
				}
			}
		})
	}
}

// watch gives by how much the heap grew at most while f ran.
func watch(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapInuse, m.HeapInuse
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	}()
	f()
	close(done)
	<-watched
	return peak - before
}

func TestALineOf100MiBIsJournalledShort(t *testing.T) {
	d := open(t, collect.Config{})
	body := io.MultiReader(strings.NewReader(line+"{\"x\":\""), io.LimitReader(repeat("xxxxxxxx"), 100<<20), strings.NewReader("\"}\n"+line))
	peak := watch(func() {
		if res, text := d.post(t, "eve", body); res.StatusCode != 200 {
			t.Errorf("%d %s", res.StatusCode, text)
		}
	})
	b := d.journal.Committed()
	if len(b) != 1 || b[0].Records != 3 || len(b[0].Data) < 1<<20 || len(b[0].Data) > 1<<20+100 {
		t.Fatalf("journalled %d batches", len(b))
	}
	if peak > 12<<20 { // the journal of the test holds a growing copy
		t.Errorf("cost %d bytes", peak)
	}
}

func TestABodyThatEndsEarlyIsRefused(t *testing.T) {
	d := open(t, collect.Config{})
	c, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/ingest/eve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 1000\r\n\r\n%s", line)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(c)
	if !bytes.Contains(raw, []byte("400 Bad Request")) || !bytes.Contains(raw, []byte("body-incomplete")) {
		t.Errorf("answered %s", raw)
	}
	if n := len(d.journal.Committed()); n > 0 {
		t.Errorf("%d batches were journalled", n)
	}
}

func TestASlowSenderIsSentAway(t *testing.T) {
	d := open(t, collect.Config{ReadIdle: 80 * time.Millisecond})
	c, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/ingest/eve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 1000\r\n\r\n%s", line)
	raw, _ := io.ReadAll(c) // ends because the server closes the connection
	if !bytes.Contains(raw, []byte("408 Request Timeout")) || !bytes.Contains(raw, []byte("too-slow")) {
		t.Errorf("answered %s", raw)
	}
	// Everybody else is served meanwhile and after.
	if res, text := d.post(t, "eve", strings.NewReader(line)); res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

func TestASenderThatDripsIsSentAway(t *testing.T) {
	d := open(t, collect.Config{ReadIdle: 200 * time.Millisecond, MinRate: 1 << 20})
	c, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/ingest/eve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 100000\r\n\r\n")
	go func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
	}()
	raw, _ := io.ReadAll(c)
	if !bytes.Contains(raw, []byte("408 Request Timeout")) {
		t.Errorf("answered %s", raw)
	}
}

func TestOneSensorCannotShutTheOthersOut(t *testing.T) {
	d := open(t, collect.Config{InFlight: 32 << 20, Wait: 500 * time.Millisecond})
	var holding sync.WaitGroup
	var open []*io.PipeWriter
	// Each holds a decoder with a window of 8 MiB until its body ends.
	big := pack(t, "zstd 8 MiB", strings.Repeat(line, 2<<20))
	statuses := make(chan int, 8)
	for range 8 {
		r, w := io.Pipe()
		open = append(open, w)
		holding.Add(1)
		go func() {
			defer holding.Done()
			res, _ := d.post(t, "eve", r, "Content-Encoding", "zstd")
			statuses <- res.StatusCode
		}()
		go io.WriteString(w, big[:64])
	}
	refused := 0
	for refused < 7 { // one of 8 fits into half of 32 MiB
		if s := <-statuses; s != http.StatusTooManyRequests {
			t.Fatalf("answered %d", s)
		}
		refused++
	}
	if res, text := d.post(t, "eve", strings.NewReader(line), "Authorization", "Bearer other"); res.StatusCode != 200 {
		t.Errorf("another sensor is shut out: %d %s", res.StatusCode, text)
	}
	for _, w := range open {
		w.Close()
	}
	holding.Wait()
	if res, text := d.post(t, "eve", strings.NewReader(big), "Content-Encoding", "zstd"); res.StatusCode != 200 {
		t.Errorf("memory was not given back: %d %s", res.StatusCode, text)
	}
}
