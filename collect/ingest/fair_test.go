// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/collect"
	"haidang/collect/collecttest"
	"haidang/collect/ingest"
	"haidang/event"
	"haidang/journal"
)

// desk notes how many messages the journal wrote while the quiet sensor's
// batches waited in its queue.
type desk struct {
	*journal.Journal
	mu    sync.Mutex
	stood []int
}

func (d *desk) Begin(x event.Delivery) (collect.Append, error) {
	a, err := d.Journal.Begin(x)
	if err != nil {
		return nil, err
	}
	if x.Sensor == "quiet" {
		return noted{a, d}, nil
	}
	return a, nil
}

type noted struct {
	*journal.Append
	desk *desk
}

func (n noted) Commit(ctx context.Context) (event.Receipt, error) {
	last := n.desk.State().Last
	r, err := n.Append.Commit(ctx)
	at, _ := journal.ParseBatch(r.Batch)
	n.desk.mu.Lock()
	defer n.desk.mu.Unlock()
	n.desk.stood = append(n.desk.stood, int(at-last))
	return r, err
}

// openReal is the door before the real journal, with a consumer that follows.
func openReal(t testing.TB, c collect.Config, jc journal.Config) (*httptest.Server, *desk) {
	t.Helper()
	jc.Dir, jc.MinFree, jc.MinFreePercent = t.TempDir(), -1, -1
	j, err := journal.New(jc, journal.Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Start(t.Context()), j.Recover(t.Context(), 0)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var consumer sync.WaitGroup
	consumer.Go(func() {
		_ = j.Consume(ctx, 0, func(c event.Chunk) error { // ends with ctx
			if c.Release != nil {
				c.Release()
			}
			if c.Through > 0 {
				j.Committed(c.Through)
			}
			return nil
		})
	})
	d := &desk{Journal: j}
	i := collect.New(c, collect.Dependencies{
		Journal: d,
		Sensors: collecttest.Sensors{"flood": {Name: "flood"}, "quiet": {Name: "quiet"}},
		Formats: collecttest.Formats{"eve": event.FramingLines},
	})
	mux := http.NewServeMux()
	mux.Handle(ingest.Prefix, ingest.New(i))
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		cancel()
		consumer.Wait()
		if err := j.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, d
}

func postTo(ctx context.Context, client *http.Client, url, token string, body io.Reader) (int, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", url+ingest.Prefix+"eve", body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// acks are acknowledgements of one sensor's batches: how long they took, and
// how many messages the journal wrote while they waited to be written.
type acks struct {
	took  []time.Duration
	stood []int
}

func (a acks) took99() time.Duration { return a.took[len(a.took)*99/100] }
func (a acks) median() time.Duration { return a.took[len(a.took)/2] }
func (a acks) stoodMedian() int      { return a.stood[len(a.stood)/2] }

// acknowledgements sends a small batch every 20 ms.
func acknowledgements(t *testing.T, url string, d *desk, n int) (a acks) {
	t.Helper()
	d.stood = nil
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range n {
		<-tick.C
		began := time.Now()
		status, err := postTo(t.Context(), http.DefaultClient, url, "quiet", strings.NewReader(strings.Repeat(line, 20)))
		if err != nil || status != 200 {
			t.Fatalf("the quiet sensor was answered %d, %v", status, err)
		}
		a.took = append(a.took, time.Since(began))
	}
	a.stood = d.stood
	slices.Sort(a.took)
	slices.Sort(a.stood)
	return a
}

// One sensor that floods over many connections delays itself, not the others.
func TestAFloodDoesNotDelayTheOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	url, j := openReal(t, collect.Config{InFlight: 64 << 20}, journal.Config{MaxBytes: 16 << 30})
	alone := acknowledgements(t, url.URL, j, 100)

	var body strings.Builder
	for i := range 12_000 { // 4 MiB that compress badly
		fmt.Fprintf(&body, `{"n":%d,"a":"%x%x%x"}`+"\n", i, uint64(i)*0x9e3779b97f4a7c15, uint64(i)*0xbf58476d1ce4e5b9, uint64(i)*0x94d049bb133111eb)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for range 16 {
		flood.Go(func() {
			for ctx.Err() == nil {
				status, err := postTo(ctx, client, url.URL, "flood", strings.NewReader(body.String()))
				if err == nil && status != 200 && status != 429 {
					t.Errorf("the flood was answered %d", status)
				}
			}
		})
	}
	before := j.State().Bytes
	began := time.Now()
	beside := acknowledgements(t, url.URL, j, 200)
	rate := float64(j.State().Bytes-before) / time.Since(began).Seconds()
	cancel()
	flood.Wait()
	t.Logf("alone: median %s, p99 %s; beside a flood of %.0f MB/s: median %s, p99 %s, %d messages in the queue",
		alone.median(), alone.took99(), rate/1e6, beside.median(), beside.took99(), beside.stoodMedian())
	// The message that is being written, one that was full already, its own. How
	// long that takes is the disk's affair, and a busy machine may let any one batch
	// wait; a batch that stood in the flood's queue would stand behind dozens.
	if n := beside.stoodMedian(); n > 4 {
		t.Errorf("%d messages are written until a small batch is acknowledged: it stands in the flood's queue", n)
	}
}

// Clients that send or read slowly hold nothing that others need.
func TestSlowClientsHoldNothing(t *testing.T) {
	url, j := openReal(t, collect.Config{InFlight: 32 << 20, Wait: 100 * time.Millisecond},
		journal.Config{MaxBytes: 1 << 30, PendingBytes: 4 << 20, HandoverBytes: 4 << 20})
	alone := acknowledgements(t, url.URL, j, 20).median()
	chunk := strings.Repeat(line, 16<<10/len(line))
	var conns []net.Conn
	for i := range 100 {
		c, err := net.Dial("tcp", strings.TrimPrefix(url.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		length := 8 << 20
		switch i % 3 {
		case 0: // sends half a body and no more
			fmt.Fprintf(c, "POST %seve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer flood\r\nContent-Length: %d\r\n\r\n", ingest.Prefix, length)
			for range 48 {
				_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
				if _, err := io.WriteString(c, chunk); err != nil {
					break
				}
			}
		case 1: // sends its header and nothing else
			fmt.Fprintf(c, "POST %seve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer flood\r\nContent-Length: %d\r\n\r\n", ingest.Prefix, length)
		case 2: // sends requests and reads no answer
			for range 50 {
				fmt.Fprintf(c, "POST %seve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer flood\r\nContent-Length: %d\r\n\r\n%s", ingest.Prefix, len(line), line)
			}
		}
	}
	beside := acknowledgements(t, url.URL, j, 50)
	t.Logf("alone %s, beside 100 slow clients %s, p99 %s", alone, beside.median(), beside.took99())
	// Who had to wait for one of them would be refused, or wait for good.
	if beside.median() > 10*time.Second {
		t.Errorf("median %s beside slow clients, %s alone", beside.median(), alone)
	}
	for _, c := range conns {
		c.Close()
	}
}
