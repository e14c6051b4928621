// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"sync"

	"haidang/enrich/tables"
)

// DataFile names a snapshot of data that figures depend on, for their citation.
type DataFile struct {
	Kind        string `json:"kind"` // "country", "as", "members", "benign"
	Source      string `json:"source"`
	Version     string `json:"version,omitempty"`
	Date        string `json:"date,omitempty"`
	Licence     string `json:"licence,omitempty"`
	Attribution string `json:"attribution,omitempty"` // to be shown with the data
	SHA256      string `json:"sha256,omitempty"`      // of a file that an operator gave
}

// Snapshot names the data files in force.
func (e *Enricher) Snapshot() []DataFile {
	s := e.state.Load()
	out := append([]DataFile(nil), s.files...)
	if s.members.file.Source != "" {
		out = append(out, s.members.file)
	}
	if s.benign.file.Source != "" {
		out = append(out, s.benign.file)
	}
	return out
}

// loadGeo builds the country and AS index. It keeps the old one when neither
// table could have changed.
func (e *Enricher) loadGeo(next *state) error {
	if next.geo != nil && e.cfg.Country == "" && e.cfg.AS == "" {
		return nil
	}
	read := func() (geo, error) { return readGeo(e.cfg.Country, e.cfg.AS) }
	if e.cfg.Country == "" && e.cfg.AS == "" {
		read = embeddedGeo
	}
	g, err := read()
	if err != nil {
		return err
	}
	next.geo, next.names = g.index, g.as.Names
	next.files = []DataFile{
		describe(g.country, e.cfg.Country, tables.CountryAttribution),
		describe(g.as, e.cfg.AS, tables.ASAttribution),
	}
	return nil
}

// geo is a country and an AS table, and the index over both.
type geo struct {
	country, as *tables.Table
	index       *tables.Index
}

// embeddedGeo is of the embedded tables. They never change, so that a process builds
// their index once, however many enrichers it has.
var embeddedGeo = sync.OnceValues(func() (geo, error) { return readGeo("", "") })

// readGeo reads the tables of two files; an empty name is for the embedded one.
func readGeo(countryFile, asFile string) (geo, error) {
	country, err1 := openTable(countryFile, tables.KindCountry, tables.Country)
	as, err2 := openTable(asFile, tables.KindAS, tables.AS)
	if err := errors.Join(err1, err2); err != nil {
		return geo{}, err
	}
	return geo{country, as, tables.Combine(country, as)}, nil
}

func openTable(path string, kind tables.Kind, embedded func() (*tables.Table, error)) (*tables.Table, error) {
	if path == "" {
		return embedded()
	}
	return tables.Open(path, kind)
}

func describe(t *tables.Table, path, attribution string) DataFile {
	f := DataFile{Kind: string(t.Info.Kind), Source: t.Info.Source, Version: t.Info.Version,
		Date: t.Info.Date, Licence: t.Info.Licence}
	if path == "" {
		f.Attribution = attribution
	} else if data, err := os.ReadFile(path); err == nil {
		f.SHA256 = digest(data)
	}
	return f
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
