// SPDX-License-Identifier: Apache-2.0

package share

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"haidang/event"
)

// Text gives a field of a row in text form; empty when it is not set. Sets are
// joined by spaces.
func Text(f *event.Field, b *event.Batch, row int) string {
	c := f.Column(b)
	switch c := c.(type) {
	case *event.Dict:
		return c.At(row)
	case *event.Text:
		return string(c.At(row))
	case *event.Outlined:
		return string(c.At(row))
	case *event.DictSet:
		return strings.Join(c.At(row), " ")
	case *event.OrgSet:
		return orgsText(c.At(row))
	case *[]event.Time:
		return (*c)[row].String()
	case *[]event.Addr:
		return (*c)[row].String()
	case *[]event.Country:
		return (*c)[row].String()
	case *[]event.Categories:
		return strings.Join((*c)[row].Names(), " ")
	case *[]event.Bytes16:
		return (*c)[row].String()
	case *[]event.Bytes32:
		return (*c)[row].String()
	case *[]event.Bytes20:
		if !(*c)[row].IsSet() {
			return ""
		}
		return "1:" + base64.StdEncoding.EncodeToString((*c)[row][:])
	}
	if e, ok := event.EnumBytes(c); ok {
		return f.Enum.Text((*e)[row])
	}
	if n, set := Number(f, b, row); set {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

func orgsText(m []event.OrgMatch) string {
	var s []string
	for _, o := range m {
		s = append(s, fmt.Sprintf("%d:%s:%s", o.Org, event.MatchReasons.Text(uint8(o.Reason)), o.Side))
	}
	return strings.Join(s, " ")
}

// Number gives a numeric or truth field; set is false where zero means that it
// is not known.
func Number(f *event.Field, b *event.Batch, row int) (n uint64, set bool) {
	switch c := f.Column(b).(type) {
	case *[]bool:
		if (*c)[row] {
			return 1, true
		}
		return 0, false
	case *[]uint8:
		n = uint64((*c)[row])
	case *[]uint16:
		n = uint64((*c)[row])
	case *[]uint32:
		n = uint64((*c)[row])
	case *[]uint64:
		n = (*c)[row]
	default:
		return 0, false
	}
	return n, n != 0
}
