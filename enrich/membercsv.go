// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// memberColumns are the columns of the CSV form; those with several values
// part them by spaces or semicolons.
var memberColumns = []string{"id", "name", "sector", "band", "headcount", "country", "prefixes", "as", "domains"}

func memberCSV(name string, data []byte) ([]memberEntry, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, h := range head {
		if !slices.Contains(memberColumns, h) {
			return nil, fmt.Errorf("%s:1: column %q is unknown; the columns are %s", name, h, strings.Join(memberColumns, ", "))
		}
	}
	var out []memberEntry
	var faults []error
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(faults...)
		}
		if err != nil {
			return nil, errors.Join(append(faults, fmt.Errorf("%s: %w", name, err))...)
		}
		line, _ := r.FieldPos(0)
		e := memberEntry{line: line}
		for i, h := range head {
			if err := e.setColumn(h, strings.TrimSpace(row[i])); err != nil {
				faults = append(faults, fmt.Errorf("%s:%d: %s: %w", name, line, h, err))
			}
		}
		out = append(out, e)
	}
}

func (e *memberEntry) setColumn(column, value string) error {
	if value == "" {
		return nil
	}
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ';' })
	switch column {
	case "id":
		n, err := number(value)
		e.ID = at[uint32]{n, e.line}
		return err
	case "name":
		e.Name = at[string]{value, e.line}
	case "sector":
		e.Sector = at[string]{value, e.line}
	case "band":
		e.Band = at[string]{value, e.line}
	case "headcount":
		n, err := number(value)
		e.Headcount = at[int]{int(n), e.line}
		return err
	case "country":
		e.Country = at[string]{value, e.line}
	case "prefixes":
		for _, p := range parts {
			e.Prefixes = append(e.Prefixes, at[string]{p, e.line})
		}
	case "as":
		for _, p := range parts {
			n, err := number(p)
			if err != nil {
				return err
			}
			e.AS = append(e.AS, at[uint32]{n, e.line})
		}
	case "domains":
		for _, p := range parts {
			e.Domains = append(e.Domains, at[string]{p, e.line})
		}
	}
	return nil
}

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number from 0 to 4294967295", s)
	}
	return uint32(n), nil
}
