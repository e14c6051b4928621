// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"haidang/collect"
	"haidang/collect/collecttest"
)

const line = "{\"a\":1}\n"

type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
}

// refused checks that an answer is a problem document of that status and code,
// and that the journal acknowledged nothing.
func (d *door) refused(t *testing.T, res *http.Response, text string, status int, code string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%d, not a problem document: %v: %s", res.StatusCode, err, text)
	}
	if res.StatusCode != status || p.Status != status || p.Type != "urn:haidang:problem:"+code {
		t.Errorf("answered %d: %s; want %d %s", res.StatusCode, text, status, code)
	}
	if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if p.Title == "" || p.Detail == "" || p.Instance != "urn:haidang:request:"+res.Header.Get(collect.HeaderRequest) {
		t.Errorf("problem %+v of request %q", p, res.Header.Get(collect.HeaderRequest))
	}
	if n := len(d.journal.Committed()); n > 0 {
		t.Errorf("%d batches were journalled", n)
	}
	for _, b := range d.journal.Batches() {
		if b.Done == "" {
			t.Errorf("a batch was left open")
		}
	}
	return p
}

func TestBadRequestsAreRefusedWithAClearAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		format, body string
		header       []string
		status       int
		code, words  string
	}{
		"unknown format":           {"nonesuch", line, nil, 400, "format-unknown", "eve, shadowserver"},
		"no format":                {"", line, nil, 400, "format-unknown", "eve"},
		"format with a path":       {"eve/x", line, nil, 400, "format-unknown", "eve/x"},
		"empty body":               {"eve", "", nil, 400, "body-empty", "at least one record"},
		"empty body, gzip":         {"eve", "", []string{"Content-Encoding", "gzip"}, 400, "body-empty", ""},
		"empty gzip":               {"eve", pack(t, "gzip", ""), []string{"Content-Encoding", "gzip"}, 400, "body-empty", ""},
		"only empty lines":         {"eve", "\n\r\n\n", nil, 400, "body-empty", ""},
		"header row alone":         {"shadowserver", "a,b\n", nil, 400, "body-empty", "below its header"},
		"header row too long":      {"shadowserver", strings.Repeat("a,", 40000) + "\n1\n", nil, 400, "header-too-long", ""},
		"binary":                   {"eve", "\x00\x01\x02\x03\x00\x00", nil, 400, "no-record-boundary", "one record a line"},
		"gzip not named":           {"eve", pack(t, "gzip", line), nil, 400, "no-record-boundary", "Content-Encoding: gzip"},
		"zstd not named":           {"eve", pack(t, "zstd", line), nil, 400, "no-record-boundary", "Content-Encoding: zstd"},
		"UTF-16":                   {"eve", "\xff\xfe{\x00}\x00", nil, 400, "no-record-boundary", "UTF-8"},
		"not gzip":                 {"eve", line, []string{"Content-Encoding", "gzip"}, 400, "encoding-broken", "not valid gzip"},
		"not zstd":                 {"eve", line, []string{"Content-Encoding", "zstd"}, 400, "encoding-broken", "not valid zstd"},
		"not s2":                   {"eve", line, []string{"Content-Encoding", "s2"}, 400, "encoding-broken", "not valid s2"},
		"gzip cut off":             {"eve", cut(pack(t, "gzip", line)), []string{"Content-Encoding", "gzip"}, 400, "body-incomplete", "cut off"},
		"zstd cut off":             {"eve", cut(pack(t, "zstd", line)), []string{"Content-Encoding", "zstd"}, 400, "body-incomplete", "cut off"},
		"gzip with a tail":         {"eve", pack(t, "gzip", line) + "a tail that is no gzip", []string{"Content-Encoding", "gzip"}, 400, "encoding-broken", ""},
		"unknown encoding":         {"eve", line, []string{"Content-Encoding", "br"}, 415, "encoding-unknown", "identity, gzip, zstd or s2"},
		"two encodings":            {"eve", line, []string{"Content-Encoding", "gzip, gzip"}, 415, "encoding-unknown", ""},
		"no token":                 {"eve", line, []string{"Authorization", ""}, 401, "token-missing", "haidang sensor enrol"},
		"basic":                    {"eve", line, []string{"Authorization", "Basic Z29vZDpnb29k"}, 401, "token-missing", ""},
		"wrong token":              {"eve", line, []string{"Authorization", "Bearer bad"}, 401, "token-unknown", "haidang sensor enrol"},
		"wrong token, bad format":  {"nonesuch", line, []string{"Authorization", "Bearer bad"}, 401, "token-unknown", ""},
		"revoked token":            {"eve", line, []string{"Authorization", "Bearer revoked"}, 403, "token-not-allowed", "revoked"},
		"key too long":             {"eve", line, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "header-invalid", "255"},
		"key with a space":         {"eve", line, []string{"Idempotency-Key", "a b"}, 400, "header-invalid", "visible"},
		"key empty":                {"eve", line, []string{"Idempotency-Key", `""`}, 400, "header-invalid", ""},
		"spool without a number":   {"eve", line, []string{"Haidang-Spool", "s"}, 400, "header-invalid", "Haidang-Sequence"},
		"number without a spool":   {"eve", line, []string{"Haidang-Sequence", "1"}, 400, "header-invalid", "Haidang-Sequence"},
		"number is no number":      {"eve", line, []string{"Haidang-Spool", "s", "Haidang-Sequence", "-1"}, 400, "header-invalid", "whole number"},
		"spool too long":           {"eve", line, []string{"Haidang-Spool", strings.Repeat("s", 65), "Haidang-Sequence", "1"}, 400, "header-invalid", "64"},
		"shed is no number":        {"eve", line, []string{"Haidang-Shed", "many"}, 400, "header-invalid", "dropped"},
		"replay is something else": {"eve", line, []string{"Haidang-Replay", "yes"}, 400, "header-invalid", "Haidang-Replay"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, collect.Config{})
			res, text := d.post(t, c.format, strings.NewReader(c.body), c.header...)
			p := d.refused(t, res, text, c.status, c.code)
			if !strings.Contains(p.Detail, c.words) {
				t.Errorf("detail %q does not name %q", p.Detail, c.words)
			}
			auth := res.Header.Get("WWW-Authenticate")
			if want := c.status == 401 || c.status == 403; want != strings.HasPrefix(auth, `Bearer realm="haidang"`) {
				t.Errorf("WWW-Authenticate %q", auth)
			}
			if want := c.status == 415; want != (res.Header.Get("Accept-Encoding") == collect.Encodings) {
				t.Errorf("Accept-Encoding %q", res.Header.Get("Accept-Encoding"))
			}
		})
	}
}

func TestOnlyPOST(t *testing.T) {
	d := open(t, collect.Config{})
	res, err := http.Get(d.URL + "/api/v1/ingest/eve")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

// behind is an error that names its own time to wait.
type behind struct{ collecttest.StatusError }

func (behind) RetryAfter() time.Duration { return 1500 * time.Millisecond }

func TestTheJournalsErrorsAreAnswered(t *testing.T) {
	inside := errors.New("open /secret/place: no such file")
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{collecttest.StatusError{Status: 409, Text: "x"}, 409, "key-busy", ""},
		{collecttest.StatusError{Status: 422, Text: "x"}, 422, "key-mismatch", ""},
		{collecttest.StatusError{Status: 429, Text: "x"}, 429, "behind", "2"},
		{behind{collecttest.StatusError{Status: 429, Text: "x"}}, 429, "behind", "2"},
		{collecttest.StatusError{Status: 503, Text: "x"}, 503, "unavailable", "2"},
		{collecttest.StatusError{Status: 507, Text: "/secret/place is full"}, 507, "disk-full", ""},
		{collecttest.StatusError{Status: 418, Text: "x"}, 500, "internal", ""},
		{inside, 500, "internal", ""},
		{fmt.Errorf("wrapped: %w", collecttest.StatusError{Status: 507, Text: "x"}), 507, "disk-full", ""},
	} {
		for _, where := range []string{"begin", "write", "commit"} {
			t.Run(fmt.Sprintf("%d %s", c.status, where), func(t *testing.T) {
				d := open(t, collect.Config{})
				switch where {
				case "begin":
					d.journal.BeginErr = c.err
				case "write":
					d.journal.WriteErr = c.err
				default:
					d.journal.CommitErr = c.err
				}
				res, text := d.post(t, "eve", strings.NewReader(line))
				d.refused(t, res, text, c.status, c.code)
				if got := res.Header.Get("Retry-After"); got != c.retry {
					t.Errorf("Retry-After %q, want %q", got, c.retry)
				}
				if strings.Contains(text, "secret") {
					t.Errorf("the answer shows our inside: %s", text)
				}
			})
		}
	}
}

func TestRefusedRequestsAreCounted(t *testing.T) {
	d := open(t, collect.Config{})
	for range 3 {
		d.post(t, "nonesuch", strings.NewReader(line))
	}
	d.post(t, "eve", strings.NewReader(line), "Authorization", "Bearer other", "Content-Encoding", "br")
	d.post(t, "eve", strings.NewReader(line), "Authorization", "Bearer bad")
	d.post(t, "eve", strings.NewReader(line))
	hour := now.Truncate(time.Hour)
	for sensor, want := range map[string]string{
		"hanoi-1": "map[400:3]", "hue-1": "map[415:1]", "": "map[401:1]", "demo": "",
	} {
		got := ""
		for _, r := range d.intake.Refused(sensor, hour, hour.Add(time.Hour)) {
			got += fmt.Sprint(r.Requests)
		}
		if got != want {
			t.Errorf("refused of %q: %s, want %s", sensor, got, want)
		}
	}
	if n := len(d.intake.Refused("*", hour, hour.Add(time.Hour))); n != 3 {
		t.Errorf("%d lines for all", n)
	}
	if n := len(d.intake.Refused("*", hour.Add(-time.Hour), hour)); n != 0 {
		t.Errorf("%d lines for the hour before", n)
	}
}

func TestDeliveriesCarryWhatTheHeadersSay(t *testing.T) {
	d := open(t, collect.Config{})
	d.post(t, "eve", strings.NewReader(line), "Idempotency-Key", `"8e03978e"`)
	d.post(t, "eve", strings.NewReader(line), "Idempotency-Key", "8e03978e", "Haidang-Replay", "1")
	d.post(t, "eve", strings.NewReader(line), "Haidang-Spool", "a7", "Haidang-Sequence", "42", "Haidang-Shed", "7")
	d.post(t, "eve", strings.NewReader(line), "Authorization", "Bearer replay")
	d.post(t, "shadowserver", strings.NewReader("\xef\xbb\xbfa,b\r\n\"1\n2\",3\r\n4,5"))
	got := d.journal.Committed()
	if len(got) != 5 {
		t.Fatalf("%d batches", len(got))
	}
	if got[0].Key != "8e03978e" || got[0].Replay || got[1].Key != "8e03978e" || !got[1].Replay {
		t.Errorf("keys %+v %+v", got[0].Delivery, got[1].Delivery)
	}
	if b := got[2]; b.Spool != "a7" || b.SpoolSeq != 42 || b.Shed != 7 {
		t.Errorf("numbering %+v", b.Delivery)
	}
	if b := got[3]; b.Sensor != "demo" || !b.Replay {
		t.Errorf("a replay sensor's batch is not marked: %+v", b.Delivery)
	}
	if b := got[4]; b.Records != 2 || b.Preamble != "a,b\r\n" || string(b.Data) != "\"1\n2\",3\r\n4,5" {
		t.Errorf("CSV: %d records, header %q, %q", b.Records, b.Preamble, b.Data)
	}
}

func TestBrokenRecordsAreJournalledAsTheyCame(t *testing.T) {
	for name, body := range map[string]string{
		"broken JSON":     "{\"a\":\n",
		"half a line":     line + "{\"a\"",
		"duplicate names": "{\"a\":1,\"a\":2}\n",
		"invalid UTF-8":   "{\"a\":\"\xff\xfe\"}\n",
		"NUL":             "{\"a\":\"\x00\"}\n" + line,
		"no JSON at all":  "Mar  4 05:06:07 host sshd[1]: hello\n",
		"deep":            strings.Repeat("[", 10000) + "\n",
	} {
		d := open(t, collect.Config{})
		res, text := d.post(t, "eve", strings.NewReader(body))
		if b := d.journal.Committed(); res.StatusCode != 200 || len(b) != 1 || string(b[0].Data) != body {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
	}
}

// Whoever puts the journal's errors into words need not know of times to wait.
func TestTheTimeToWaitOutlivesTheWords(t *testing.T) {
	i := collect.New(collect.Config{}, collect.Dependencies{
		Classify: func(error) collect.Problem { return collect.ProblemFor(http.StatusTooManyRequests) },
	})
	v := i.Visit(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil), "http")
	defer v.Close()
	for err, want := range map[error]time.Duration{
		behind{}: 1500 * time.Millisecond, errors.New("another"): 2 * time.Second,
	} {
		if got := v.Problem(err).RetryAfter; got != want {
			t.Errorf("%T: %s, want %s", err, got, want)
		}
	}
}
