// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cites are commands of stories about figures that are cited.
var cites = map[string]func(*testscript.TestScript, bool, []string){
	"report": reportAlert, "cite": citeFigure, "fetch": fetchTo, "alter": alter, "verifythere": verifyThere,
}

// reportAlert BASE FILE sends an alert of three days ago about a machine in Vietnam, with
// the sensor's token that a file holds, and waits until it is stored.
func reportAlert(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: report BASE FILE")
	}
	token := strings.TrimSpace(ts.ReadFile(args[1]))
	line := `{"timestamp":"` + time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly) + `T05:00:00.000000+0000","event_type":"alert","src_ip":"192.0.2.7","src_port":4000,` +
		`"dest_ip":"14.160.0.9","dest_port":22,"proto":"TCP","alert":{"signature_id":2001219,"signature":"ET SCAN Potential SSH Scan","category":"Attempted Information Leak","severity":2}}` + "\n"
	var receipt struct{ Batch string }
	answered(ts, token, http.MethodPost, args[0]+"/api/v1/ingest/eve", line, &receipt)
	var batch struct{ State string }
	if answered(ts, token, http.MethodGet, args[0]+"/api/v1/batches/"+receipt.Batch+"?wait=30s", "", &batch); batch.State != "committed" {
		ts.Fatalf("batch %s: %s", receipt.Batch, batch.State)
	}
}

// answered sends a request, with a token where there is one, and reads the JSON that
// answers it.
func answered(ts *testscript.TestScript, token, method, address, body string, into any) {
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	ts.Check(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if err := json.Unmarshal(text, into); err != nil || resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s: %s %s", method, address, resp.Status, text)
	}
}

// citeFigure BASE FIGURE FILE cites a figure of three days ago and writes the signed
// document; what the permalink itself answers goes to permalink.json.
func citeFigure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cite BASE FIGURE FILE")
	}
	q := url.Values{"figure": {args[1]}, "period": {time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly)}}
	var answer struct {
		Permalink string
		Document  json.RawMessage
	}
	if answered(ts, "", http.MethodPost, args[0]+"/api/v1/cite?"+q.Encode(), "", &answer); answer.Permalink == "" {
		ts.Fatalf("no permalink: %s", answer.Document)
	}
	_, _ = io.WriteString(ts.Stdout(), answer.Permalink+"\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), answer.Document, 0o600))
	fetchTo(ts, false, []string{answer.Permalink + ".json", "permalink.json"})
}

// verifyThere FILE ARGS verifies the permalink that a file holds.
func verifyThere(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: verifythere FILE ARGS")
	}
	err := ts.Exec("haidang", append([]string{"verify", strings.TrimSpace(ts.ReadFile(args[0]))}, args[1:]...)...)
	if (err != nil) != neg {
		ts.Fatalf("verify: %v", err)
	}
}

// fetchTo URL FILE writes what an address answers to a file.
func fetchTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fetch URL FILE")
	}
	resp, err := http.Get(args[0])
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s %s", args[0], resp.Status, text)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}

// alter FILE OLD NEW replaces a text in a file, which must hold it.
func alter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: alter FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q: %s", args[0], args[1], text)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}
