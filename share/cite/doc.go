// SPDX-License-Identifier: Apache-2.0

// Package cite shows figures that are cited, each at an address that never changes
// (/f/ID), the keys that they are signed with, and the series that others published.
//
// A request comes in; a page in Vietnamese or English, JSON or CSV goes out, made of
// what classify released to everybody. It may not happen that an answer here differs
// by who asks, or that a number of somebody else's stands without its source.
package cite
