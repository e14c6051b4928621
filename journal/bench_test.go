// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/event"
)

// benchLines makes lines of about 600 bytes that compress like real ones.
func benchLines(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"timestamp":"2026-03-01T08:%02d:%02d.%06d+0700","flow_id":%d,"event_type":"alert","src_ip":"203.0.113.%d","src_port":%d,"dest_ip":"192.0.2.%d","dest_port":22,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":%d,"rev":3,"signature":"HD SCAN repeated SSH connections","category":"Attempted Information Leak","severity":2,"metadata":{"attack_target":["Server"],"mitre_technique_id":["T1110"]}},"flow":{"pkts_toserver":%d,"pkts_toclient":%d,"bytes_toserver":%d,"bytes_toclient":%d,"start":"2026-03-01T08:00:00.000000+0700"},"host":"edge-%d"}`+"\n",
			i%60, i*7%60, i*7919%1000000, uint64(i)*2654435761, i*31%256, 1024+i*13%60000, i*17%256, 2000000+i%300, i%50, i%40, i*97%90000, i*53%90000, i%20)
	}
	return []byte(b.String())
}

func benchmarkAppend(b *testing.B, lines, senders int) {
	c := testConfig(b.TempDir())
	c.MaxBytes = 64 << 30
	j := open(b, c, 0, Dependencies{})
	data := benchLines(lines)
	b.SetBytes(int64(len(data)))
	b.SetParallelism(max(1, senders/2))
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		d := delivery(fmt.Sprint("s", n.Add(1)), "")
		for p.Next() {
			a, err := j.Begin(d)
			if err == nil {
				err = a.Write(data, lines, nil)
			}
			if err == nil {
				_, err = a.Commit(context.Background())
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N*lines)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(b.N)/max(1, testutil.ToFloat64(j.m.messages)), "batches/message")
}

func BenchmarkAppend(b *testing.B) {
	for _, x := range []struct{ lines, senders int }{{1, 64}, {100, 64}, {1700, 2}, {1700, 16}} {
		b.Run(fmt.Sprintf("lines=%d/senders=%d", x.lines, x.senders), func(b *testing.B) { benchmarkAppend(b, x.lines, x.senders) })
	}
}

func BenchmarkConsume(b *testing.B) {
	j := open(b, testConfig(b.TempDir()), 0, Dependencies{})
	data := benchLines(1700)
	const batches = 100
	for range batches {
		a, err := j.Begin(delivery("s", ""))
		if err == nil {
			err = a.Write(data, 1700, nil)
		}
		if err == nil {
			_, err = a.Commit(context.Background())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(data) * batches))
	for b.Loop() {
		n := 0
		err := j.Consume(context.Background(), 0, func(event.Chunk) error {
			if n++; n == batches {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batches*1700*b.N)/b.Elapsed().Seconds(), "records/s")
}
