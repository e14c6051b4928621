// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as in "64 MiB", "8GiB" or "1048576".
type Size int64

// Units of a Size.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

var units = []struct {
	name string
	size Size
}{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}

// ParseSize reads a size.
func ParseSize(text string) (s Size, err error) { return s, s.UnmarshalText([]byte(text)) }

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	number, unit := in, Size(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(in, u.name); ok {
			number, unit = strings.TrimSpace(n), u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<63-1)/int64(unit) {
		return fmt.Errorf("%q is not a size; write it as 64 MiB, 8 GiB or a number of bytes", in)
	}
	*s = Size(n) * unit
	return nil
}

// MarshalText writes the size in the largest unit that divides it.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// DuckDB gives the size in DuckDB's words, which count in bytes.
func (s Size) DuckDB() string { return fmt.Sprintf("%dB", int64(s)) }

func (s Size) String() string {
	for _, u := range units {
		if s >= u.size && s%u.size == 0 {
			return fmt.Sprintf("%d %s", s/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d B", int64(s))
}
