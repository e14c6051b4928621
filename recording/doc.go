// SPDX-License-Identifier: Apache-2.0

// Package recording holds the demo recording: what a real Suricata and a real Cowrie wrote while real attack tools were
// let loose on real services inside network namespaces (see README.md and make/).
//
// What comes in: nothing; the two streams and their manifest are part of the program. What goes out: the streams as
// newline-delimited JSON, decompressed as they are read, in the order in which they were written. What may not happen:
// a line that is changed on the way, a name or path of the machine that recorded them, or an address that belongs to
// somebody: all are private, documentation or retired ranges, named in the manifest.
package recording
