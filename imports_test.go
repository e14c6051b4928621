// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// foundation may be imported by every room: words and tools without a life.
var foundation = []string{"event", "pagecache", "strictjson", "vitals"}

// may says which rooms a room may import beside the foundation, and why. A room
// is the first folder of an import path. A room that is not in the table fails
// the test.
var may = map[string]map[string]string{
	"event":       {},
	"strictjson":  {},
	"vitals":      {},
	"pagecache":   {},
	"collect":     {},
	"journal":     {},
	"normalise":   {},
	"disclosure":  {},
	"enrich":      {},
	"measure":     {},
	"store":       {},
	"figure":      {},
	"classify":    {"figure": "the open lattice answers in its definitions, periods and formulas", "disclosure": "protected tables are hidden by its rules, counts of units get its noise", "release": "its verdicts stand before every open answer"},
	"identity":    {},
	"routing":     {},
	"release":     {},
	"incident":    {},
	"participant": {},
	"config":      {},
	"audit":       {},
	"cite":        {},
	"series":      {"figure": "periods of the calendar, and the rule of ranks"},
	"backup":      {},
	"recording":   {},
	"sensor":      {},
	"web":         {},
	"mutant":      {},
	"chromium":    {},
	"docs":        {},
	"replay":      {"recording": "it sends the embedded recording"},
	"share": {
		"classify": "it encodes Released and nothing else",
		"identity": "it needs to know who asks",
		"web":      "pages name the embedded scripts and styles",
		"figure":   "definitions are shown, figures put into words",
		"release":  "decisions of the release desk are made and shown in its words",
	},
	"app": {
		"collect": "composition", "journal": "composition", "normalise": "composition",
		"enrich": "composition", "measure": "composition", "store": "composition",
		"classify": "composition", "identity": "composition", "config": "composition",
		"audit": "composition", "backup": "composition", "incident": "composition", "routing": "composition",
		"participant": "composition", "release": "composition",
		"cite":   "composition",
		"series": "composition",
		"share":  "composition", "web": "composition", "docs": "the portal serves them",
	},
	"agent": {
		"sensor":    "spools, following, batches",
		"normalise": "a line of ClamAV's log is cut down on the machine as a door would",
	},
	"cmd": {
		"app":       "the observatory",
		"config":    "`config check` and flags",
		"sensor":    "the client side: follows files",
		"agent":     "the client side: heartbeats and detections",
		"replay":    "the client side: sends a recording",
		"recording": "replay's streams",
		"normalise": "import needs a format's framing",
		"classify":  "answers of administration commands are in its words",
		"cite":      "a verifier's side: checks a document without a server",
		"audit":     "a verifier's side: checks a log's folder without a server",
		"backup":    "recipients, identities and archives are in its words",
	},
	"bench": {
		"app": "it runs the product", "config": "its settings", "replay": "the load generator", "recording": "line shapes",
		"normalise": "it times the rooms alone", "enrich": "likewise", "measure": "likewise", "store": "likewise",
		"journal": "likewise", "collect": "likewise", "participant": "likewise", "classify": "it times the gate alone",
	},
	"e2e": {
		"app": "stories drive the whole product", "config": "a story's settings",
		"replay": "stories replay", "recording": "stories replay", "classify": "answers",
	},
}

type pkg struct {
	ImportPath string
	Name       string
	Dir        string
	Imports    []string
	GoFiles    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Dir,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func room(path string) (name string, ours bool) {
	rest, ours := strings.CutPrefix(path, "haidang/")
	name, _, _ = strings.Cut(rest, "/")
	return name, ours
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	for _, p := range packages(t) {
		from, ours := room(p.ImportPath)
		if !ours {
			continue
		}
		allowed, known := may[from]
		if !known {
			t.Errorf("room %s is not in the table: say what it may import, and why", from)
			continue
		}
		for _, i := range p.Imports {
			to, ours := room(i)
			if !ours || to == from || slices.Contains(foundation, to) && !slices.Contains(foundation, from) {
				continue
			}
			if allowed[to] == "" {
				t.Errorf("%s imports %s: room %s may not import room %s", p.ImportPath, i, from, to)
			}
		}
	}
}

// A folder imports its parents and what lies below it, never a sibling, so that
// a door or a format can be taken out alone. app, cmd and programs put together.
func TestFoldersDoNotImportSiblings(t *testing.T) {
	for _, p := range packages(t) {
		from, ours := room(p.ImportPath)
		if !ours || from == "app" || from == "cmd" || p.Name == "main" {
			continue
		}
		for _, i := range p.Imports {
			if to, ours := room(i); !ours || to != from {
				continue
			}
			if !below(i, p.ImportPath) && !below(p.ImportPath, i) && !strings.Contains(i, "/internal/") {
				t.Errorf("%s imports its sibling %s", p.ImportPath, i)
			}
		}
	}
}

func below(path, parent string) bool { return strings.HasPrefix(path, parent+"/") }
