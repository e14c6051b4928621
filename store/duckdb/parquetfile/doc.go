// SPDX-License-Identifier: Apache-2.0

// Package parquetfile writes and reads segments: Parquet files with one column
// for each field of the record.
//
// Batches come in as columns and leave as pages, without ever becoming rows or
// boxed values; read back, they are columns again. The files are ordinary
// Parquet (format version 2.6: zstd, dictionaries, delta encodings, statistics)
// that any tool can open: enumerations and countries are strings, times are
// nanoseconds UTC (as "local" timestamps, which DuckDB reads exactly), addresses are 16-byte values (UUID logical type, since it is
// the one 16-byte type that readers compare as a number; IPv4 is mapped into
// ::ffff:0:0/96), sets are their members in one string with a blank between
// them. "Not set" is NULL.
//
// network.community_id is stored only where it does not follow from the flow;
// network.community_id.short then holds its beginning, and Rebuild computes it.
// What the residual JSON of many records shares is stored once, as an outline in
// cert.residual.outline; cert.residual then holds what fills its gaps, and Rebuild
// puts them together. Without an outline it is the whole text.
// In commits long texts, large dictionaries of strings and differences are
// compressed with Snappy, codes and addresses framed as zstd without a search
// (frame.go); a merge that writes them anew compresses them with zstd.
//
// The reader reads what this writer writes, not every Parquet file.
package parquetfile
