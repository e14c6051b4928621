// SPDX-License-Identifier: Apache-2.0

package store

import "errors"

// ErrNoQueries is answered by a build that can store but not ask.
var ErrNoQueries = errors.New("this build has no query engine: use a build without the noduckdb tag")

// ErrStopped is answered when the store is not running.
var ErrStopped = errors.New("the store is not running")

// QueryError says that a question cannot be answered as put. Its text may be
// shown to whoever asked.
type QueryError struct {
	Field  string // of the record, or the part of the query: "by", "metric", "cursor", "limit"
	Detail string // what is wrong and what would be right
}

func (e *QueryError) Error() string { return e.Field + ": " + e.Detail }
