// SPDX-License-Identifier: Apache-2.0

// Package vitals holds how the product speaks of its own health: named
// warnings in both languages, build information, and what every room gets for
// its logs and metrics.
//
// Warnings come in from rooms through a Board; the health pages and the
// operator's commands read them. It imports no room and does no input or
// output of its own.
package vitals
