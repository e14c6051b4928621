// SPDX-License-Identifier: Apache-2.0

// Package strictjson reads one JSON object in a single strict pass.
//
// A record's bytes and a Table of wanted paths come in. Out go the values at
// those paths, as views, and the Residual: the same object without the members
// that were taken, its structure kept. Nothing is allocated for a record once
// the Reader's memory has grown to its size.
//
// It accepts exactly what RFC 8259 and RFC 7493 (I-JSON) allow, as
// github.com/go-json-experiment/json does by default: duplicate names in one
// object (compared after unescaping), invalid UTF-8, lone surrogates, trailing
// data and any looseness of grammar are refused, and so is nesting beyond a
// limit. Two parsers that disagree on what an attacker wrote are a hole, so it
// is compared with that package by a fuzz test. \u0000 is an ordinary
// character.
//
// A Reader learns in which order members come (shape.go) and compares what lies
// between values as a whole; a test and a fuzz target hold it to give what reading
// member by member gives.
//
// It imports no room and does no input or output. A Reader belongs to one
// goroutine; a Table may be shared.
package strictjson
