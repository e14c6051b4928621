// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// keys are the secrets of this observatory, made at first start. They never
// leave the data folder but in a backup.
type keys struct {
	eventID []byte // of event.id, so that a replay gives the same ids
	sketch  [16]byte
	// incident is what incidents' numbers and contacts' are hashed with.
	incident []byte
	webhook  cipher.AEAD // seals the secrets that webhooks are signed with
}

// webhookKey seals what webhooks are signed with.
const webhookKey = "webhook"

func (f *folder) keys() (k keys, err error) {
	id, err1 := f.secret("event-id", 32)
	sketch, err2 := f.secret("sketch", 16)
	incident, err3 := f.secret("incident", 32)
	k.eventID, k.incident = id, incident
	copy(k.sketch[:], sketch)
	webhook, err4 := f.secret(webhookKey, 32)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return k, err
	}
	block, err := aes.NewCipher(webhook)
	if err == nil {
		k.webhook, err = cipher.NewGCM(block)
	}
	return k, err
}
