// SPDX-License-Identifier: Apache-2.0

// Package ingest is the door POST /api/v1/ingest/{format}.
//
// A body of newline-delimited records or CSV comes in, plain or packed, from an
// enrolled sensor with its token; one delivery goes out to the journal. The
// answer is 200 with batch, bytes, records and duplicate, sent only after the
// journal has the batch on disk, or a problem document (RFC 9457).
//
// A broken record inside a readable body is no reason to refuse it: it is
// journalled as it came and quarantined later, where the sender can see it.
// The door may not acknowledge part of a body.
package ingest
