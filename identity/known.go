// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// Kinds of records; the first part of a record's key in the bucket.
const (
	kindSensor       = "sensor"
	kindOperator     = "token"
	kindPerson       = "person"
	kindOrganisation = "organisation"
	kindInvitation   = "invitation"
	kindSession      = "session"
	kindAccess       = "access"
)

// known is everything, in memory, by name or id. It is never changed, only
// replaced; so are the records in it.
type known struct {
	sensors       map[string]*sensorRecord
	operators     map[string]*operatorRecord
	persons       map[string]*Person
	organisations map[string]*Organisation
	invitations   map[string]*invitationRecord
	sessions      map[string]*sessionRecord
	access        map[string]*accessRecord

	// By hash: who holds the token, and which of the holder's it is.
	sensorTokens   map[digest]sensorToken
	operatorTokens map[digest]*operatorRecord
	// By a provider's name for somebody, and by passkey: the person's id.
	subjects map[Subject]string
	passkeys map[string]string

	// By organisation: whose client it is.
	teams map[uint32][]uint32

	registered  uint64        // changes of sensors and organisations
	changed     chan struct{} // closed when rights may have changed
	reorganised chan struct{} // closed when organisations have changed
}

func newKnown() *known {
	k := &known{
		sensors: map[string]*sensorRecord{}, operators: map[string]*operatorRecord{},
		persons: map[string]*Person{}, organisations: map[string]*Organisation{},
		invitations: map[string]*invitationRecord{}, sessions: map[string]*sessionRecord{},
		access: map[string]*accessRecord{}, changed: make(chan struct{}), reorganised: make(chan struct{}),
	}
	k.index()
	return k
}

// read takes a record in as the bucket keeps it.
func (k *known) read(key string, value []byte) error {
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case kindSensor:
		return load(k.sensors, kind, key, value)
	case kindOperator:
		return load(k.operators, kind, key, value)
	case kindPerson:
		return load(k.persons, kind, key, value)
	case kindOrganisation:
		return load(k.organisations, kind, key, value)
	case kindInvitation:
		return load(k.invitations, kind, key, value)
	case kindSession:
		return load(k.sessions, kind, key, value)
	case kindAccess:
		return load(k.access, kind, key, value)
	}
	return fmt.Errorf("the kind %q is unknown to this version", kind)
}

// entry is a record that knows its name and whether it is whole.
type entry[T any] interface {
	*T
	named() string
	whole() bool
}

func load[T any, P entry[T]](into map[string]P, kind, key string, value []byte) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	r := P(new(T))
	if err := d.Decode(r); err != nil {
		return err
	}
	if bucketKey(kind, r.named()) != key || !r.whole() {
		return errors.New("it is incomplete, or has another name than its key")
	}
	into[r.named()] = r
	return nil
}

// set takes a write into k, which nobody else sees yet.
func (k *known) set(w write) {
	switch w.kind {
	case kindSensor:
		replace(&k.sensors, w)
	case kindOperator:
		replace(&k.operators, w)
	case kindPerson:
		replace(&k.persons, w)
	case kindOrganisation:
		replace(&k.organisations, w)
	case kindInvitation:
		replace(&k.invitations, w)
	case kindSession:
		replace(&k.sessions, w)
	case kindAccess:
		replace(&k.access, w)
	}
}

func replace[T any](m *map[string]T, w write) {
	c := maps.Clone(*m)
	if w.record == nil {
		delete(c, w.name)
	} else {
		c[w.name] = w.record.(T)
	}
	*m = c
}

// index makes the look-ups that do not go by name.
func (k *known) index() {
	k.indexTokens()
	k.indexPersons()
	k.indexOrganisations()
}

func (k *known) indexOrganisations() {
	k.teams = map[uint32][]uint32{}
	for _, o := range k.organisations {
		if o.Disabled != nil {
			continue
		}
		for _, c := range o.Clients {
			k.teams[c] = append(k.teams[c], o.ID)
		}
	}
}

func (k *known) indexTokens() {
	k.sensorTokens, k.operatorTokens = map[digest]sensorToken{}, map[digest]*operatorRecord{}
	for _, r := range k.sensors {
		for n := range r.Tokens {
			k.sensorTokens[r.Tokens[n].Hash] = sensorToken{r, &r.Tokens[n]}
		}
	}
	for _, r := range k.operators {
		k.operatorTokens[r.Hash] = r
	}
}

func (k *known) indexPersons() {
	k.subjects, k.passkeys = map[Subject]string{}, map[string]string{}
	for id, p := range k.persons {
		for _, s := range p.Subjects {
			k.subjects[s] = id
		}
		for _, c := range p.Passkeys {
			k.passkeys[string(c.ID)] = id
		}
	}
}
