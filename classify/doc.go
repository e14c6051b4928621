// SPDX-License-Identifier: Apache-2.0

// Package classify is the gate between what is known and what leaves: it
// decides what a given viewer may see.
//
// A Viewer and a question come in, in the words of event; a Released goes out.
// A Released can only be made here, from an answer and the viewer it was
// reduced for, and everything in share encodes nothing else: a leak is a
// compile error. Whatever the table of public figures does not name is closed
// to visitors. classify asks measure and the store through interfaces of its
// own; it stores nothing and writes nothing.
//
// Rules.Decide is the rule: (viewer, purpose, facts of a record) → whole,
// redacted or nothing, and why. It is pure. The gate compiles the same rule into
// an event.Scope, which the store asks its records by. The facts of a record
// follow from its label, its sharing group and its sensor's agreement. What is
// law and may change without a programmer is in the folder pack.
//
// It may not happen that the two disagree, that somebody reads what is derived
// from a record that it may not read, or that a refusal tells whether there is
// such a record; each has a test over random policies or all combinations.
package classify
