// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"haidang/sensor/door"
)

func load(t *testing.T, d Door, c ImportConfig) Imported {
	t.Helper()
	c.Format = "eve"
	sum, err := Import(t.Context(), c, ImportDependencies{Door: d, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func file(t *testing.T, name, text string, pack func(io.Writer) io.WriteCloser) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	if pack == nil {
		b.WriteString(text)
	} else {
		w := pack(&b)
		_, err := io.WriteString(w, text)
		must(t, err)
		must(t, w.Close())
	}
	must(t, os.WriteFile(path, b.Bytes(), 0o644))
	return path
}

func gz(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func zst(w io.Writer) io.WriteCloser {
	z, err := zstd.NewWriter(w)
	if err != nil {
		panic(err)
	}
	return z
}

// The same records in whatever packing and shape are the same import: each
// after the first is a duplicate and changes no count.
func TestImportTheSameTwiceChangesNothing(t *testing.T) {
	o, d := newObservatory(t)
	want := numbered(1, 9000) // more than one batch
	text := strings.Join(want, "\n") + "\n"
	array := "[\n" + strings.Join(want, ",\n") + "]"
	first := load(t, d, ImportConfig{Files: []string{file(t, "eve.json", text, nil)}})
	if first.Records != 9000 || first.Accepted != 9000 || first.Stored != 9000 || first.Duplicate != 0 || first.Pending != 0 {
		t.Fatalf("%+v", first)
	}
	if n := len(o.batches); n < 2 {
		t.Fatalf("%d batches", n)
	}
	for _, c := range []struct{ name, path string }{
		{"again", file(t, "eve.json", text, nil)}, {"gzip", file(t, "a.gz", text, gz)}, {"zstd without its suffix", file(t, "b", text, zst)},
		{"array", file(t, "c.json", array, nil)}, {"packed array", file(t, "d.json.gz", array, gz)},
	} {
		sum := load(t, d, ImportConfig{Files: []string{c.path}})
		if sum.Accepted != 0 || sum.Duplicate != 9000 || sum.Stored != 0 {
			t.Errorf("%s: %+v", c.name, sum)
		}
	}
	if !slices.Equal(o.lines(), want) {
		t.Error("the records changed")
	}
	if sum := load(t, d, ImportConfig{Files: []string{file(t, "eve.json", text, nil)}, Again: true}); sum.Accepted != 9000 {
		t.Errorf("--again: %+v", sum)
	}
}

func TestImportNamesTheBadLines(t *testing.T) {
	_, d := newObservatory(t)
	a := file(t, "a.json", "{\"n\":1}\n\nbroken\n{\"n\":2}\n{\"half\":", nil)
	b := file(t, "b.json", "[{\"n\":3},\n\n7,\n{\"n\":4}]", nil)
	sum := load(t, d, ImportConfig{Files: []string{a, b}})
	if sum.Records != 7 || sum.Stored != 4 || sum.Quarantined["not-json"] != 3 || sum.Files != 2 {
		t.Fatalf("%+v", sum)
	}
	var got []string
	for _, l := range sum.Lines {
		got = append(got, fmt.Sprintf("%s:%d:%s", filepath.Base(l.File), l.Line, l.Reason))
	}
	if want := []string{"a.json:3:not-json", "a.json:5:not-json", "b.json:3:not-json"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Every batch of a CSV file begins with its header row, and no row is cut
// within its quotes.
func TestImportRowsRepeatTheHeader(t *testing.T) {
	o, d := newObservatory(t)
	var b strings.Builder
	b.WriteString("\ufeff\"timestamp\",text\r\n")
	for n := range 30000 {
		fmt.Fprintf(&b, "%d,\"%050d\nsecond line\"\r\n", n, n)
	}
	sum := load(t, d, ImportConfig{Files: []string{file(t, "scan_rdp.csv", b.String(), nil)}, CSV: true})
	if sum.Records != 30000 || len(o.batches) < 2 {
		t.Fatalf("%+v in %d batches", sum, len(o.batches))
	}
	for _, a := range o.batches {
		if a.lines[0] != `"timestamp",text` {
			t.Errorf("batch %s begins with %q", a.id, a.lines[0])
		}
		if last := a.lines[len(a.lines)-1]; last != `second line"` {
			t.Errorf("batch %s ends with %q", a.id, last)
		}
	}
}

func TestImportOfADamagedArchiveKeepsWhatCanBeRead(t *testing.T) {
	o, d := newObservatory(t)
	whole := file(t, "eve.json.gz", strings.Join(numbered(1, 5000), "\n"), gz)
	data, err := os.ReadFile(whole)
	must(t, err)
	must(t, os.WriteFile(whole, data[:len(data)/2], 0o644))
	sum := load(t, d, ImportConfig{Files: []string{whole, file(t, "b.json", line(1), nil)}})
	if len(sum.Failed) != 1 || !strings.Contains(sum.Failed[0], "eve.json.gz:") || sum.Records < 100 || sum.Files != 2 {
		t.Fatalf("%+v", sum)
	}
	if got := o.lines(); !slices.Equal(got[:100], numbered(1, 100)) {
		t.Error("the records before the damage are not there")
	}
}

func TestImportWhenTheObservatoryIsBusyOrRefuses(t *testing.T) {
	o, d := newObservatory(t)
	o.answer = func(n int, _ *http.Request) int { return []int{429, 503, 0}[min(n, 3)-1] }
	f := file(t, "eve.json", line(1), nil)
	if sum := load(t, d, ImportConfig{Files: []string{f}}); sum.Stored != 1 {
		t.Errorf("%+v", sum)
	}
	for _, status := range []int{400, 401, 403, 413} {
		o.answer = func(int, *http.Request) int { return status }
		_, err := Import(t.Context(), ImportConfig{Format: "eve", Files: []string{f}}, ImportDependencies{Door: d, Log: testLog(t)})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) || !strings.Contains(err.Error(), "eve.json:1") {
			t.Errorf("%d: error %v", status, err)
		}
	}
	o.answer = func(int, *http.Request) int { return 503 }
	_, err := Import(t.Context(), ImportConfig{Format: "eve", Files: []string{f}, Patience: time.Millisecond}, ImportDependencies{Door: d, Log: testLog(t)})
	if err == nil {
		t.Error("patience has no end")
	}
}

func TestImportTellsHowFarItIs(t *testing.T) {
	_, d := newObservatory(t)
	var seen []Progress
	path := file(t, "eve.json", strings.Join(numbered(1, 20000), "\n"), nil)
	_, err := Import(t.Context(), ImportConfig{Format: "eve", Files: []string{path}},
		ImportDependencies{Door: d, Log: testLog(t), Progress: func(p Progress) { seen = append(seen, p) }})
	must(t, err)
	last := seen[len(seen)-1]
	if len(seen) < 3 || last.Read != last.Size || last.Records != 20000 {
		t.Errorf("%d times, last %+v", len(seen), last)
	}
	if !slices.IsSortedFunc(seen, func(a, b Progress) int { return int(a.Read - b.Read) }) {
		t.Errorf("%+v", seen)
	}
}

// Whoever holds no token is told so before anything is sent.
func TestDoorWithoutToken(t *testing.T) {
	d, err := door.New(door.Config{To: "http://127.0.0.1:9", Token: door.TokenFrom("", "")})
	must(t, err)
	if _, err := d.Send(t.Context(), door.Batch{Format: "eve"}); err == nil || !strings.Contains(err.Error(), "HAIDANG_TOKEN") {
		t.Errorf("error %v", err)
	}
}
