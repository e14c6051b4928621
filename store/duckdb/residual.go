// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"strconv"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

const residualName = "cert.residual"

// residualColumn puts the residual JSON of a record together again for the engine;
// see parquetfile and event.AppendFilled.
var residualColumn = "CASE WHEN " + quote(parquetfile.OutlineName) + " IS NULL THEN " + quote(residualName) +
	" ELSE array_to_string(list_transform(list_zip(" + split(parquetfile.OutlineName) + ", " + split(residualName) +
	"), lambda x: x[1] || coalesce(x[2], '')), '') END"

// split cuts a text at its gaps.
func split(name string) string {
	return "string_split(" + quote(name) + ", chr(" + strconv.Itoa(event.Gap) + "))"
}
