// SPDX-License-Identifier: Apache-2.0

// Package backup writes everything that an observatory keeps into one archive,
// and makes a data folder of it again.
//
// Parts come in from whoever knows what belongs together: each hands over files,
// one after the other, while the server goes on. Out goes a stream that only the
// recipients' keys open: age (age-encryption.org/v1) around zstd around tar,
//
//	manifest.json   version, time, journal position, audit checkpoint
//	data/…          the files; one whose size was not known lies in several pieces
//	SHA256SUMS      of every file, as sha256sum writes it
//
// Restore reads it into a new folder beside the target, compares every hash,
// and only then gives the folder its name. It may not touch a folder that holds
// anything, take a file outside the target, or leave half of an archive behind.
// What the files mean is known to the rooms that they come from.
package backup
