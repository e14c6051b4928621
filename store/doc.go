// SPDX-License-Identifier: Apache-2.0

// Package store is the contract of what keeps events: commits come in, answers
// to questions go out.
//
// A commit is all or nothing and durable when it returns; everything in the
// store can be rebuilt from the journal, so a commit names the journal position
// that it reaches. Questions are put in the words of event (Query, Aggregate)
// and see one consistent state. The store does not know who asks: what a viewer
// may see is decided before and comes as the question's scope, which the store
// enforces in whatever it answers. Walk, Rejects, Accounting and Outcome have
// no scope: they are for the program and its operators.
//
// store/duckdb is the default implementation; store/storetest is the suite that
// any implementation must pass.
package store
