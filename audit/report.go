// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strings"
)

// Report is what Verify found.
type Report struct {
	Checkpoint  Checkpoint // the newest one
	Keys        []string   // verifier keys in use so far, oldest first
	Entries     int64      // read
	Checkpoints int        // whose root was computed again: newest, hourly, rotations, the held one
	Tiles       int        // compared
	Since       bool       // a held checkpoint was among them
	Running     bool       // a server writes to the log
	Findings    []Finding
}

// Finding is one thing that is not as it was signed.
type Finding struct {
	File   string // in the log's folder
	Offset int64  // byte in it; -1 where it is not one place
	Entry  int64  // number; -1 where it is not one entry
	What   string
}

// String says what is wrong and where.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", f.Offset)
	}
	if f.Entry >= 0 {
		fmt.Fprintf(&b, " (entry %d)", f.Entry)
	}
	return b.String() + ": " + f.What
}

// TamperedError holds the findings of a log that is not as it was signed.
type TamperedError struct{ Findings []Finding }

func (e *TamperedError) Error() string {
	return fmt.Sprintf("%v: %d findings, the first: %s; keep the folder as it is for the inquiry and restore the log from a backup",
		ErrTampered, len(e.Findings), e.Findings[0])
}

// Unwrap lets errors.Is find ErrTampered.
func (e *TamperedError) Unwrap() error { return ErrTampered }

// Err is nil when everything is as it was signed.
func (r *Report) Err() error {
	if len(r.Findings) == 0 {
		return nil
	}
	return &TamperedError{r.Findings}
}

func (r *Report) find(file string, offset, entry int64, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{file, offset, entry, fmt.Sprintf(format, args...)})
}
