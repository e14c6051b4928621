// SPDX-License-Identifier: Apache-2.0

// Package my is the member's view: an organisation's own incidents by machine
// and problem, what to do about each, how to find the machine behind an address
// translator, why it was told, and what it answers; others' incidents of its
// sector; whom it wants to be told; and all of it as files.
//
// A browser's requests come in, and what classify released to who is signed in;
// pages in Vietnamese and English, CSV and JSON go out. What a member says of an
// incident, and whom it wants to be told, is handed to whoever keeps that.
//
// The room never sees a record that was not released to the viewer, so that
// another's incident is answered like one that does not exist. Only POST from
// our own pages changes anything. Attackers write much of what is shown: it is
// text everywhere, never markup, and no cell of a file is run by a spreadsheet.
// Nothing of it is kept by a cache.
package my
