// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"haidang/event"
)

// record holds the fields that the makers of country and AS files use:
// ip-location-db and IPinfo write country_code flat, MaxMind and DB-IP nest it.
type record struct {
	CountryCode string `maxminddb:"country_code"`
	Country     struct {
		ISOCode string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	AS     uint32 `maxminddb:"autonomous_system_number"`
	ASName string `maxminddb:"autonomous_system_organization"`
}

// ReadMMDB reads a MaxMind DB file as a table of the kind. It reads the whole
// file, so that damage is found now and not by a later look-up.
func ReadMMDB(data []byte, info Info) (*Table, error) {
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if info.Version == "" {
		info.Version = r.Metadata.DatabaseType
	}
	if info.Date == "" {
		info.Date = time.Unix(int64(r.Metadata.BuildEpoch), 0).UTC().Format(time.DateOnly)
	}
	t := &Table{Info: info}
	names := map[uint32]string{}
	seen := map[uintptr]uint32{}
	for result := range r.Networks() {
		if err := result.Err(); err != nil {
			return nil, err
		}
		value, ok := seen[result.Offset()]
		if !ok {
			if value, err = decodeRecord(&result, info.Kind, names); err != nil {
				return nil, fmt.Errorf("%s: %w", result.Prefix(), err)
			}
			seen[result.Offset()] = value
		}
		if value != 0 {
			t.add(unmap(result.Prefix()), value)
		}
	}
	t.Names = NamesOf(names)
	t.tidy()
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%w of kind %q: it holds no field country_code, country.iso_code or autonomous_system_number", err, info.Kind)
	}
	return t, nil
}

func decodeRecord(result *maxminddb.Result, kind Kind, names map[uint32]string) (uint32, error) {
	var rec record
	if err := result.Decode(&rec); err != nil {
		return 0, err
	}
	switch kind {
	case KindCountry:
		code := rec.CountryCode
		if code == "" {
			code = rec.Country.ISOCode
		}
		c, _ := event.ParseCountry(code)
		return uint32(c), nil
	case KindAS:
		if rec.ASName != "" && rec.AS != 0 {
			names[rec.AS] = rec.ASName
		}
		return rec.AS, nil
	}
	return 0, errors.New("unknown kind of table")
}

// unmap gives the IPv4 prefix of a file whose tree holds IPv4 under ::ffff:0:0/96.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}
