// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	_ "embed" // the two data files
	"fmt"
	"os"
	"path/filepath"
)

//go:embed country.bin
var countryFile []byte

//go:embed as.bin
var asFile []byte

const maxFile = 512 << 20

// Country gives the embedded country table.
func Country() (*Table, error) { return decodeAs(countryFile, KindCountry) }

// AS gives the embedded table of autonomous systems.
func AS() (*Table, error) { return decodeAs(asFile, KindAS) }

// Open reads a table from a file: a MaxMind DB file, or our own form. The error
// says what is wrong with the file.
func Open(path string, kind Kind) (*Table, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB, not a table of countries or networks", path, maxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t *Table
	if bytes.HasPrefix(data, []byte(`{"format":"`+magic)) {
		t, err = decodeAs(data, kind)
	} else {
		t, err = ReadMMDB(data, Info{Kind: kind, Source: filepath.Base(path)})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give an MMDB file with %s records, or leave the setting out to use the built-in table", path, err, kind)
	}
	return t, nil
}

func decodeAs(data []byte, kind Kind) (*Table, error) {
	t, err := Decode(data)
	if err != nil {
		return nil, err
	}
	if t.Info.Kind != kind {
		return nil, fmt.Errorf("holds a table of kind %q, not %q", t.Info.Kind, kind)
	}
	return t, nil
}
