// SPDX-License-Identifier: Apache-2.0

package journal

import "errors"

// Errors that doors turn into answers. The texts may be shown to the sender.
var (
	// ErrBehind: the journal is full until the store catches up (429).
	ErrBehind = errors.New("the observatory is behind; send again later")
	// ErrNoSpace: the disk is nearly full, or was and the log is down (507).
	ErrNoSpace = errors.New("the observatory's disk is nearly full; nothing was accepted")
	// ErrKeyBusy: a batch with this key or number is still under way (409).
	ErrKeyBusy = errors.New("a batch with this key is still being received")
	// ErrKeyMismatch: the key or number was used for other bytes (422).
	ErrKeyMismatch = errors.New("this key was already used for a batch with other bytes; use a new key")
	// ErrSpool: the spool's numbering is unusable, by age or by number of spools (422).
	ErrSpool = errors.New("the spool's numbering cannot be followed; start the sensor with a new spool")
	// ErrInvalid: the delivery's header is unusable (400).
	ErrInvalid = errors.New("the delivery's header is invalid")
	// ErrTooLong: more pieces or bytes than one batch may have (413).
	ErrTooLong = errors.New("the batch is too long; send it in several")
	// ErrExpired: the batch stayed open too long (408).
	ErrExpired = errors.New("the batch stayed open too long; send it again")
	// ErrUnavailable: the log gave no definite answer; the batch may be sent again (503).
	ErrUnavailable = errors.New("the journal is not available; send again later")
	// ErrNotReady: Recover has not run yet (503).
	ErrNotReady = errors.New("the journal is still starting")
	// ErrStopped: the journal is stopping or stopped (503).
	ErrStopped = errors.New("the journal is stopping")
	// ErrNotFound: a bucket holds no such key.
	ErrNotFound = errors.New("no such key")

	errAborted = errors.New("the batch was aborted")
)
