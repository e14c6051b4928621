// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"haidang/collect"
	"haidang/collect/bulk"
)

// BenchmarkBulk is the door's own cost; the journal throws everything away.
func BenchmarkBulk(b *testing.B) {
	var body strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&body, "{\"create\":{\"_index\":\"eve\"}}\n"+`{"timestamp":"2026-03-04T05:06:07.%06d+0000","event_type":"alert","src_ip":"192.0.2.%d","pad":"%s"}`+"\n",
			i, i%250, strings.Repeat(fmt.Sprintf("%06d", i*7919%999983), 80))
	}
	d := open(b, collect.Config{}, bulk.Config{})
	d.journal.Discard = true
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/_bulk", strings.NewReader(body.String()))
		r.Header.Set("Authorization", "Bearer good")
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
