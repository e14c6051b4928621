// SPDX-License-Identifier: Apache-2.0

// Package routing decides who is told: which organisation an affected machine
// belongs to, and which of its contacts want to hear of it.
//
// Organisations with their prefixes, autonomous systems, domains, listed
// addresses and contacts come in; an immutable Table goes out, which any number
// of goroutines may ask. A question is answered by the longest prefix, then the
// AS, then the longest domain suffix, then the explicit list; the contact by
// its rule, or by a rule of the organisation above. What nobody answers for
// goes to the national fallback inbox: nothing may be forgotten.
//
// The package is pure: no input or output, no clock, nothing kept between two
// questions. The same table gives the same answer, in any order, for ever;
// DryRun therefore says beforehand who would have been told what.
package routing
