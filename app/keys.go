// SPDX-License-Identifier: Apache-2.0

package app

import "errors"

// keys are the secrets of this observatory, made at first start. They never
// leave the data folder but in a backup.
type keys struct {
	eventID []byte // of event.id, so that a replay gives the same ids
	sketch  [16]byte
}

func (f *folder) keys() (k keys, err error) {
	id, err1 := f.secret("event-id", 32)
	sketch, err2 := f.secret("sketch", 16)
	k.eventID = id
	copy(k.sketch[:], sketch)
	return k, errors.Join(err1, err2)
}
