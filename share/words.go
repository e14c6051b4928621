// SPDX-License-Identifier: Apache-2.0

package share

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Words is the catalogue of one language: texts by key, with {name} where a
// value goes.
type Words map[string]string

// ReadWords reads lang/CODE.json.
func ReadWords(files fs.FS, code string) (Words, error) {
	name := "lang/" + code + ".json"
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var w Words
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return w, nil
}

// Text gives a text with {name} replaced, from pairs of name and value, in one
// pass: a value is never read for names. A key that is missing is shown as it
// is; a test finds it before a reader does.
func (w Words) Text(key string, pairs ...any) string {
	s, ok := w[key]
	if !ok {
		return key
	}
	if len(pairs) == 0 {
		return s
	}
	var out strings.Builder
	out.Grow(2 * len(s))
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:open])
		s = s[open:]
		name, rest, closed := strings.Cut(s[1:], "}")
		if value, known := valueOf(name, pairs); closed && known {
			out.WriteString(value)
			s = rest
			continue
		}
		out.WriteByte('{')
		s = s[1:]
	}
}

// valueOf finds a name's value among pairs.
func valueOf(name string, pairs []any) (string, bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if have, ok := pairs[i].(string); ok && have == name {
			if value, ok := pairs[i+1].(string); ok {
				return value, true
			}
			return fmt.Sprint(pairs[i+1]), true
		}
	}
	return "", false
}

// Grouped writes a whole number with a mark between thousands.
func Grouped(v int64, mark string) string {
	s, sign := strconv.FormatInt(v, 10), ""
	if v < 0 {
		s, sign = s[1:], "−"
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return sign + s
}
