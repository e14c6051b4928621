// SPDX-License-Identifier: Apache-2.0

// Package door is the client of an observatory's ingest door: one batch, packed
// with zstd, goes out in one request; a receipt or a typed error comes back.
//
// It never repeats a request by itself and never gives a batch up: whoever calls
// it decides, by the error's Verdict, whether the same bytes can be accepted
// later. It keeps no token in an error or a log.
package door
