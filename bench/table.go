// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one figure. Goal is empty where there is none.
type row struct {
	what, value, goal string
	met               bool
}

// part is the rows of one section.
type part struct {
	title string
	rows  []row
}

type table struct {
	parts []part
	begin string // the mark after which a page holds it
}

func (t *table) section(title string) *part {
	t.parts = append(t.parts, part{title: title})
	return &t.parts[len(t.parts)-1]
}

func (p *part) add(what, format string, args ...any) {
	p.rows = append(p.rows, row{what: what, value: fmt.Sprintf(format, args...)})
}

// goal adds a figure that is held to a goal.
func (p *part) goal(what, goal string, met bool, format string, args ...any) {
	p.rows = append(p.rows, row{what, fmt.Sprintf(format, args...), goal, met})
}

func (r row) verdict() string {
	switch {
	case r.goal == "":
		return ""
	case r.met:
		return "met"
	}
	return "missed"
}

func (t *table) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, p := range t.parts {
		fmt.Fprintf(w, "\n%s\t\t\t\n", strings.ToUpper(p.title))
		for _, r := range p.rows {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.what, r.value, r.goal, r.verdict())
		}
	}
	return w.Flush()
}

// Marks between which a page holds the last results.
const (
	beginMark = "<!-- results: written by make bench -->"
	gateMark  = "<!-- results: written by make bench-gate -->"
	endMark   = "<!-- end of results -->"
)

func (t *table) markdown(machine string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n", t.begin, machine)
	for _, p := range t.parts {
		fmt.Fprintf(&b, "\n### %s\n\n| what | measured | goal | |\n|---|---|---|---|\n", p.title)
		for _, r := range p.rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, r.value, r.goal, r.verdict())
		}
	}
	fmt.Fprintf(&b, "\n%s", endMark)
	return b.Bytes()
}

// write puts the results between the marks of a page.
func (t *table) write(path, machine string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin := bytes.Index(page, []byte(t.begin))
	end := begin + bytes.Index(page[max(begin, 0):], []byte(endMark))
	if begin < 0 || end < begin {
		return fmt.Errorf("%s has no place for results: it needs the lines %s and %s", path, t.begin, endMark)
	}
	out := slices.Concat(page[:begin], t.markdown(machine), page[end+len(endMark):])
	return os.WriteFile(path, out, 0o644)
}

// median of some figures; they are sorted in place.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	if n := len(list); n%2 == 0 {
		return (list[n/2-1] + list[n/2]) / 2
	}
	return list[len(list)/2]
}

// medianOf gives the median of one figure of several runs.
func medianOf[T any](runs []T, pick func(T) float64) float64 {
	var list []float64
	for _, r := range runs {
		list = append(list, pick(r))
	}
	return median(list)
}

// quantile of sorted figures.
func quantile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
