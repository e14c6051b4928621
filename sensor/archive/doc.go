// SPDX-License-Identifier: Apache-2.0

// Package archive reads the records of a file that somebody kept: plain, gzip
// or zstd, told apart by their first bytes; one record a line, a JSON array, or
// CSV.
//
// Bytes come in; records go out, one at a time, as they stood in the file, with
// the line they began on. Nothing is checked beyond where a record ends: a
// broken record goes out broken, so that the observatory can say what is wrong
// with it. Memory is bounded by the longest record that is kept whole.
package archive
