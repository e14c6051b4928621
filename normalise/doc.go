// SPDX-License-Identifier: Apache-2.0

// Package normalise turns raw records into the shared record of package event.
//
// Chunks of whole raw records come in, as the journal gives them back. Batches
// of normalised records go out, and rejects for the quarantine: each record of
// a chunk ends in exactly one of the two. The folders below hold one format
// each; the root cuts chunks into records, takes wrappers of log shippers off,
// asks the format's Mapper and sets what all formats share.
//
// It asks nobody anything: no network, no disk, no clock but the one handed in.
// It never panics on what an attacker wrote, and a bad record costs its
// neighbours nothing. Memory is reused: a format maps a record without
// allocating in the steady state.
package normalise
