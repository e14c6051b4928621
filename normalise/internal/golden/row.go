// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"

	"haidang/event"
)

// shared are the fields that package normalise sets for every format.
var shared = map[string]bool{
	"event.id": true, "event.hash": true, "event.ingested": true, "observer.name": true,
	"cert.raw.sequence": true, "cert.raw.offset": true, "cert.raw.parser": true,
}

// Row gives the fields of a row that are set and are the format's own, in the
// text forms of the API.
func Row(t testing.TB, b *event.Batch, row int) map[string]any {
	t.Helper()
	out := map[string]any{}
	for i := range event.Fields {
		f := &event.Fields[i]
		if shared[f.Name] || f.Name == "cert.count" && b.Count[row] == 1 {
			continue
		}
		if v := value(t, f, b, row); v != nil {
			out[f.Name] = v
		}
	}
	return out
}

// value gives nil for a field that is not set.
func value(t testing.TB, f *event.Field, b *event.Batch, row int) any {
	switch c := f.Column(b).(type) {
	case *[]event.Time:
		return set((*c)[row].String())
	case *[]bool:
		return number((*c)[row])
	case *[]uint8:
		return number((*c)[row])
	case *[]uint16:
		return number((*c)[row])
	case *[]uint32:
		return number((*c)[row])
	case *[]uint64:
		return number((*c)[row])
	case *[]event.Categories:
		if n := (*c)[row].Names(); n != nil {
			return n
		}
		return nil
	case *[]event.Country:
		return set((*c)[row].String())
	case *[]event.Addr:
		return set((*c)[row].String())
	case *[]event.Bytes16:
		return set((*c)[row].String())
	case *[]event.Bytes20:
		if !(*c)[row].IsSet() {
			return nil
		}
		return "1:" + base64.StdEncoding.EncodeToString((*c)[row][:])
	case *[]event.Bytes32:
		return set((*c)[row].String())
	case *event.Dict:
		return set(c.At(row))
	case *event.DictSet:
		if v := c.At(row); len(v) > 0 {
			return v
		}
		return nil
	case *event.OrgSet:
		if v := c.At(row); len(v) > 0 {
			return v
		}
		return nil
	case *event.Outlined:
		return document(t, c.At(row))
	case *event.Text:
		return set(string(c.At(row)))
	}
	codes, ok := event.EnumBytes(f.Column(b))
	if !ok {
		t.Fatalf("%s: column of a type that golden cases do not know", f.Name)
	}
	return set(f.Enum.Text((*codes)[row]))
}

func set(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func number[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// document reads the residual; numbers stay as they were written.
func document(t testing.TB, b []byte) any {
	t.Helper()
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("cert.residual is no JSON object: %v\n%s", err, b)
	}
	return v
}
