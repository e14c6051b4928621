// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
)

// ReadASList reads the CSV form of ip-location-db's AS lists (first address,
// last address, AS number, name), any number of them, into one table.
func ReadASList(info Info, lists ...io.Reader) (*Table, error) {
	t := &Table{Info: info}
	names := map[uint32]string{}
	for i, list := range lists {
		r := csv.NewReader(list)
		r.ReuseRecord, r.FieldsPerRecord = true, 4
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil { // a csv.ParseError names the line itself
				return nil, fmt.Errorf("AS list %d: %w", i+1, err)
			}
			if err := t.addASRow(row, names); err != nil {
				line, _ := r.FieldPos(0)
				return nil, fmt.Errorf("AS list %d, line %d: %w", i+1, line, err)
			}
		}
	}
	t.Names = NamesOf(names)
	t.tidy()
	return t, t.check()
}

func (t *Table) addASRow(row []string, names map[uint32]string) error {
	from, err := netip.ParseAddr(row[0])
	if err != nil {
		return err
	}
	to, err := netip.ParseAddr(row[1])
	if err != nil {
		return err
	}
	if to.Less(from) || from.Is4() != to.Is4() {
		return fmt.Errorf("%s to %s is no range", from, to)
	}
	as, err := strconv.ParseUint(row[2], 10, 32)
	if err != nil {
		return err
	}
	if as == 0 {
		return nil
	}
	if from.Is4() {
		t.V4 = append(t.V4, Range4{u32(from), u32(to), uint32(as)})
	} else {
		t.V6 = append(t.V6, Range6{u128(from), u128(to), uint32(as)})
	}
	if _, ok := names[uint32(as)]; !ok {
		names[uint32(as)] = string(append([]byte(nil), row[3]...))
	}
	return nil
}
