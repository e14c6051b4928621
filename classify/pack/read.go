// SPDX-License-Identifier: Apache-2.0

package pack

import (
	_ "embed" // the built-in pack
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"go.yaml.in/yaml/v4"
)

//go:embed vn.yaml
var builtIn []byte

// BuiltIn gives the pack for Vietnam that is part of the program.
var BuiltIn = sync.OnceValue(func() *Pack {
	p, err := Parse("vn.yaml", builtIn)
	if err != nil {
		panic("classify/pack: " + err.Error()) // a test reads it
	}
	return p
})

// Read reads a pack from a file; the built-in one where path is empty.
func Read(path string) (*Pack, error) {
	if path == "" {
		return BuiltIn(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("pack of classes: %w", err)
	}
	return Parse(filepath.Base(path), raw)
}

// Parse reads and checks a pack. Every fault is reported with its line.
func Parse(name string, raw []byte) (*Pack, error) {
	var p Pack
	if err := yaml.Load(raw, &p, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
		return nil, fmt.Errorf("pack of classes %s: %w", name, err)
	}
	var root yaml.Node
	if err := yaml.Load(raw, &root); err != nil {
		return nil, fmt.Errorf("pack of classes %s: %w", name, err)
	}
	c := &checker{file: name, root: &root, pack: &p}
	c.all()
	if err := c.err(); err != nil {
		return nil, fmt.Errorf("pack of classes:\n%w", err)
	}
	p.secret = newMatcher(p.Secrets)
	return &p, nil
}

// lineOf finds the line of a path of keys and indices; that of the nearest
// parent where the path ends before.
func lineOf(n *yaml.Node, path ...any) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line := n.Line
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			break
		}
		n, line = next, next.Line
	}
	return max(line, 1)
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch s := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && s < len(n.Content) {
			return n.Content[s]
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == s {
				return n.Content[i+1]
			}
		}
	}
	return nil
}
