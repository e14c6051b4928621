// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// texts are the columns that stand on a line of their own.
var texts = []string{"cert.residual", "cert.residual.outline", "url.full", "process.command_line"}

// weight is what segments weigh.
type weight struct {
	rows    int64
	columns map[string]int64 // compressed bytes
	files   int64            // bytes of the whole files
}

// weigh reads the footers of all segments below a folder.
func weigh(dir string) (weight, error) {
	w := weight{columns: map[string]int64{}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".parquet") {
			return err
		}
		return w.add(path)
	})
	return w, err
}

func (w *weight) add(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // merged away
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !finished(f, info.Size()) {
		return nil // a merge is writing it
	}
	p, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	w.files += info.Size()
	for _, g := range p.Metadata().RowGroups {
		w.rows += g.NumRows
		for _, c := range g.Columns {
			w.columns[strings.Join(c.MetaData.PathInSchema, ".")] += c.MetaData.TotalCompressedSize
		}
	}
	return nil
}

// finished says whether a file has its end.
func finished(f *os.File, size int64) bool {
	var end [4]byte
	_, err := f.ReadAt(end[:], max(0, size-4))
	return err == nil && string(end[:]) == "PAR1"
}

// each gives bytes a row of what a test picks.
func (w weight) each(pick func(column string) bool) float64 {
	sum := int64(0)
	for c, n := range w.columns {
		if pick(c) {
			sum += n
		}
	}
	return float64(sum) / float64(max(1, w.rows))
}

func isText(column string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return column == t || strings.HasPrefix(column, t+".") })
}

// heaviest names the columns that weigh most.
func (w weight) heaviest(n int) string {
	names := slices.SortedFunc(maps.Keys(w.columns), func(a, b string) int {
		return cmp.Or(cmp.Compare(w.columns[b], w.columns[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, c := range names {
		if !isText(c) && len(out) < n {
			out = append(out, fmt.Sprintf("%s %.1f", c, float64(w.columns[c])/float64(max(1, w.rows))))
		}
	}
	return strings.Join(out, ", ")
}

// rows adds what segments weigh to a part of the table.
func (w weight) rowsOf(p *part, when string) {
	core := w.each(func(c string) bool { return !isText(c) })
	p.goal("bytes an event at rest, "+when+", without residual JSON, URL, command line", "≤ 42", core <= 42, "%.1f", core)
	p.add("— residual JSON, URL, command line", "%.1f", w.each(isText))
	p.add("— whole files, with indexes", "%.1f", float64(w.files)/float64(max(1, w.rows)))
	p.add("— heaviest columns", "%s", w.heaviest(8))
}
