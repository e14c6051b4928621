// SPDX-License-Identifier: Apache-2.0

// Package duckdb is the default store: Parquet segments on one machine, a
// manifest that names them, and DuckDB to ask them, in process.
//
// Commits come in and are on disk, all of it or nothing, when Commit returns;
// answers to event.Query and event.Aggregate go out, each from one pinned state.
// Numbers of records by columns with dictionaries are counted by our own reader,
// kind by kind; DuckDB is then asked about the kinds in the place of the records.
// Segments are merged in the background and dropped as a whole when they are too
// old. A file is deleted only when no state that anybody still reads names it.
//
// The parts: disk (the folder, step by step), manifest (which files make up a
// state), parquetfile (segments), pack (sidecars), quarantine (rejects). Nothing
// here may load a DuckDB extension, reach a file outside the folder, or build a
// question out of a viewer's words: values are bound as parameters.
package duckdb
