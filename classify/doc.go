// SPDX-License-Identifier: Apache-2.0

// Package classify is the gate between what is known and what leaves: it
// decides what a given viewer may see.
//
// A Viewer and a question come in, in the words of event; a Released goes out.
// A Released can only be made here, from an answer and the viewer it was
// reduced for, and everything in share encodes nothing else: a leak is a
// compile error. Whatever the table of public figures does not name is closed
// to visitors. classify asks measure and the store through interfaces of its
// own; it keeps nothing and writes nothing.
package classify
