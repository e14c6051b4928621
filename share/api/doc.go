// SPDX-License-Identifier: Apache-2.0

// Package api is the programming interface for reading: records, counts,
// aggregations, what became of a batch, accounting, and the public picture as
// JSON, described in OpenAPI 3.1.
//
// Requests come in; JSON, NDJSON, CSV or Parquet goes out, made from a
// classify.Released and nothing else. Errors are problem documents (RFC 9457)
// that name the field and the remedy and show nothing of the inside.
package api
