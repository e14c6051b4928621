// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"
)

// Action is what was done; the set is closed.
type Action string

// Actions.
const (
	SignIn       Action = "sign-in"
	SignOut      Action = "sign-out"
	Read         Action = "read"
	Search       Action = "search"
	Export       Action = "export"
	Label        Action = "label"
	Release      Action = "release"
	Hold         Action = "hold"         // live pages held or let go
	Token        Action = "token"        // made, revoked
	Policy       Action = "policy"       // rules, agreements, law pack
	Network      Action = "network"      // an organisation's networks
	Sensor       Action = "sensor"       // enrolled, rotated, revoked
	Person       Action = "person"       // invited, roles changed, erased
	Organisation Action = "organisation" // made, changed
	Dataset      Action = "dataset"      // uploaded, confirmed, withdrawn
	Request      Action = "request"      // access asked for, granted, refused
	Notice       Action = "notice"       // sent
	Incident     Action = "incident"     // what an organisation said of one
	Quarantine   Action = "quarantine"   // records shown or replayed
	Audit        Action = "audit"        // this log was read
	Key          Action = "key"          // the signing key changed
	Recovery     Action = "recovery"     // the log was put right at a start
	Backup       Action = "backup"
	Restore      Action = "restore"
)

// Actions lists the closed set.
var Actions = []Action{
	SignIn, SignOut, Read, Search, Export, Label, Release, Hold, Token, Policy, Network, Sensor, Person,
	Organisation, Dataset, Request, Notice, Incident, Quarantine, Audit, Key, Recovery, Backup, Restore,
}

// Outcome is how it ended.
type Outcome string

// Outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // not allowed
	Failed  Outcome = "failed"  // allowed, but it did not work
)

// Tiers that an entry may name, as in classify.
var Tiers = []string{"T0", "T1", "T1c", "T2", "T3", "T4", "TX"}

// Object is what it was done to.
type Object struct {
	Kind    string   `json:"kind,omitempty"`    // event, incident, dataset, person, indicator …
	Dataset string   `json:"dataset,omitempty"` // id
	IDs     []string `json:"ids,omitempty"`     // at most MaxIDs are kept
	More    int64    `json:"more,omitempty"`    // ids beyond those
}

// Entry is one line of the log: one request. Index and Time are set by Append
// when they are zero; all strings are identifiers, never words of a person.
type Entry struct {
	Index         int64
	Time          time.Time // UTC, microseconds
	Action        Action
	Actor         Actor
	Roles         []string
	Organisations []string // ids of the actor's
	Object        Object
	Tier          string // of what was shown; one of Tiers
	Purpose       string // code in the pack of classes
	Outcome       Outcome
	Request       string // id of the request
	Count         int64  // records, rows, bytes: whatever the action counts
}

// Bounds of an entry.
const (
	MaxIDs    = 256
	maxList   = 64  // roles, organisations
	maxString = 128 // bytes of one
	maxLine   = 64 << 10
)

// check refuses what a program may not write. What a person may have written is
// sealed instead: an audited request must not fail for its words.
func (e *Entry) check() error {
	switch {
	case !slices.Contains(Actions, e.Action):
		return fmt.Errorf("audit: action is %q; it must be one of the closed set", e.Action)
	case e.Outcome != Done && e.Outcome != Refused && e.Outcome != Failed:
		return fmt.Errorf("audit: outcome is %q; it must be done, refused or failed", e.Outcome)
	case !e.Actor.valid():
		return fmt.Errorf("audit: actor is no pseudonym; make it with audit.Pseudonym")
	case e.Tier != "" && !slices.Contains(Tiers, e.Tier):
		return fmt.Errorf("audit: tier is %q; it must be one of %v", e.Tier, Tiers)
	case len(e.Roles) > maxList || len(e.Organisations) > maxList:
		return fmt.Errorf("audit: more than %d roles or organisations", maxList)
	case e.Count < 0 || e.Object.More < 0 || e.Index < 0:
		return fmt.Errorf("audit: a number is negative")
	case e.Time.Year() < 1970 || e.Time.Year() > 9999:
		return fmt.Errorf("audit: time is %v; it must lie in the years 1970 to 9999", e.Time)
	case len(e.Object.IDs) > MaxIDs:
		return fmt.Errorf("audit: more than %d ids", MaxIDs)
	}
	return e.checkStrings()
}

func (e *Entry) checkStrings() error {
	for _, s := range []string{e.Object.Kind, e.Object.Dataset, e.Purpose, e.Request} {
		if s != "" && !plain(s) {
			return fmt.Errorf("audit: %q is no identifier", s)
		}
	}
	for _, list := range [][]string{e.Roles, e.Organisations, e.Object.IDs} {
		for _, s := range list {
			if !plain(s) {
				return fmt.Errorf("audit: %q is no identifier", s)
			}
		}
	}
	return nil
}

// sealed gives the entry with everything replaced that may not be in clear, and
// the list of ids cut to what a line holds. The caller's slices stay as they are.
func (e Entry) sealed(key []byte) Entry {
	if n := len(e.Object.IDs); n > MaxIDs {
		e.Object.More += int64(n - MaxIDs)
		e.Object.IDs = e.Object.IDs[:MaxIDs]
	}
	for _, s := range []*string{&e.Object.Kind, &e.Object.Dataset, &e.Purpose, &e.Request} {
		*s = seal(key, *s)
	}
	for _, list := range []*[]string{&e.Roles, &e.Organisations, &e.Object.IDs} {
		out := make([]string, 0, len(*list))
		for _, s := range *list {
			if s != "" {
				out = append(out, seal(key, s))
			}
		}
		*list = out
	}
	return e
}
