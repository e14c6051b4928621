// SPDX-License-Identifier: Apache-2.0

// Package collect is what all doors share: it cuts a body into chunks of whole
// records, decodes Content-Encodings within limits, asks who is sending, bounds
// the memory of requests under way, and counts what is refused.
//
// Requests come in at the doors below this folder; deliveries for the journal
// go out. A sender is told "accepted" only after the journal's Commit returned,
// and everything before that is taken back when anything fails.
//
// A door looks at framing only: encoding, decoded size, record boundaries. It
// may not parse a record beyond that, may not change one (an over-long record
// is cut short and so marked by its length), and may not tell the sender
// anything of our inside: every error leaves as a Problem (RFC 9457).
//
// What counts as a record, for every reader of a chunk:
//
//   - lines: what lies between line breaks ("\n" or "\r\n"), unless empty. The
//     last one needs no line break. Bytes are handed on as they came, so a chunk
//     may hold empty lines; they are no records.
//   - CSV: a row of RFC 4180, in which a quote opens only at the start of a
//     field. Empty lines between rows are no records. The first row is no
//     record but the preamble of every chunk, without byte order mark and with
//     its line break.
//   - A record longer than the limit is a chunk of its own, cut to limit+3
//     bytes, so that it is longer than the limit even without a trailing "\r\n".
//     An over-long row ends at the next line break, quoted or not: a quote
//     that is never closed costs one record, not the rest of the file.
package collect
