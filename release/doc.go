// SPDX-License-Identifier: Apache-2.0

// Package release decides which open blocks everybody sees, and from when: a
// page's section, a table, a series, the live counters (CLASSES, "The release
// desk").
//
// What named persons decided comes in; a verdict on a block and a period goes
// out. The package keeps nothing but the decisions handed to it and asks nobody
// anything. It may not happen that a block is shown that nobody decided on, that a
// decision has no person and no reason, or that an embargoed figure is shown a
// moment early.
package release
