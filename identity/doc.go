// SPDX-License-Identifier: Apache-2.0

// Package identity knows who sends and who asks: enrolled sensors, people,
// organisations and what each may do.
//
// A token, a browser's cookie or a one-time link comes in; a sensor or a
// Principal goes out. A Principal says what somebody may do now: it is made
// anew for every question, so that a person, a token, a role or an organisation
// that is revoked is so at the next question. Who serves somebody for longer
// than one question waits for Changed and asks again.
//
// An organisation's networks are its own only once confirmed: by an analyst, or
// by a record that the organisation puts into the domain name system.
//
// Records live in a bucket and, for the many questions a second, in memory;
// every change goes through this package, is written down for the audit, then
// to the bucket, and is seen by the next question. One process at a time may
// use a bucket.
//
// The package may not keep a secret in clear: it is shown once, when it is made,
// and only its SHA-256 is kept. Secrets carry 200 random bits or more, so a plain
// hash is enough. A webhook's secret must be known again to sign; it is kept
// sealed under a key that is not in the bucket. Nobody is known by a password.
package identity
