// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"haidang/collect"
	"haidang/collect/ingest"
)

// BenchmarkDoor is the door's own cost: reading, decoding, digest, framing. The
// journal throws everything away.
func BenchmarkDoor(b *testing.B) {
	var body strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, `{"timestamp":"2026-03-04T05:06:07.%06d+0000","event_type":"alert","src_ip":"192.0.2.%d","pad":"%s"}`+"\n",
			i, i%250, strings.Repeat(fmt.Sprintf("%06d", i*7919%999983), 80))
	}
	for _, e := range []string{"", "s2", "zstd", "gzip"} {
		b.Run("encoding="+e, func(b *testing.B) {
			d := open(b, collect.Config{})
			d.journal.Discard = true
			door := ingest.New(d.intake)
			sent := body.String()
			if e != "" {
				sent = pack(b, e, sent)
			}
			b.SetBytes(int64(body.Len()))
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/api/v1/ingest/eve", strings.NewReader(sent))
				r.Header.Set("Authorization", "Bearer good")
				r.Header.Set("Content-Encoding", e)
				w := httptest.NewRecorder()
				door.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
