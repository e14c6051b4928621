// SPDX-License-Identifier: Apache-2.0

// Package pack keeps the parts that other rooms commit beside the records. All
// parts of one commit go into one file; slots (kind and key) come out, each
// with its live parts in the order in which they were committed. A pack may not
// look inside a part.
package pack
