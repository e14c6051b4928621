// SPDX-License-Identifier: Apache-2.0

package main

import (
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
var cites = map[string]func(*testscript.TestScript, bool, []string){"cite": citeFigure, "fetch": fetchTo, "alter": alter, "verifythere": verifyThere}

// citeFigure BASE FIGURE FILE cites a figure of three days ago and writes the signed
// document; what the permalink itself answers goes to permalink.json.
func citeFigure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cite BASE FIGURE FILE")
	}
	q := url.Values{"figure": {args[1]}, "period": {time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly)}}
	resp, err := http.Post(args[0]+"/api/v1/cite?"+q.Encode(), "", nil)
	ts.Check(err)
	var answer struct {
		Permalink string
		Document  json.RawMessage
	}
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_ = resp.Body.Close()
	if err := json.Unmarshal(text, &answer); err != nil || resp.StatusCode != http.StatusOK || answer.Permalink == "" {
		ts.Fatalf("%s %s", resp.Status, text)
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
