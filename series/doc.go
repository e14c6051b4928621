// SPDX-License-Identifier: Apache-2.0

// Package series keeps numbers that others published: totals of vendors and partners,
// under their names.
//
// A file comes in (CSV or NDJSON, Read), checked strictly: an error names line, field
// and remedy. Series with their points go out, each point with what follows from the
// numbers of its own series: per day, change on the period before and on the year,
// rank among countries. Shelf keeps them in a bucket with every version; a value that
// changes in a later file is a revision, and what stood there before stays.
//
// It may not happen that a number is added to what is counted here or to another
// series, that it is shown without its source, that its digits change, or that a file
// is taken in part.
package series
