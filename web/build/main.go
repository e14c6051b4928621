// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"haidang/web/bundle"
)

func main() {
	root := flag.String("web", "web", "the front-end's folder")
	check := flag.Bool("check", false, "write nothing; fail where dist differs from what the source gives")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := bundle.Build(filepath.Join(root, "src"))
	if err != nil {
		return err
	}
	dist := filepath.Join(root, "dist")
	old, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil {
		return err
	}
	if check {
		return compare(files, old)
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare fails on the first file that differs, is missing or is too many.
func compare(want map[string][]byte, have []string) error {
	for _, path := range have {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if made, ok := want[filepath.Base(path)]; !ok || !bytes.Equal(made, raw) {
			return fmt.Errorf("%s is not what the source gives; run go run ./web/build", path)
		}
	}
	if len(have) != len(want) {
		return fmt.Errorf("dist has %d files, the source gives %d; run go run ./web/build", len(have), len(want))
	}
	return nil
}
