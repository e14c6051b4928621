// SPDX-License-Identifier: Apache-2.0

// Package manifest names the files that make up a store at one moment, with the
// journal position that they reach. A manifest comes in from one file and goes
// out to it in one atomic step; a file that it does not name does not exist. It
// may not open the files that it names.
package manifest
