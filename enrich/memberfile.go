// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// memberEntry is an organisation as a file gives it, each value with its line.
type memberEntry struct {
	line      int
	ID        at[uint32]   `yaml:"id"`
	Name      at[string]   `yaml:"name"`
	Sector    at[string]   `yaml:"sector"`
	Band      at[string]   `yaml:"band"`
	Headcount at[int]      `yaml:"headcount"`
	Country   at[string]   `yaml:"country"`
	Prefixes  []at[string] `yaml:"prefixes"`
	AS        []at[uint32] `yaml:"as"`
	Domains   []at[string] `yaml:"domains"`
}

// at is a value and the line it stands on; line 0 means that it is not given.
type at[T any] struct {
	V    T
	Line int
}

// UnmarshalYAML keeps the line beside the value.
func (a *at[T]) UnmarshalYAML(n *yaml.Node) error {
	a.Line = n.Line
	if err := n.Decode(&a.V); err != nil {
		return fmt.Errorf("line %d: %q is no %T", n.Line, n.Value, a.V)
	}
	return nil
}

// ReadMembers reads a member networks file: CSV if its name ends in .csv, else
// YAML. Every fault is reported, not only the first.
func ReadMembers(path string) (*Members, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("member networks: %w", err)
	}
	m, err := parseMembers(filepath.Base(path), data)
	if err != nil {
		return nil, fmt.Errorf("member networks:\n%w", err)
	}
	return m, nil
}

// MemberList gives the organisations of a member networks file's content, by
// number; an organisation without one has the number of its name.
func MemberList(name string, data []byte) ([]Org, error) {
	m, err := parseMembers(filepath.Base(name), data)
	if err != nil {
		return nil, fmt.Errorf("member networks:\n%w", err)
	}
	return m.orgs, nil
}

func parseMembers(name string, data []byte) (*Members, error) {
	var entries []memberEntry
	var err error
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		entries, err = memberCSV(name, data)
	} else {
		entries, err = memberYAML(name, data)
	}
	if err != nil {
		return nil, err
	}
	m, err := checkMembers(name, entries)
	if err != nil {
		return nil, err
	}
	m.file = DataFile{Kind: "members", Source: name, SHA256: digest(data)}
	m.index()
	return m, nil
}

func memberYAML(name string, data []byte) ([]memberEntry, error) {
	var doc struct {
		Organisations []memberEntry `yaml:"organisations"`
	}
	if strings.TrimSpace(string(data)) == "" {
		return nil, nil
	}
	if err := yaml.Load(data, &doc, yaml.WithKnownFields()); err != nil {
		return nil, yamlError(name, err)
	}
	for i := range doc.Organisations {
		o := &doc.Organisations[i]
		o.line = firstLine(o)
	}
	return doc.Organisations, nil
}

// firstLine gives the first line on which an organisation says anything.
func firstLine(o *memberEntry) int {
	line := 0
	note := func(n int) {
		if n > 0 && (line == 0 || n < line) {
			line = n
		}
	}
	for _, n := range []int{o.ID.Line, o.Name.Line, o.Sector.Line, o.Band.Line, o.Headcount.Line, o.Country.Line} {
		note(n)
	}
	for _, p := range o.Prefixes {
		note(p.Line)
	}
	return max(line, 1)
}

// yamlError makes one line of each fault that the YAML library found.
func yamlError(name string, err error) error {
	var many *yaml.LoadErrors
	if !errors.As(err, &many) {
		return fmt.Errorf("%s: %w", name, err)
	}
	var out []error
	for _, e := range many.Errors {
		out = append(out, fmt.Errorf("%s: %w", name, e))
	}
	return errors.Join(out...)
}
