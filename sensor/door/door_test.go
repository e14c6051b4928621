// SPDX-License-Identifier: Apache-2.0

package door

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, secure bool, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, c Config) *Client {
	t.Helper()
	if c.Token == nil {
		c.Token = TokenFrom("", " good\n")
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func answer(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if code != "" {
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		}
		w.Header().Set("Retry-After", "3")
		w.Header().Set("Haidang-Request", "abc")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"urn:haidang:problem:%s","title":"It is so","detail":"Do this."}`, code)
	}
}

func TestWhatARequestCarries(t *testing.T) {
	var got http.Header
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		fmt.Fprintf(w, `{"batch":"b-%s","bytes":5,"records":2,"duplicate":true}`, strings.TrimPrefix(r.URL.Path, "/api/v1/ingest/"))
	})
	r, err := client(t, Config{To: s.URL + "/"}).Send(t.Context(), Batch{Format: "eve", Body: []byte("x"), Spool: "sp", Seq: 7, Shed: 9, Key: "k", Replay: true})
	if err != nil || r != (Receipt{"b-eve", 5, 2, true}) {
		t.Fatalf("%+v %v", r, err)
	}
	for name, want := range map[string]string{"Authorization": "Bearer good", "Content-Encoding": "zstd", "Idempotency-Key": "k",
		"Haidang-Spool": "sp", "Haidang-Sequence": "7", "Haidang-Shed": "9", "Haidang-Replay": "1"} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   Verdict
	}{
		{400, "body-empty", Never}, {400, "body-incomplete", Later}, {400, "", Later}, {401, "token-unknown", Denied}, {403, "", Denied},
		{404, "", Later}, {408, "too-slow", Later}, {409, "key-busy", Later}, {413, "body-too-large", Never}, {413, "", Later},
		{415, "encoding-unknown", Never}, {422, "key-mismatch", Never}, {429, "behind", Later}, {500, "internal", Later}, {507, "disk-full", Later},
	} {
		s := serve(t, false, answer(c.status, c.code))
		_, err := client(t, Config{To: s.URL}).Send(t.Context(), Batch{Format: "eve"})
		verdict, after := VerdictOf(err)
		var e *Error
		if !errors.As(err, &e) || verdict != c.want || after != 3*time.Second || e.Code != c.code || e.Request != "abc" {
			t.Errorf("%d %q: %v (verdict %d, after %s)", c.status, c.code, err, verdict, after)
		}
		if c.code != "" && !strings.Contains(err.Error(), "Do this.") {
			t.Errorf("the remedy is lost: %v", err)
		}
	}
}

// An observatory that is behind says so before it has read the body: the time
// to wait must arrive all the same, not a broken connection.
func TestARefusalBeforeTheBodyIsRead(t *testing.T) {
	s := serve(t, false, answer(429, "behind"))
	c := client(t, Config{To: s.URL})
	for range 5 {
		_, err := c.Send(t.Context(), Batch{Format: "eve", Body: make([]byte, 16<<20)})
		if verdict, after := VerdictOf(err); verdict != Later || after != 3*time.Second {
			t.Fatalf("%v: verdict %d, after %s", err, verdict, after)
		}
	}
}

// An answer that is no receipt must not pass for one: the batch would be lost.
func TestStrangeAnswersAreNoReceipts(t *testing.T) {
	for _, body := range []string{"", "<html>Welcome to the network</html>", "{}", `{"batch":""}`, `{"batch":"b"`} {
		s := serve(t, false, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		if _, err := client(t, Config{To: s.URL}).Send(t.Context(), Batch{Format: "eve"}); err == nil {
			t.Errorf("%q passes for a receipt", body)
		}
	}
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://other.example/", http.StatusFound)
	})
	if _, err := client(t, Config{To: s.URL}).Send(t.Context(), Batch{Format: "eve"}); err == nil || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("redirect: %v", err)
	}
}

func TestOwnAuthority(t *testing.T) {
	s := serve(t, true, answer(400, "body-empty"))
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	good, words := checks(t, Config{To: s.URL, CA: ca})
	if !good {
		t.Error(words)
	}
	if good, words = checks(t, Config{To: s.URL}); good || !strings.Contains(words, "--ca") {
		t.Error(words)
	}
	if _, err := New(Config{To: s.URL, CA: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file that is not there is no authority")
	}
}

func checks(t *testing.T, c Config) (good bool, words string) {
	t.Helper()
	good = true
	for _, k := range client(t, c).Checks(t.Context(), "eve", time.Now) {
		good = good && k.Good
		words += fmt.Sprintf("%s %v %s %s\n", k.Name, k.Good, k.Detail, k.Remedy)
	}
	return good, words
}

func TestChecksSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		good   bool
		want   string
	}{
		{400, "body-empty", true, "eve is known"},
		{401, "token-unknown", false, "haidang sensor enrol"},
		{403, "token-not-allowed", false, "rotate"},
		{400, "format-unknown", false, "formats"},
		{507, "disk-full", false, "keep them"},
		{404, "", false, "proxy"},
	} {
		s := serve(t, false, answer(c.status, c.code))
		if good, words := checks(t, Config{To: s.URL}); good != c.good || !strings.Contains(words, c.want) {
			t.Errorf("%d %s: %v\n%s", c.status, c.code, good, words)
		}
	}
	s := serve(t, false, answer(400, "body-empty"))
	s.Close()
	if good, words := checks(t, Config{To: s.URL}); good || !strings.Contains(words, "firewalls") {
		t.Errorf("nobody listens: %v\n%s", good, words)
	}
	s = serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		answer(400, "body-empty")(w, r)
	})
	if good, words := checks(t, Config{To: s.URL}); good || !strings.Contains(words, "NTP") {
		t.Errorf("a clock an hour off: %v\n%s", good, words)
	}
}

func TestAddressesAndTokens(t *testing.T) {
	for _, to := range []string{"", "observatory.example", "ftp://a", "http://", "http://a?b=c"} {
		if _, err := New(Config{To: to, Token: TokenFrom("", "x")}); err == nil {
			t.Errorf("%q is taken for an address", to)
		}
	}
	f := filepath.Join(t.TempDir(), "token")
	token := TokenFrom(f, "unused")
	if _, err := token(); err == nil {
		t.Error("a token out of no file")
	}
	for _, want := range []string{"one", "two"} { // rotated
		if err := os.WriteFile(f, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := token(); err != nil || got != want {
			t.Errorf("%q %v", got, err)
		}
	}
	s := serve(t, false, answer(400, "body-empty"))
	if _, err := client(t, Config{To: s.URL, Token: TokenFrom("", "a\r\nb")}).Send(t.Context(), Batch{}); err == nil {
		t.Error("a token with a line break was sent")
	}
}
