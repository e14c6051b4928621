// SPDX-License-Identifier: Apache-2.0

package series

import (
	"math/big"
	"regexp"
	"strings"
)

// decimalForm is a number as it may be written: no exponent, no marks between
// thousands, at most 18 digits before the point and 6 behind.
var decimalForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?$`)

func exact(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

// percent is the change from a base, 100 · (now − base) / base, with two decimals,
// halves away from zero; "" where the base is 0.
func percent(now, base string) string {
	b := exact(base)
	if b.Sign() == 0 {
		return ""
	}
	d := new(big.Rat).Sub(exact(now), b)
	d.Quo(d, b).Mul(d, big.NewRat(100, 1))
	return fixed(d, 2)
}

// points is the change of a share in percentage points.
func points(now, base string) string {
	return fixed(new(big.Rat).Sub(exact(now), exact(base)), 2)
}

// fixed writes a number with so many decimals. There is no negative zero.
func fixed(r *big.Rat, decimals int) string {
	s := r.FloatString(decimals)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// perDay spreads a count over days, rounded to a whole number.
func perDay(value string, days int64) string {
	return fixed(new(big.Rat).Quo(exact(value), big.NewRat(days, 1)), 0)
}
