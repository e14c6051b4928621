// SPDX-License-Identifier: Apache-2.0

// Package identity knows who sends and who asks: enrolled sensors and the
// holders of operator tokens.
//
// Tokens come in, a sensor or a principal goes out. Records live in a bucket
// and, for the many questions a second, in memory; every change goes through
// this package, to the bucket first, and is seen by the next question.
//
// The package may not keep a token in clear: a token is shown once, when it is
// made, and only its SHA-256 is kept. Tokens carry 200 random bits, so a plain
// hash is enough.
package identity
