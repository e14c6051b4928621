// SPDX-License-Identifier: Apache-2.0

// Package share holds what all that leaves has in common: the router that
// knows its routes, the way filters are written in an address, and the text form
// of a record's fields. What leaves is in the folders below.
//
// Requests come in, handlers below share answer them. No route may exist that
// the access matrix does not name: Mux tells every pattern it serves, and a
// test in app compares.
package share
