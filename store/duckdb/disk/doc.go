// SPDX-License-Identifier: Apache-2.0

// Package disk is the one folder in which a store keeps its files. Every step
// that changes something goes through here, in the order in which it must reach
// the platter, and a hook sees each before it is done: so a test can stop the
// world at any of them. Nothing else in the store may change a file.
package disk
