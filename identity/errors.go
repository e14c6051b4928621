// SPDX-License-Identifier: Apache-2.0

package identity

import "errors"

// Errors. The texts may be shown to whoever sent the token or the command.
var (
	// ErrUnknownToken: no such token was ever given out, or it is forgotten (401).
	ErrUnknownToken = errors.New("the token is unknown")
	// ErrExpired: the token was good once; rotation or its own date ended it (401).
	ErrExpired = errors.New("the token has expired; use the newer one")
	// ErrRevoked: the token's holder may not come in any more (403).
	ErrRevoked = errors.New("the token was revoked")
	// ErrExists: the name is taken (409).
	ErrExists = errors.New("the name is taken; choose another, or revoke or rotate the present one")
	// ErrNotFound: nobody has that name (404).
	ErrNotFound = errors.New("there is nobody of that name")
	// ErrInvalid: name, role or another field cannot be used (400).
	ErrInvalid = errors.New("invalid")
	// ErrUsed: a one-time link was used before (403).
	ErrUsed = errors.New("the link was used already")
	// ErrUnproven: the domain name system does not hold the proof (409).
	ErrUnproven = errors.New("the proof was not found")
	// ErrNotStarted: the records are not read yet (503).
	ErrNotStarted = errors.New("identity is still starting")
)
