// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"strings"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// Community ids that follow from their flow are not stored; see parquetfile.
// These expressions put them together again for the engine.

const communityName = "network.community_id"

// storedCommunity is set where the record has an id, whatever it is.
var storedCommunity = "coalesce(" + quote(communityName) + ", " + quote(parquetfile.ShortCommunityName) + ")"

// communityColumn is the id of a record.
var communityColumn = "coalesce(" + quote(communityName) + ", CASE WHEN " + quote(parquetfile.ShortCommunityName) +
	" IS NOT NULL THEN " + computedCommunity() + " END)"

// computedCommunity is event.CommunityID in SQL.
func computedCommunity() string {
	digits := func(side string) string { return `replace("` + side + `.ip"::VARCHAR, '-', '')` }
	number := func(format, field string) string {
		return "printf('" + format + "', coalesce(" + quote(field) + ", 0))"
	}
	const mapped = "00000000000000000000ffff"
	is4 := "starts_with(" + digits("source") + ", '" + mapped + "') AND starts_with(" + digits("destination") + ", '" + mapped + "')"
	end := func(side string) string {
		return "(CASE WHEN " + is4 + " THEN right(" + digits(side) + ", 8) ELSE " + digits(side) + " END || " +
			number("%04x", side+".port") + ")"
	}
	low, high := "least("+end("source")+", "+end("destination")+")", "greatest("+end("source")+", "+end("destination")+")"
	// Addresses first, then ports: the last four digits of each end.
	return "unhex(sha1(unhex('0000' || left(" + low + ", -4) || left(" + high + ", -4) || " +
		number("%02x", "network.transport") + " || '00' || right(" + low + ", 4) || right(" + high + ", 4))))"
}

// isCommunity: the record has one of the ids, which were read before. Their
// beginnings leave so few records that computing the whole of theirs costs
// nothing.
func (a *args) isCommunity(values []string) string {
	var ids, shorts []string
	for _, v := range values {
		if id, err := parseCommunityID(v); err == nil {
			short := parquetfile.ShortCommunity(id)
			ids, shorts = append(ids, a.bind(id)), append(shorts, a.bind(short[:]))
		}
	}
	in := " IN (" + strings.Join(ids, ", ") + ")"
	return quote(communityName) + in + " OR CASE WHEN " + quote(parquetfile.ShortCommunityName) + " IN (" + strings.Join(shorts, ", ") +
		") THEN " + computedCommunity() + in + " ELSE false END"
}

func isCommunity(f *event.Field) bool { return f.Name == communityName }
