// SPDX-License-Identifier: Apache-2.0

// Package tables answers in nanoseconds to which country and which autonomous
// system an address belongs.
//
// In come the two embedded data files (country.bin, as.bin, made by
// enrich/tables/make from published data), or an MMDB file that an operator
// gives instead; out go an Index that is looked up by address and the names of
// the autonomous systems. A file that cannot be read whole is refused: a table
// is never half loaded. An Index does not change once it is built, so any
// number of goroutines may ask it.
//
// Addresses that the IANA special-purpose registries take out of the public
// Internet (private, loopback, documentation, multicast …) have no country and
// no autonomous system here, whatever a file says.
package tables
