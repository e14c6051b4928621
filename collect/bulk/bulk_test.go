// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/collect"
	"haidang/collect/bulk"
	"haidang/collect/collecttest"
	"haidang/event"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// journal is the neighbour as the doors declare it.
type journal struct{ *collecttest.Journal }

func (j journal) Begin(d event.Delivery) (collect.Append, error) {
	a, err := j.Open(d)
	if err != nil {
		return nil, err
	}
	return a, nil
}

type door struct {
	*httptest.Server
	intake  *collect.Intake
	journal *collecttest.Journal
	handler *bulk.Handler
}

func open(t testing.TB, c collect.Config, b bulk.Config) *door {
	t.Helper()
	j := &collecttest.Journal{}
	i := collect.New(c, collect.Dependencies{
		Journal: journal{j},
		Sensors: collecttest.Sensors{"good": {Name: "hanoi-1"}, "replay": {Name: "demo", Replay: true}},
		Formats: collecttest.Formats{
			"eve": event.FramingLines, "cowrie": event.FramingLines, "dns-log": event.FramingLines,
			"shadowserver": event.FramingCSV,
		},
		Now: func() time.Time { return now },
	})
	h := bulk.New(b, i)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &door{s, i, j, h}
}

func (d *door) do(t testing.TB, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, d.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.Header.Get("X-Elastic-Product") != "Elasticsearch" {
		t.Errorf("%s %s: no product header", method, path)
	}
	return res, string(raw)
}

// answer is the bulk API's, as its specification says.
type answer struct {
	Took   int64                 `json:"took"`
	Errors bool                  `json:"errors"`
	Items  []map[string]response `json:"items"`
}

type response struct {
	Index  string  `json:"_index"`
	ID     *string `json:"_id"`
	Result string  `json:"result"`
	Status int     `json:"status"`
	Error  *struct{ Type, Reason string }
}

// send posts a bulk body and gives "op index id status" an item.
func (d *door) send(t testing.TB, path, body string, header ...string) (answer, []string) {
	t.Helper()
	res, text := d.do(t, "POST", path, body, header...)
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var lines []string
	failed := false
	for _, it := range a.Items {
		if len(it) != 1 {
			t.Fatalf("an item of %d: %s", len(it), text)
		}
		for op, r := range it {
			id := "-"
			if r.ID != nil {
				id = *r.ID
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %d", op, r.Index, id, r.Status))
			failed = failed || r.Error != nil
			if (r.Error == nil) != (r.Status < 300) || r.Error != nil && (r.Error.Type == "" || r.Error.Reason == "") {
				t.Errorf("item %+v", r)
			}
		}
	}
	if failed != a.Errors {
		t.Errorf("errors is %v: %s", a.Errors, text)
	}
	return a, lines
}

func (d *door) held() map[string]string {
	held := map[string]string{}
	for _, b := range d.journal.Committed() {
		held[b.Format] += string(b.Data)
	}
	return held
}

func TestItems(t *testing.T) {
	const src = `{"a":1}`
	for name, c := range map[string]struct {
		path, body string
		items      []string
		held       map[string]string
	}{
		"create and index": {"/_bulk", `{"create":{"_index":"eve"}}` + "\n" + src + "\n" + `{"index":{"_index":"eve-2026.03.04","_id":"x"}}` + "\n" + `{"b":2}` + "\n",
			[]string{"create eve b1-1 201", "index eve-2026.03.04 x 201"}, map[string]string{"eve": src + "\n{\"b\":2}\n"}},
		"index of the path":  {"/cowrie-2026/_bulk", "{\"create\":{}}\n" + src, []string{"create cowrie-2026 b1-1 201"}, map[string]string{"cowrie": src + "\n"}},
		"type in the path":   {"/cowrie/_doc/_bulk", "{\"create\":{}}\n" + src, []string{"create cowrie b1-1 201"}, map[string]string{"cowrie": src + "\n"}},
		"alias":              {"/suricata-7/_bulk", "{\"create\":{}}\n" + src, []string{"create suricata-7 b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"data stream":        {"/logs-suricata.eve-default/_bulk", "{\"create\":{}}\n" + src, []string{"create logs-suricata.eve-default b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"name with a hyphen": {"/dns-log-1/_bulk", "{\"create\":{}}\n" + src, []string{"create dns-log-1 b1-1 201"}, map[string]string{"dns-log": src + "\n"}},
		"pipeline of the query": {"/filebeat-8/_bulk?pipeline=cowrie", "{\"create\":{}}\n" + src,
			[]string{"create filebeat-8 b1-1 201"}, map[string]string{"cowrie": src + "\n"}},
		"format of the query": {"/_bulk?format=eve", "{\"create\":{\"_index\":\"any\"}}\n" + src,
			[]string{"create any b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"pipeline of the action": {"/filebeat-8/_bulk?pipeline=other", "{\"create\":{\"pipeline\":\"filebeat-8.1-suricata-eve-pipeline\"}}\n" + src,
			[]string{"create filebeat-8 b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"two formats": {"/_bulk", "{\"create\":{\"_index\":\"eve\"}}\n" + src + "\n{\"create\":{\"_index\":\"cowrie\"}}\n" + src + "\n{\"create\":{\"_index\":\"eve\"}}\n{}\n",
			[]string{"create eve b1-1 201", "create cowrie b2-1 201", "create eve b1-2 201"}, map[string]string{"eve": src + "\n{}\n", "cowrie": src + "\n"}},
		"empty lines and CR": {"/eve/_bulk", "\r\n{\"create\":{}}\r\n\r\n" + src + "\r\n\n", []string{"create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"broken source": {"/eve/_bulk", "{\"create\":{}}\n{\"a\":\n{\"create\":{}}\n" + src,
			[]string{"create eve - 400", "create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"source is an array":   {"/eve/_bulk", "{\"create\":{\"_id\":\"i\"}}\n[1]\n", []string{"create eve i 400"}, nil},
		"duplicate names":      {"/eve/_bulk", "{\"create\":{}}\n{\"a\":1,\"a\":2}\n", []string{"create eve - 400"}, nil},
		"invalid UTF-8":        {"/eve/_bulk", "{\"create\":{}}\n{\"a\":\"\xff\"}\n", []string{"create eve - 400"}, nil},
		"NUL":                  {"/eve/_bulk", "{\"create\":{}}\n{\"a\":\"\x00\"}\n", []string{"create eve - 400"}, nil},
		"no source":            {"/eve/_bulk", "{\"create\":{}}\n", []string{"create eve - 400"}, nil},
		"unknown index":        {"/_bulk", "{\"create\":{\"_index\":\"nonesuch\"}}\n" + src, []string{"create nonesuch - 400"}, nil},
		"no index":             {"/_bulk", "{\"create\":{}}\n" + src, []string{"create  - 400"}, nil},
		"CSV format":           {"/shadowserver/_bulk", "{\"create\":{}}\n" + src, []string{"create shadowserver - 400"}, nil},
		"delete has no source": {"/eve/_bulk", "{\"delete\":{\"_id\":\"1\"}}\n{\"create\":{}}\n" + src, []string{"delete eve 1 400", "create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"update has a source":  {"/eve/_bulk", "{\"update\":{\"_id\":\"1\"}}\n{\"doc\":{}}\n{\"create\":{}}\n" + src, []string{"update eve 1 400", "create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"broken action": {"/eve/_bulk", "{\"create\":{}\n{\"b\":1}\n{\"create\":{}}\n" + src,
			[]string{"index eve - 400", "create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"broken action, its source lost": {"/eve/_bulk", "garbage\n{\"create\":{}}\n" + src,
			[]string{"index eve - 400", "create eve b1-1 201"}, map[string]string{"eve": src + "\n"}},
		"unknown action":      {"/eve/_bulk", "{\"explode\":{}}\n{\"b\":1}\n", []string{"index eve - 400"}, nil},
		"action of two":       {"/eve/_bulk", "{\"create\":{},\"index\":{}}\n{\"b\":1}\n", []string{"index eve - 400"}, nil},
		"id is a number":      {"/eve/_bulk", "{\"create\":{\"_id\":7,\"_type\":null,\"routing\":{\"x\":[1]}}}\n{}\n", []string{"create eve 7 201"}, map[string]string{"eve": "{}\n"}},
		"id is an object":     {"/eve/_bulk", "{\"create\":{\"_id\":{}}}\n{}\n", []string{"index eve - 400"}, nil},
		"index is too long":   {"/eve/_bulk", "{\"create\":{\"_index\":\"" + strings.Repeat("e", 600) + "\"}}\n{}\n", []string{"index eve - 400"}, nil},
		"names need escaping": {"/_bulk", "{\"create\":{\"_index\":\"eve-\\\"\\u0000<\",\"_id\":\"\\\\\"}}\n{}\n", []string{"create eve-\"\x00< \\ 201"}, map[string]string{"eve": "{}\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, collect.Config{}, bulk.Config{})
			_, got := d.send(t, c.path, c.body)
			if !slices.Equal(got, c.items) {
				t.Errorf("items\n got %q\nwant %q", got, c.items)
			}
			if held := d.held(); !maps.Equal(held, c.held) && len(held)+len(c.held) > 0 {
				t.Errorf("journal holds %q, want %q", held, c.held)
			}
		})
	}
}

func TestOverlongLines(t *testing.T) {
	d := open(t, collect.Config{MaxRecord: 4096}, bulk.Config{})
	long := `{"x":"` + strings.Repeat("x", 5000) + `"}`
	_, got := d.send(t, "/eve/_bulk", "{\"create\":{}}\n"+long+"\n{\"create\":{}}\n{}\n{\"create\":{\"_id\":\""+long+"\"}}\n{}\n")
	if want := []string{"create eve - 400", "create eve b1-1 201", "index eve - 400"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheDeliverySaysWhatItIs(t *testing.T) {
	d := open(t, collect.Config{}, bulk.Config{})
	body := "{\"create\":{\"_index\":\"eve\"}}\n{}\n{\"create\":{\"_index\":\"cowrie\"}}\n{}\n"
	d.send(t, "/_bulk", body, "Idempotency-Key", "k", "Haidang-Shed", "3", "Authorization", "Bearer replay")
	b := d.journal.Committed()
	if len(b) != 2 {
		t.Fatalf("%d batches", len(b))
	}
	if b[0].Sensor != "demo" || b[0].Door != "bulk" || !b[0].Replay || b[0].Received.Std() != now {
		t.Errorf("%+v", b[0].Delivery)
	}
	if b[0].Key != "k/eve" || b[1].Key != "k/cowrie" || b[0].Shed != 3 || b[1].Shed != 0 {
		t.Errorf("%+v %+v", b[0].Delivery, b[1].Delivery)
	}
}

func TestGzip(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	var want strings.Builder
	for i := range 5000 {
		src := fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, strings.Repeat("x", 300))
		fmt.Fprintf(w, "{\"create\":{\"_index\":\"eve\"}}\n%s\n", src)
		want.WriteString(src + "\n")
	}
	w.Close()
	d := open(t, collect.Config{}, bulk.Config{})
	a, _ := d.send(t, "/_bulk", z.String(), "Content-Encoding", "gzip")
	b := d.journal.Committed()
	if len(a.Items) != 5000 || a.Errors || len(b) != 1 || string(b[0].Data) != want.String() || len(b[0].Chunks) < 2 {
		t.Errorf("%d items, %d batches", len(a.Items), len(b))
	}
}

func TestTokensWhereShippersPutThem(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for header, want := range map[string]int{
		"Bearer good":                   200,
		"bearer good":                   200,
		"Basic " + b64("anybody:good"):  200,
		"Basic " + b64(":good"):         200,
		"ApiKey " + b64("id:good"):      200,
		"ApiKey " + b64("good"):         200,
		"ApiKey good!":                  401,
		"Basic " + b64("good"):          401,
		"Basic !!":                      401,
		"Basic " + b64("elastic:wrong"): 401,
		"Bearer revoked":                403,
		"Digest good":                   401,
		"":                              401,
	} {
		d := open(t, collect.Config{}, bulk.Config{})
		res, text := d.do(t, "GET", "/", "", "Authorization", header)
		if res.StatusCode != want {
			t.Errorf("%q: %d %s", header, res.StatusCode, text)
		}
		if want == 401 && len(res.Header.Values("WWW-Authenticate")) != 3 {
			t.Errorf("%q: challenges %q", header, res.Header.Values("WWW-Authenticate"))
		}
	}
}

func TestWholeRequestsAreRefusedInElasticsearchsForm(t *testing.T) {
	pair := "{\"create\":{\"_index\":\"eve\"}}\n{}\n"
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		err                error
		status             int
		kind, retry        string
	}{
		"no token":         {"POST", "/_bulk", pair, []string{"Authorization", ""}, nil, 401, "security_exception", ""},
		"revoked":          {"POST", "/_bulk", pair, []string{"Authorization", "Bearer revoked"}, nil, 403, "security_exception", ""},
		"empty":            {"POST", "/_bulk", "", nil, nil, 400, "illegal_argument_exception", ""},
		"only line breaks": {"POST", "/_bulk", "\n\n", nil, nil, 400, "illegal_argument_exception", ""},
		"binary":           {"POST", "/_bulk", "\x00\x01\x02", nil, nil, 400, "illegal_argument_exception", ""},
		"not gzip":         {"POST", "/_bulk", pair, []string{"Content-Encoding", "gzip"}, nil, 400, "illegal_argument_exception", ""},
		"brotli":           {"POST", "/_bulk", pair, []string{"Content-Encoding", "br"}, nil, 415, "illegal_argument_exception", ""},
		"bad key":          {"POST", "/_bulk", pair, []string{"Idempotency-Key", "a b"}, nil, 400, "illegal_argument_exception", ""},
		"too large":        {"POST", "/_bulk", strings.Repeat(pair, 100), nil, nil, 413, "content_too_long_exception", ""},
		"too many items":   {"POST", "/_bulk", strings.Repeat("{\"create\":{}}\n{}\n", 21), nil, nil, 413, "content_too_long_exception", ""},
		"behind":           {"POST", "/_bulk", pair, nil, collecttest.StatusError{Status: 429}, 429, "es_rejected_execution_exception", "2"},
		"disk full":        {"POST", "/_bulk", pair, nil, collecttest.StatusError{Status: 507}, 507, "cluster_block_exception", ""},
		"our fault":        {"POST", "/_bulk", pair, nil, fmt.Errorf("secret"), 500, "exception", ""},
		"wrong method":     {"DELETE", "/_bulk", pair, nil, nil, 405, "illegal_argument_exception", ""},
		"search":           {"GET", "/eve/_search", "", nil, nil, 404, "resource_not_found_exception", ""},
		"delete an index":  {"DELETE", "/eve", "", nil, nil, 404, "resource_not_found_exception", ""},
		"delete template":  {"DELETE", "/_template/x", "", nil, nil, 405, "illegal_argument_exception", ""},
		"read bulk":        {"GET", "/eve/_bulk", "", nil, nil, 405, "illegal_argument_exception", ""},
		"unknown API":      {"GET", "/_nonesuch", "", nil, nil, 404, "resource_not_found_exception", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, collect.Config{MaxBody: 2000}, bulk.Config{MaxItems: 20})
			d.journal.CommitErr = c.err
			res, text := d.do(t, c.method, c.path, c.body, c.header...)
			var got struct {
				Error struct {
					Type, Reason string
					RootCause    []struct{ Type string } `json:"root_cause"`
				}
				Status int
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%d %v: %s", res.StatusCode, err, text)
			}
			if res.StatusCode != c.status || got.Status != c.status || got.Error.Type != c.kind || len(got.Error.RootCause) != 1 || got.Error.Reason == "" {
				t.Errorf("%d %s", res.StatusCode, text)
			}
			if strings.Contains(text, "secret") || res.Header.Get("Retry-After") != c.retry {
				t.Errorf("%s; Retry-After %q", text, res.Header.Get("Retry-After"))
			}
			if len(d.journal.Committed()) > 0 {
				t.Error("something was journalled")
			}
		})
	}
}

// failing refuses to begin batches of one format.
type failing struct {
	journal
	format string
}

func (f failing) Begin(d event.Delivery) (collect.Append, error) {
	if d.Format == f.format {
		return nil, collecttest.StatusError{Status: 429, Text: "x"}
	}
	return f.journal.Begin(d)
}

func TestOneFormatThatFailsIsToldByItem(t *testing.T) {
	d := open(t, collect.Config{}, bulk.Config{})
	d.intake.Journal = failing{journal{d.journal}, "cowrie"}
	body := "{\"create\":{\"_index\":\"eve\"}}\n{}\n{\"create\":{\"_index\":\"cowrie\"}}\n{}\n{\"create\":{\"_index\":\"x\"}}\n{}\n"
	_, got := d.send(t, "/_bulk", body)
	if want := []string{"create eve b1-1 201", "create cowrie - 429", "create x - 400"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	r := d.intake.Refused("hanoi-1", now.Truncate(time.Hour), now)
	if len(r) != 1 || r[0].Items[429] != 1 || r[0].Items[400] != 1 || len(r[0].Requests) != 0 {
		t.Errorf("refused %+v", r)
	}
}

func TestSingleDocuments(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		held               map[string]string
	}{
		"doc":        {"POST", "/eve/_doc", "{\"a\":\n 1}\r\n", 201, map[string]string{"eve": "{\"a\":  1}  \n"}},
		"doc by id":  {"PUT", "/eve-1/_doc/7", `{"a":1}`, 201, map[string]string{"eve": "{\"a\":1}\n"}},
		"create":     {"PUT", "/eve/_create/7", `{"a":1}`, 201, map[string]string{"eve": "{\"a\":1}\n"}},
		"no JSON":    {"POST", "/eve/_doc", "{\"a\":\"\n\"}", 400, nil},
		"too long":   {"POST", "/eve/_doc", `{"a":"` + strings.Repeat("x", 5000) + `"}`, 400, nil},
		"empty":      {"POST", "/eve/_doc", " \n", 400, nil},
		"no format":  {"POST", "/other/_doc", `{}`, 400, nil},
		"CSV format": {"POST", "/shadowserver/_doc", `{}`, 400, nil},
	} {
		d := open(t, collect.Config{MaxRecord: 4096}, bulk.Config{})
		res, text := d.do(t, c.method, c.path, c.body)
		if res.StatusCode != c.status || !json.Valid([]byte(text)) {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
		if held := d.held(); !maps.Equal(held, c.held) && len(held)+len(c.held) > 0 {
			t.Errorf("%s: journal holds %q", name, held)
		}
	}
}
