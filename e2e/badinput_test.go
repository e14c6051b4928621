// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const good = `{"timestamp":"2026-11-21T01:02:03.000004+0700","event_type":"alert","src_ip":"198.51.100.7","src_port":4242,"dest_ip":"203.0.113.9","dest_port":22,"proto":"TCP","alert":{"signature_id":1,"signature":"good","category":"Attempted Information Leak","severity":2}}`

// Each bad record goes to quarantine with its reason and line; the good ones
// around it are stored, and the sender gets 200.
func TestBadRecordsCostNobodyElseAnything(t *testing.T) {
	o := begin(t)
	token := o.enrol("bad-records")
	for _, c := range []struct{ name, record, reason, detail string }{
		{"broken JSON", `{"timestamp":"2026-11-21T01:02:03Z","event_type":}`, "not-json", ""},
		{"half a line", good[:60], "not-json", ""},
		{"no object", `[1,2,3]`, "not-object", ""},
		{"duplicate names", strings.Replace(good, `"src_port":4242`, `"src_ip":"10.0.0.1"`, 1), "duplicate-name", "src_ip"},
		{"hidden duplicate", strings.Replace(good, `"src_port":4242`, `"src\u005fip":"10.0.0.1"`, 1), "duplicate-name", ""},
		{"deep duplicate", strings.Replace(good, `"severity":2`, `"x":{"a":1,"a":2}`, 1), "duplicate-name", ""},
		{"invalid UTF-8", strings.Replace(good, "good", "\xff\xfe", 1), "invalid-utf8", ""},
		{"lone surrogate", strings.Replace(good, "good", `\ud800`, 1), "invalid-utf8", ""},
		{"a raw NUL", strings.Replace(good, "good", "a\x00b", 1), "not-json", ""},
		{"too deep", strings.Replace(good, `"severity":2`, `"x":`+strings.Repeat("[", 80)+strings.Repeat("]", 80), 1), "too-deep", "nested"},
		{"another format", `{"eventid":"cowrie.login.failed","src_ip":"198.51.100.7"}`, "wrong-format", ""},
		{"a bad address", strings.Replace(good, "198.51.100.7", "198.51.100.700", 1), "bad-field", "src_ip"},
		{"no time", `{"event_type":"alert","src_ip":"198.51.100.7"}`, "bad-time", "timestamp"},
		{"a year ahead", strings.Replace(good, "2026-11-21", time.Now().AddDate(1, 0, 0).Format("2006-01-02"), 1), "future-time", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := good + "\n" + c.record + "\n" + good + "\n"
			r := o.post("eve", token, strings.NewReader(body))
			if r.Status != 200 || r.Records != 3 {
				t.Fatalf("%+v", r)
			}
			out := o.committed(r.Batch)
			if out.Stored != 2 || out.Quarantined[c.reason] != 1 || len(out.Lines) != 1 {
				t.Fatalf("%+v, want one %s", out, c.reason)
			}
			if l := out.Lines[0]; l.Line != 2 || !strings.Contains(l.Detail, c.detail) || l.Detail == "" {
				t.Errorf("%+v, want line 2 and a detail about %q", l, c.detail)
			}
		})
	}
	o.balanced("bad-records")
}

// What is unusual but right is kept.
func TestUnusualRecordsAreKept(t *testing.T) {
	o := begin(t)
	token := o.enrol("unusual")
	body := strings.Join([]string{
		strings.Replace(good, "good", `a\u0000b`, 1),                                                   // an escaped NUL is text
		strings.Replace(good, `"alert",`, `"from_the_future",`, 1),                                     // an unknown event type
		strings.Replace(good, "198.51.100.7", "2001:db8::7", 1),                                        // IPv6
		strings.Replace(good, "2026-11-21T01:02:03.000004+0700", "1999-03-11T13:45:02.141757+0000", 1), // an old recording
	}, "\r\n") + "\r\n\r\n"
	r := o.post("eve", token, strings.NewReader(body))
	if out := o.committed(r.Batch); r.Records != 4 || out.Stored != 4 {
		t.Fatalf("%+v %+v", r, out)
	}
	if n := o.count("source.ip=2001:db8::7", "records"); n != 1 {
		t.Errorf("%d records from an IPv6 source", n)
	}
	if n := o.count("event.action=from_the_future&cert.stage=context", "records"); n != 1 {
		t.Errorf("%d records of an unknown type as context", n)
	}
}

// zeros is an endless body of one byte.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	z.left -= n
	return int(n), nil
}

func TestALineOfAHundredMegabytes(t *testing.T) {
	o := newObservatory(t)
	o.env = append(o.env, "HAIDANG_INGEST_MAX_BODY=128 MiB")
	o.start()
	token := o.enrol("long-line")
	body := io.MultiReader(strings.NewReader(good+"\n"+`{"timestamp":"`), &zeros{100 << 20}, strings.NewReader("\"}\n"+good+"\n"))
	r := o.post("eve", token, body)
	if r.Status != 200 || r.Records != 3 {
		t.Fatalf("%+v", r)
	}
	out := o.committed(r.Batch)
	if out.Stored != 2 || out.Quarantined["too-long"] != 1 || out.Lines[0].Line != 2 {
		t.Fatalf("%+v", out)
	}
	o.balanced("long-line")
}

func bomb(t *testing.T, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, &zeros{size}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Requests that cannot be used are refused with a problem document that says
// why and what to do; nothing of them is kept.
func TestBadRequestsAreRefused(t *testing.T) {
	o := begin(t)
	token := o.enrol("bad-requests")
	revoked := o.enrol("revoked")
	o.run("sensor", "revoke", "revoked", "--data", o.data)
	for _, c := range []struct {
		name          string
		format, token string
		body          io.Reader
		headers       []string
		status        int
		detail        string
	}{
		{"unknown format", "netflow", token, strings.NewReader(good), nil, 400, "cowrie"},
		{"empty body", "eve", token, strings.NewReader(""), nil, 400, "record"},
		{"blank lines only", "eve", token, strings.NewReader("\n\r\n\n"), nil, 400, "record"},
		{"no boundary", "eve", token, bytes.NewReader(bytes.Repeat([]byte{0, 1, 2, 255}, 4096)), nil, 400, ""},
		{"no token", "eve", "", strings.NewReader(good), nil, 401, "enrol"},
		{"wrong token", "eve", "hds_wrong", strings.NewReader(good), nil, 401, ""},
		{"revoked", "eve", revoked, strings.NewReader(good), nil, 403, ""},
		{"unknown encoding", "eve", token, strings.NewReader(good), []string{"Content-Encoding", "br"}, 415, "zstd"},
		{"no gzip", "eve", token, strings.NewReader(good), []string{"Content-Encoding", "gzip"}, 400, ""},
		{"gzip bomb", "eve", token, bytes.NewReader(bomb(t, 512<<20)), []string{"Content-Encoding", "gzip"}, 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			r, err := o.tryPost(c.format, c.token, c.body, c.headers...)
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != c.status || !strings.Contains(r.Detail, c.detail) || r.Type == "" || r.Detail == "" {
				t.Errorf("%+v, want %d about %q", r, c.status, c.detail)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("refused only after %v", took)
			}
		})
	}
	r := o.post("eve", token, strings.NewReader(good), "Idempotency-Key", "k")
	if r.Status != 200 {
		t.Fatalf("%+v", r)
	}
	if other := o.post("eve", token, strings.NewReader(good+"\n"+good), "Idempotency-Key", "k"); other.Status != 422 {
		t.Errorf("other bytes under the same key: %+v", other)
	}
	o.committed(r.Batch)
	if n := o.count("observer.name=bad-requests", "records"); n != 1 {
		t.Errorf("%d records, want the one good one", n)
	}
	o.balanced("bad-requests")
	if resp, err := http.Get(o.url + "/api/v1/events"); err != nil || resp.StatusCode != 401 {
		t.Errorf("records without a token: %v %v", resp.StatusCode, err)
	}
}

// Quarantined records can be listed, shown and, when this version reads them,
// sent again; a second replay changes nothing.
func TestQuarantineCommands(t *testing.T) {
	o := begin(t)
	token := o.enrol("q")
	r := o.post("eve", token, strings.NewReader(good+"\n{\"half\": \n"))
	o.committed(r.Batch)
	list := o.run("quarantine", "list", "--data", o.data, "--sensor", "q")
	if !strings.Contains(list, "not-json") || !strings.Contains(list, r.Batch) {
		t.Errorf("list:\n%s", list)
	}
	show := o.run("quarantine", "show", r.Batch, "2", "--data", o.data)
	if !strings.Contains(show, `{\"half\"`) {
		t.Errorf("show:\n%s", show)
	}
	if _, errs, err := o.try("quarantine", "show", r.Batch, "9", "--data", o.data); err == nil || !strings.Contains(errs, "quarantine list") {
		t.Errorf("a line that is not there: %v %s", err, errs)
	}
	if again := o.run("quarantine", "replay", "--data", o.data, "--sensor", "q"); !strings.Contains(again, "1 records tried: 0 accepted, 1 refused again") {
		t.Errorf("replay: %s", again)
	}
	o.stop() // the same commands work on the folder when nobody runs on it
	if list := o.run("quarantine", "list", "--data", o.data); !strings.Contains(list, "not-json") {
		t.Errorf("list without a server:\n%s", list)
	}
}
