// SPDX-License-Identifier: Apache-2.0

//go:build interop

package bulk_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esutil"

	"haidang/collect"
	"haidang/collect/bulk"
)

// The official client, unchanged: its product check, its credentials, its way
// of batching.
func TestTheOfficialClientsBulkIndexer(t *testing.T) {
	for name, c := range map[string]elasticsearch.Config{
		"basic":           {Username: "elastic", Password: "good"},
		"API key":         {APIKey: "aWQ6Z29vZA=="}, // id:good
		"bearer":          {ServiceToken: "good"},
		"gzip and a path": {Username: "elastic", Password: "good", CompressRequestBody: true},
	} {
		t.Run(name, func(t *testing.T) {
			mount := ""
			if strings.Contains(name, "path") {
				mount = "/elastic"
			}
			d := open(t, collect.Config{}, bulk.Config{Mount: mount})
			c.Addresses = []string{d.URL + mount}
			client, err := elasticsearch.NewClient(c)
			if err != nil {
				t.Fatal(err)
			}
			if res, err := client.Info(); err != nil || res.IsError() {
				t.Fatalf("%v %v", res, err)
			}
			var good, bad atomic.Int64
			indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
				Client: client, Index: "eve", NumWorkers: 2, FlushBytes: 64 << 10,
				OnError: func(_ context.Context, err error) { t.Error(err) },
			})
			if err != nil {
				t.Fatal(err)
			}
			const n = 3000
			for i := range n {
				body := fmt.Sprintf(`{"event_type":"alert","n":%d,"pad":"%s"}`, i, strings.Repeat("x", 100))
				if i%100 == 99 {
					body = `{"n":` // half a record
				}
				err := indexer.Add(context.Background(), esutil.BulkIndexerItem{
					Action: "create", Body: strings.NewReader(body),
					OnSuccess: func(context.Context, esutil.BulkIndexerItem, esutil.BulkIndexerResponseItem) { good.Add(1) },
					OnFailure: func(_ context.Context, _ esutil.BulkIndexerItem, r esutil.BulkIndexerResponseItem, err error) {
						if err != nil || r.Status != 400 || r.Error.Type != "document_parsing_exception" {
							t.Errorf("%+v %v", r, err)
						}
						bad.Add(1)
					},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := indexer.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			held := strings.Count(d.held()["eve"], "\n")
			if good.Load() != n-n/100 || bad.Load() != n/100 || held != n-n/100 || len(d.journal.Committed()) < 2 {
				t.Errorf("%d good, %d bad, %d held in %d batches", good.Load(), bad.Load(), held, len(d.journal.Committed()))
			}
		})
	}
}
