// SPDX-License-Identifier: Apache-2.0

// Package app puts the rooms together: it builds, starts, reloads and stops
// the observatory, and hands each room its neighbours.
//
// A checked configuration comes in; a running observatory goes out, behind one
// listener and one administration socket. It decides nothing that a room should
// decide, and it is the only place that knows all rooms. The whole product can
// run inside one test.
package app
