// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"time"

	"haidang/event"
)

// Names of the methods.
const (
	MethodSensorEnrol      = "sensor.enrol"      // event.Sensor → Token
	MethodSensorList       = "sensor.list"       // None → []Sensor
	MethodSensorRevoke     = "sensor.revoke"     // Name → None
	MethodSensorRotate     = "sensor.rotate"     // Name → Token
	MethodTokenCreate      = "token.create"      // NewToken → Token
	MethodTokenList        = "token.list"        // None → []TokenLine
	MethodTokenRevoke      = "token.revoke"      // Name → None
	MethodQuarantineList   = "quarantine.list"   // QuarantineQuery → QuarantinePage
	MethodQuarantineReplay = "quarantine.replay" // QuarantineQuery → Replayed
	MethodBackup           = "backup"            // NewBackup → Backup
	MethodReload           = "reload"            // None → Reloaded
	MethodStatus           = "status"            // None → Status
)

// None is an empty question or answer.
type None struct{}

// Name names a sensor or token.
type Name struct {
	Name string `json:"name"`
}

// Token is a secret that is shown once.
type Token struct {
	Token string `json:"token"`
}

// Sensor is one line of the list of sensors.
type Sensor struct {
	event.Sensor
	Enrolled time.Time  `json:"enrolled"`
	Revoked  *time.Time `json:"revoked,omitempty"`
	LastSeen *time.Time `json:"last_seen,omitempty"`
	Rate     float64    `json:"records_per_second"`
	Skew     float64    `json:"clock_skew_seconds"`
	Drops    int64      `json:"kernel_drops"`
	Silent   bool       `json:"silent"`
}

// NewToken asks for a token of a person or program.
type NewToken struct {
	Name    string        `json:"name"`
	Role    string        `json:"role"`
	Expires time.Duration `json:"expires,omitempty"` // from now; for ever when zero
}

// TokenLine is one line of the list of tokens.
type TokenLine struct {
	Name    string     `json:"name"`
	Role    string     `json:"role"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked bool       `json:"revoked"`
}

// QuarantineQuery asks for quarantined records.
type QuarantineQuery struct {
	Sensor string `json:"sensor,omitempty"`
	Reason string `json:"reason,omitempty"`
	Batch  string `json:"batch,omitempty"`
	Line   int64  `json:"line,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// QuarantinePage is one page of quarantined records.
type QuarantinePage struct {
	Rejects []event.Reject `json:"rejects"`
	Next    string         `json:"next,omitempty"`
}

// Replayed says what became of records taken out of quarantine.
type Replayed struct {
	Tried int64  `json:"tried"`
	Batch string `json:"batch,omitempty"`
	Sent  int64  `json:"sent"`
	Cut   int64  `json:"cut"`   // kept only in part, cannot be replayed
	Again int64  `json:"again"` // still refused by this version
}

// NewBackup asks for an archive in a file on the observatory's machine.
type NewBackup struct {
	To         string   `json:"to"`               // absolute path, must not exist
	Recipients []string `json:"recipients"`       // age public keys
	Config     string   `json:"config,omitempty"` // configuration file to take along
}

// Backup says what an archive holds.
type Backup struct {
	Files      int64  `json:"files"`
	Bytes      int64  `json:"bytes"`
	Position   uint64 `json:"journal_position"`
	Checkpoint string `json:"audit_checkpoint"`
}

// Reloaded names the tables in use after a reload.
type Reloaded struct {
	Tables []string `json:"tables"`
}

// Status is what doctor asks a running observatory.
type Status struct {
	Version  string    `json:"version"`
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	Ready    bool      `json:"ready"`
	Warnings []Warning `json:"warnings"`
	Journal  int64     `json:"journal_bytes"`
	Segments int       `json:"segments"`
	Records  int64     `json:"records"`
	Behind   int64     `json:"behind_messages"`
}

// Warning is a named health warning, in both languages.
type Warning struct {
	Code     string `json:"code"`
	About    string `json:"about,omitempty"`
	Severity string `json:"severity"`
	VI       string `json:"vi"`
	EN       string `json:"en"`
}
