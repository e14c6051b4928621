// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"fmt"
	"strconv"
	"strings"

	"haidang/event"
)

// A set is stored as its members with a blank between them. Members of our own
// vocabularies hold no blank; a foreign one's blanks and per cent signs are
// escaped, and an empty member is written "%", so that nothing is lost.
var (
	escape   = strings.NewReplacer("%", "%25", " ", "%20")
	unescape = strings.NewReplacer("%25", "%", "%20", " ")
)

// EscapeMember gives a member as it stands within a stored set.
func EscapeMember(s string) string {
	if s == "" {
		return "%"
	}
	return escape.Replace(s)
}

// UnescapeMember undoes EscapeMember.
func UnescapeMember(s string) string {
	if s == "%" {
		return ""
	}
	return unescape.Replace(s)
}

// JoinSet gives the stored form of a set.
func JoinSet(members []string) string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = EscapeMember(m)
	}
	return strings.Join(out, " ")
}

// SplitSet undoes JoinSet.
func SplitSet(s string) []string {
	if s == "" {
		return nil
	}
	out := strings.Split(s, " ")
	for i := range out {
		out[i] = UnescapeMember(out[i])
	}
	return out
}

// appendOrgs writes matches as "org:reason:side" with blanks between them.
func appendOrgs(dst []byte, matches []event.OrgMatch) []byte {
	for i, m := range matches {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendUint(dst, uint64(m.Org), 10)
		dst = append(dst, ':')
		dst = append(dst, event.MatchReasons.Text(uint8(m.Reason))...)
		dst = append(dst, ':')
		dst = append(dst, m.Side.String()...)
	}
	return dst
}

// ParseOrgs reads the stored form of a set of organisation matches.
func ParseOrgs(s string) ([]event.OrgMatch, error) {
	if s == "" {
		return nil, nil
	}
	var out []event.OrgMatch
	for part := range strings.SplitSeq(s, " ") {
		org, rest, _ := strings.Cut(part, ":")
		reason, side, _ := strings.Cut(rest, ":")
		n, err := strconv.ParseUint(org, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("cert.orgs: %q is not an organisation match", part)
		}
		r, err := event.MatchReasons.Parse(reason)
		if err != nil {
			return nil, err
		}
		d, err := event.Sides.Parse(side)
		if err != nil {
			return nil, err
		}
		out = append(out, event.OrgMatch{Org: uint32(n), Reason: event.MatchReason(r), Side: event.Side(d)})
	}
	return out, nil
}
