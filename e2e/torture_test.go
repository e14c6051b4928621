// SPDX-License-Identifier: Apache-2.0

//go:build torture

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// How hard the server is tortured.
const (
	kills    = 100
	senders  = 4
	perBatch = 40
)

// sender posts numbered records and repeats each batch under its key until it
// is acknowledged, as a careful shipper does.
type sender struct {
	o      *observatory
	name   string
	token  string
	n      int
	next   *atomic.Int64
	acked  []int64 // first number of every acknowledged batch
	repeat int
}

func (s *sender) run(stop <-chan struct{}, url func() string) {
	rng := rand.New(rand.NewPCG(uint64(s.n), 7))
	for {
		select {
		case <-stop:
			return
		default:
		}
		first := s.next.Add(perBatch) - perBatch
		s.deliver(first, url)
		s.acked = append(s.acked, first)
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
	}
}

func (s *sender) deliver(first int64, url func() string) {
	key, same := fmt.Sprintf("batch-%d", first), body(first)
	for {
		o := *s.o
		o.url = url()
		r, err := o.tryPost("eve", s.token, strings.NewReader(same), "Idempotency-Key", key)
		if err == nil && r.Status == 200 {
			if r.Records != perBatch {
				s.o.t.Errorf("batch %d: %d records acknowledged", first, r.Records)
			}
			return
		}
		if s.repeat++; s.repeat%5000 == 0 {
			s.o.t.Logf("%s repeats batch %d: %+v %v", s.name, first, r, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// body makes records that can be told apart by their rule's number.
func body(first int64) string {
	var b strings.Builder
	for i := range int64(perBatch) {
		fmt.Fprintf(&b, `{"timestamp":%q,"event_type":"alert","src_ip":"198.51.100.%d","src_port":%d,"dest_ip":"203.0.113.9","dest_port":22,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":%d,"rev":1,"signature":"torture","category":"Attempted Administrator Privilege Gain","severity":1}}`+"\n",
			time.Now().UTC().Format("2006-01-02T15:04:05.000000-0700"), 1+(first+i)%250, 1024+i, first+i)
	}
	return b.String()
}

func TestTortureKill(t *testing.T) {
	o := begin(t)
	var next atomic.Int64
	var url atomic.Value
	url.Store(o.url)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	all := make([]*sender, senders)
	for i := range all {
		name := "torture-" + strconv.Itoa(i)
		all[i] = &sender{o: o, name: name, token: o.enrol(name), n: i, next: &next}
		wg.Go(func() { all[i].run(stop, func() string { return url.Load().(string) }) })
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range kills {
		time.Sleep(time.Duration(20+rng.IntN(400)) * time.Millisecond)
		o.kill()
		o.start()
		url.Store(o.url)
		if i%20 == 19 {
			t.Logf("%d kills, %d records sent", i+1, next.Load())
		}
	}
	close(stop)
	wg.Wait()
	o.flush()
	want := map[int64]bool{}
	for _, s := range all {
		for _, first := range s.acked {
			for i := range int64(perBatch) {
				want[first+i] = true
			}
		}
	}
	checkOnce(t, o, want)
	for _, s := range all {
		o.balanced(s.name)
	}
	var now struct {
		World struct{ Records, Attacks int64 }
	}
	if o.get("/api/v1/now", &now); now.World.Records != int64(len(want)) || now.World.Attacks != int64(len(want)) {
		t.Errorf("the live counters say %+v, acknowledged were %d", now.World, len(want))
	}
	t.Logf("%d records acknowledged over %d kills", len(want), kills)
}

// kill ends the server as a power cut would end the process.
func (o *observatory) kill() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
	o.cmd = nil
}

// checkOnce pages through everything that is stored and compares the numbers.
func checkOnce(t *testing.T, o *observatory, want map[int64]bool) {
	t.Helper()
	seen := map[int64]int{}
	cursor := ""
	for {
		lines, next := page(t, o, cursor)
		for _, n := range lines {
			seen[n]++
		}
		if next == "" {
			break
		}
		cursor = next
	}
	missing, twice := 0, 0
	for n := range want {
		switch seen[n] {
		case 1:
		case 0:
			missing++
		default:
			twice++
		}
	}
	if missing > 0 || twice > 0 || len(seen) != len(want) {
		t.Errorf("of %d acknowledged records %d are missing and %d there more than once; %d distinct are stored", len(want), missing, twice, len(seen))
	}
}

func page(t *testing.T, o *observatory, cursor string) (numbers []int64, next string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, o.url+"/api/v1/events?format=ndjson&fields=rule.id&limit=10000&rule.name=torture&cursor="+cursor, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var row map[string]string
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatalf("%v in %s", err, s.Bytes())
		}
		n, err := strconv.ParseInt(row["rule.id"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers, resp.Header.Get("Haidang-Next")
}
