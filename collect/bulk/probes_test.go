// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"haidang/collect"
	"haidang/collect/bulk"
)

func TestProbes(t *testing.T) {
	for _, c := range []struct{ request, holds string }{
		{"GET /", `"number":"8.`},
		{"GET /", `"tagline":"You Know, for Search"`},
		{"GET /", `"build_flavor":"default"`},
		{"HEAD /", ""},
		{"GET /_license", `"type":"basic"`},
		{"GET /_license?human=false", `"status":"active"`},
		{"GET /_xpack", `"ilm":{"available":false,"enabled":false}`},
		{"GET /_ilm/policy/filebeat", `"filebeat":`},
		{"PUT /_ilm/policy/filebeat", `"acknowledged":true`},
		{"HEAD /_index_template/filebeat-8.1.0", ""},
		{"GET /_index_template/filebeat-8.1.0", `"name":"filebeat-8.1.0"`},
		{"PUT /_index_template/filebeat-8.1.0", `"acknowledged":true`},
		{"HEAD /_template/logstash", ""},
		{"GET /_template/logstash", `"logstash":`},
		{"PUT /_template/logstash", `"acknowledged":true`},
		{"HEAD /_component_template/ecs-logstash", ""},
		{"GET /_cat/templates/filebeat-7.9.2", "filebeat-7.9.2 "},
		{"GET /_cat/templates", ""},
		{"GET /_cat/health", " green "},
		{"HEAD /_cat/health", ""},
		{"GET /_cluster/health", `"status":"green"`},
		{"GET /_nodes/_all/http", `"publish_address":"`},
		{"GET /_nodes/ingest", `"type":"geoip"`},
		{"GET /_ingest/pipeline/filebeat-8-suricata", `"processors":[]`},
		{"PUT /_ingest/pipeline/filebeat-8-suricata", `"acknowledged":true`},
		{"HEAD /_alias/filebeat", ""},
		{"GET /_alias/filebeat", `"is_write_index":true`},
		{"GET /_data_stream/filebeat-8", `"data_streams":[]`},
		{"PUT /_data_stream/filebeat-8", `"acknowledged":true`},
		{"GET /_security/_authenticate", `"username":"hanoi-1"`},
	} {
		d := open(t, collect.Config{}, bulk.Config{})
		method, path, _ := strings.Cut(c.request, " ")
		body := ""
		if method == "PUT" {
			body = `{"template":"` + strings.Repeat("x", 1<<20) + `"}`
		}
		res, text := d.do(t, method, path, body)
		if res.StatusCode != 200 || !strings.Contains(text, c.holds) {
			t.Errorf("%s: %d %s", c.request, res.StatusCode, text)
		}
		if j := strings.HasPrefix(res.Header.Get("Content-Type"), "application/json"); j && method != "HEAD" && !json.Valid([]byte(text)) {
			t.Errorf("%s: no JSON: %s", c.request, text)
		}
		// Nothing of it is for those who are not enrolled.
		if res, _ := d.do(t, method, path, "", "Authorization", ""); res.StatusCode != 401 {
			t.Errorf("%s without a token: %d", c.request, res.StatusCode)
		}
	}
}

func TestWants(t *testing.T) {
	for _, c := range []struct {
		mount, method, path string
		header              []string
		want                bool
	}{
		{"", "GET", "/", nil, false},
		{"", "GET", "/", []string{"Accept", "text/html,*/*", "Authorization", "Basic x"}, false},
		{"", "GET", "/", []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"}, false},
		{"", "GET", "/", []string{"Authorization", "ApiKey x"}, true},
		{"", "HEAD", "/", []string{"User-Agent", "Elastic-Filebeat/8.12.0 (linux; amd64)"}, true},
		{"", "GET", "/", []string{"User-Agent", "go-elasticsearch/8.19.7"}, true},
		{"", "GET", "/", []string{"X-Elastic-Client-Meta", "es=8"}, true},
		{"", "GET", "/", []string{"Accept", "application/vnd.elasticsearch+json;compatible-with=8"}, true},
		{"", "POST", "/_bulk", nil, true},
		{"", "POST", "/eve/_bulk", nil, true},
		{"", "POST", "/eve/_doc", nil, true},
		{"", "PUT", "/eve/_create/1", nil, true},
		{"", "GET", "/_cat/health", nil, true},
		{"", "GET", "/_license", nil, true},
		{"", "GET", "/_nonesuch", nil, false},
		{"", "GET", "/vi/", nil, false},
		{"", "GET", "/en/coverage", nil, false},
		{"", "POST", "/api/v1/ingest/eve", nil, false},
		{"", "GET", "/api/v1/batches/_bulkx", nil, false},
		{"/elastic", "GET", "/elastic", nil, true},
		{"/elastic/", "GET", "/elastic/", nil, true},
		{"/elastic", "POST", "/elastic/_bulk", nil, true},
		{"/elastic", "POST", "/elastic/eve/_bulk", nil, true},
		{"/elastic", "POST", "/_bulk", nil, false},
		{"/elastic", "GET", "/elasticsearch", nil, false},
		{"/elastic", "GET", "/", []string{"Authorization", "ApiKey x"}, false},
	} {
		h := open(t, collect.Config{}, bulk.Config{Mount: c.mount}).handler
		r := httptest.NewRequest(c.method, c.path, nil)
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		if got := h.Wants(r); got != c.want {
			t.Errorf("mount %q: %s %s %q: %v", c.mount, c.method, c.path, c.header, got)
		}
	}
}

func TestTheDoorStandsOnlyAtItsMount(t *testing.T) {
	d := open(t, collect.Config{}, bulk.Config{Mount: "/elastic"})
	pair := "{\"create\":{\"_index\":\"eve\"}}\n{}\n"
	if res, text := d.do(t, "POST", "/elastic/_bulk", pair); res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _ := d.do(t, "POST", "/_bulk", pair); res.StatusCode != 404 {
		t.Errorf("%d beside the mount", res.StatusCode)
	}
}
