// SPDX-License-Identifier: Apache-2.0

// Package admin is the administration socket: how the command line talks to a
// running observatory.
//
// A method name and a JSON value come in, a JSON value or an error sentence
// goes out, over HTTP on a Unix socket in the data folder that only its owner
// can open. Nothing else listens on it, and it is never reachable from a
// network. The same handler answers in the same process when no server runs.
package admin
