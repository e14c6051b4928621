// SPDX-License-Identifier: Apache-2.0

// Package pipeline carries records from the journal to the store: normalise
// and enrich in parallel, then measure in journal order, then commit.
//
// Chunks come in; commits go out, every one all or nothing with what measure
// and the batch ledger cut for it. Records are never reordered before they are
// counted, nothing is dropped, and memory is bounded: when the store is behind,
// the journal is simply read more slowly.
package pipeline
