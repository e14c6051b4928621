// SPDX-License-Identifier: Apache-2.0

// Package journal is the durable log: NATS JetStream, embedded in the process
// without a port, or an external server or cluster by URL.
//
// Deliveries come in from the doors: Begin, Write, Commit. Commit returns after
// the bytes are on disk; pieces of requests that arrive together share one
// message and one sync, and what a sender packed in zstd stays so. Chunks go out, whole batches in journal order, through
// Consume; a batch whose sender never committed is never delivered, and an
// acknowledged one is delivered exactly once in each pass over the journal.
// Once is the journal's own ledger of Idempotency-Keys (seven days) and spool
// numbers (for ever); LedgerCut and LedgerLoad move it through the store's
// commits, Recover reads the rest from the journal itself.
//
// Order at start: New, Start, LedgerLoad for every cut, Recover(position of the
// store), then Begin and Consume. One process writes to a journal.
//
// The package may not look inside a record, and may not acknowledge anything
// that a crash could take back.
package journal
