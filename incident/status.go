// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/event"
)

// Errors of the book. Their texts may be shown to whoever asked.
var (
	ErrInvalid    = errors.New("invalid")
	ErrNotStarted = errors.New("the book of incidents is still being read")
)

// Limits of what a person may write.
const (
	maxNote = 1000 // characters
	maxWho  = 64
)

// Entry is one line of an incident's history. Lines are added, never changed.
type Entry struct {
	Number  int          `json:"number"` // from 1
	Status  event.Status `json:"-"`
	Word    string       `json:"status"`
	Who     string       `json:"who,omitempty"` // id of a person; empty: the observatory itself
	When    time.Time    `json:"when"`
	Note    string       `json:"note,omitempty"`
	Relapse bool         `json:"relapse,omitempty"` // reopened because it was seen again
	Subject Subject      `json:"subject"`
}

// Subject is what an entry speaks of, so that the book can be read without the
// records, which live shorter.
type Subject struct {
	Org     uint32        `json:"org"`
	Key     event.Bytes16 `json:"-"`
	Addr    event.Addr    `json:"-"`
	RSIT    event.RSIT    `json:"-"`
	Name    string        `json:"name,omitempty"`
	Port    uint16        `json:"port,omitempty"`
	First   event.Time    `json:"first"` // of this time round: of the relapse, where it returned
	Last    event.Time    `json:"last"`
	KeyText string        `json:"key"`
	Machine string        `json:"machine,omitempty"`
	Kind    string        `json:"kind"`
}

func subjectOf(i *event.Incident) Subject {
	return Subject{
		Org: i.Org, Key: i.Key, Addr: i.Machine.Addr, RSIT: i.Problem.RSIT, Name: i.Problem.Name, Port: i.Problem.Port,
		First: i.First, Last: i.Last, KeyText: i.Key.String(), Machine: i.Machine.Addr.String(), Kind: i.Problem.RSIT.String(),
	}
}

// Word is what somebody says of an incident.
type Word struct {
	Status event.Status
	Who    string // opaque id of a person
	Note   string
}

// Check says what cannot be kept as it is, as Book.Set does.
func (w *Word) Check() error { return w.check() }

func (w *Word) check() error {
	if w.Status == event.StatusUnset || w.Status.String() == "" {
		return fmt.Errorf("%w: status: use one of %q", ErrInvalid, event.Statuses.Names[1:])
	}
	if w.Who == "" || len(w.Who) > maxWho {
		return fmt.Errorf("%w: who: it must be said by a person, in 1 to %d bytes", ErrInvalid, maxWho)
	}
	if n := utf8.RuneCountInString(w.Note); n > maxNote || !utf8.ValidString(w.Note) {
		return fmt.Errorf("%w: note: write at most %d characters of text", ErrInvalid, maxNote)
	}
	if strings.ContainsFunc(w.Note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return fmt.Errorf("%w: note: it holds control characters; remove them", ErrInvalid)
	}
	return nil
}

// restore fills what is kept as text only.
func (e *Entry) restore() error {
	status, err := event.Statuses.Parse(e.Word)
	if err != nil || status == 0 {
		return fmt.Errorf("status %q is unknown to this version", e.Word)
	}
	kind, err := event.RSITs.Parse(e.Subject.Kind)
	if err != nil {
		return err
	}
	if e.Subject.Machine != "" {
		if e.Subject.Addr, err = event.ParseAddr(e.Subject.Machine); err != nil {
			return err
		}
	}
	e.Status, e.Subject.RSIT = event.Status(status), event.RSIT(kind)
	e.Subject.Key, err = parseKey(e.Subject.KeyText)
	return err
}

// parseKey reads an incident's key in the form that Bytes16.String gives.
func parseKey(s string) (k event.Bytes16, err error) {
	bad := fmt.Errorf("%w: %.60q is not the key of an incident", ErrInvalid, s)
	if len(s) != 36 {
		return k, bad
	}
	at := 0
	for i := 0; i < len(s); {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return k, bad
			}
			i++
			continue
		}
		hi, lo := strings.IndexByte("0123456789abcdef", s[i]), strings.IndexByte("0123456789abcdef", s[i+1])
		if hi < 0 || lo < 0 {
			return k, bad
		}
		k[at] = byte(hi<<4 | lo)
		at, i = at+1, i+2
	}
	return k, nil
}

// ParseKey reads an incident's key, as pages and links carry it.
func ParseKey(s string) (event.Bytes16, error) { return parseKey(s) }
