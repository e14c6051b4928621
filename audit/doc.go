// SPDX-License-Identifier: Apache-2.0

// Package audit is the record of who did what: an append-only log that shows
// when anybody changed it.
//
// Entries come in through Append, which returns once the entry is on disk and
// covered by a signed checkpoint; appends that arrive together share the syncs.
// Out go pages of entries for the auditor, checkpoints (signed notes of the
// root of an RFC 6962 tree), proofs for outside verifiers, and files for a
// backup. Verify reads a log's folder without a server and says which entry,
// which file and which byte is not as it was signed.
//
// In the folder:
//
//	entries/00000000000000000000.jsonl   entries, one canonical JSON line each; the name is the first one's number
//	tile/8/0/000                         finished tiles of 256 hashes (golang.org/x/mod/sumdb/tlog)
//	checkpoint                           the newest checkpoint
//	checkpoint.new                       the one before it, or the next; gone after an orderly stop
//	checkpoints/2026-11-21T14.note       the first checkpoint of every hour
//	rotations/00000000000000001024.note  a change of the signing key, signed by both keys
//	public-keys                          the verifier keys, oldest first
//	lock                                 held while a server writes
//
// No personal data may be in an entry in clear: people are keyed pseudonyms,
// and a value that is not a plain identifier, or looks like an address or a
// number of a person, is replaced by its keyed hash. Nothing is ever removed.
package audit
