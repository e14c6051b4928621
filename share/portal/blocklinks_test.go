// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every block of every page offers CSV, JSON, its picture and a frame, and each of
// them is what it says, in both languages.
var (
	blockStart = regexp.MustCompile(`<section class="block(?: [^"]*)?" aria-labelledby="(?:k-[^" ]+ )?h-[^"]+" id="([^"]+)"`)
	linked     = regexp.MustCompile(`(?:href|src|data-from)="([^"]+)"`)
)

// offers are the kinds of answers that a block leads to.
var offers = []struct {
	name, kind string
	of         func(path string) bool
	read       func([]byte) error
}{
	{"csv", "text/csv; charset=utf-8", func(p string) bool { return strings.Contains(p, "format=csv") || strings.HasSuffix(p, ".csv") }, readCSV},
	{"json", "application/json", func(p string) bool { return strings.Contains(p, "format=json") || strings.HasSuffix(p, ".json") }, readJSONFile},
	{"svg", "image/svg+xml", func(p string) bool { return strings.HasPrefix(p, "/chart/") }, readSVG},
	{"frame", "text/html; charset=utf-8", func(p string) bool { return strings.HasPrefix(p, "/embed/") }, readFrame},
}

// errNoLine is right of a block that says that there is nothing.
var errNoLine = errors.New("no line below the head")

func readCSV(raw []byte) error {
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err == nil && len(lines) < 2 {
		return errNoLine
	}
	return err
}

func readJSONFile(raw []byte) error {
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if tables, ok := v["tables"].([]any); ok && len(tables) == 0 {
		return errors.New("no table")
	}
	return nil
}

func readSVG(raw []byte) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	if !bytes.Contains(raw, []byte("<desc")) {
		return errors.New("no text alternative")
	}
	return nil
}

func readFrame(raw []byte) error {
	if !bytes.Contains(raw, []byte(`class="block`)) && !bytes.Contains(raw, []byte("<table")) {
		return errors.New("no block in the frame")
	}
	return nil
}

// walked are the pages with blocks, and what each is asked with.
func walked(l *language) []string {
	q := func(page, rest string, pairs ...string) string { return l.path(page) + rest + l.query(pairs...) }
	return []string{
		q("home", ""), q("hosting", ""), q("coverage", ""), q("overview", ""), q("overview", "", "period", "2026-Q3"), q("country", "/VN", "period", "2026-10"), q("country", "/SG"),
		q("kinds", ""), q("kinds", "/fraud/phishing"), q("ways", ""), q("ways", "/mail"), q("hosting-period", "", "period", "2026-Q3"), q("sectors", ""), q("sectors", "", "period", "2026-11-16"),
		q("compare", "", "period", "2026-Q3", "with", "2026-Q2"), q("compare", "", "with", "SG"), q("surges", ""), q("reports", "/2026-Q3"), q("reports", "/2026-Q4"),
	}
}

func TestEveryBlockIsOffered(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	h := p.Handler()
	asked := map[string]bool{}
	for _, l := range p.langs {
		for _, page := range walked(l) {
			r := get(t, h, page)
			text := bodyOf(t, r)
			if r.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", page, r.StatusCode)
				continue
			}
			starts := blockStart.FindAllStringSubmatchIndex(text, -1)
			if len(starts) == 0 {
				t.Errorf("%s has no block", page)
			}
			for i, at := range starts {
				end := len(text)
				if i+1 < len(starts) {
					end = starts[i+1][0]
				}
				offered(t, h, page+"#"+text[at[2]:at[3]], text[at[0]:end], asked)
			}
		}
	}
	if len(asked) < 100 {
		t.Errorf("only %d files and frames were asked for", len(asked))
	}
}

// offered follows the links of one block.
func offered(t *testing.T, h http.Handler, block, text string, asked map[string]bool) {
	t.Helper()
	if strings.Contains(text, `class="none"`) && !strings.Contains(text, "format=csv") && !strings.Contains(text, ".csv") {
		return // it is not shown, and says why
	}
	var paths []string
	for _, m := range linked.FindAllStringSubmatch(html.UnescapeString(html.UnescapeString(text)), -1) {
		paths = append(paths, m[1])
	}
	figures := strings.Contains(text, "figureblock") // of live pages there are tables alone
	drawn := figures && strings.Contains(text, `<figure class="drawn">`)
	for _, o := range offers {
		at := slices.IndexFunc(paths, o.of)
		needed := o.name == "csv" || o.name == "json" || o.name == "svg" && drawn || o.name == "frame" && figures
		if at < 0 {
			if needed {
				t.Errorf("%s offers no %s", block, o.name)
			}
			continue
		}
		if asked[paths[at]] {
			continue
		}
		asked[paths[at]] = true
		r := get(t, h, paths[at])
		raw := []byte(bodyOf(t, r))
		if kind := r.Header.Get("Content-Type"); r.StatusCode != http.StatusOK || kind != o.kind || len(raw) == 0 {
			t.Errorf("%s: %s: %d, %s, %d bytes", block, paths[at], r.StatusCode, kind, len(raw))
			continue
		}
		if err := o.read(raw); err != nil && (err != errNoLine || !strings.Contains(text, `class="none"`)) {
			t.Errorf("%s: %s: %v", block, paths[at], err)
		}
	}
}
