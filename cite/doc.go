// SPDX-License-Identifier: Apache-2.0

// Package cite keeps the figures that are cited, each under an address of its own.
//
// A figure that is open to everybody comes in, with coverage, journal position and
// data snapshots; a signed document goes out. Its canonical form (Canonical,
// RFC 8785) holds what the figure says and nothing of when or where it was worked
// out; the document's id is derived from that alone, so that the same figure has the
// same address, whoever cites it. Around it lies the envelope: time of computation,
// software, key, and an Ed25519 signature over all of these (Verify).
//
// Book keeps documents and public keys in a bucket for ever, and in memory an index
// of about 200 bytes a document. It links the citations of one table and period,
// the older ones to the newest, with what differs.
//
// It may not happen that a kept document changes, that a key's public half is
// forgotten, that visitors fill the disk (Config's limits), or that a document is
// accepted that is not written as this package writes it. Who may see a figure is
// decided elsewhere: what is cited is public.
package cite
