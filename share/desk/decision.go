// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/classify"
)

// Decision is a ruling with who made it, when and why.
type Decision struct {
	classify.Ruling
	Reason    string
	Basis     string // by which right something is released: whose permission
	By        string // as Asker.Actor
	At        time.Time
	Expires   time.Time // zero: it holds until it is withdrawn
	Withdrawn time.Time // zero: it is not

	WithdrawnBy, WithdrawnWhy string
}

// Rulings keeps decisions about records. What Decide and Withdraw did is written
// down and holds when they return.
type Rulings interface {
	Decisions() []Decision // newest first
	Decide(ctx context.Context, who Asker, d Decision) (Decision, error)
	Withdraw(ctx context.Context, who Asker, id, why string) error
}

// Holds reports whether a decision is in force.
func (d *Decision) Holds(now time.Time) bool {
	return d.Withdrawn.IsZero() && (d.Expires.IsZero() || now.Before(d.Expires))
}

// maxReason is how long a reason may be, in characters.
const maxReason = 1000

// Check says what is wrong with a decision; its text may be shown.
func (d *Decision) Check() error {
	if err := d.Ruling.Check(); err != nil {
		return err
	}
	for _, f := range []struct {
		name, text string
		needed     bool
	}{
		{"reason", d.Reason, true}, {"basis", d.Basis, d.Does == classify.Release}, {"why", d.WithdrawnWhy, !d.Withdrawn.IsZero()},
	} {
		n := utf8.RuneCountInString(f.text)
		switch {
		case f.needed && strings.TrimSpace(f.text) == "":
			return fmt.Errorf("%w: %s: say why", classify.ErrRuling, f.name)
		case n > maxReason || !utf8.ValidString(f.text) || strings.ContainsFunc(f.text, unicode.IsControl):
			return fmt.Errorf("%w: %s: write at most %d characters of plain text on one line", classify.ErrRuling, f.name, maxReason)
		}
	}
	if !d.Expires.IsZero() && !d.Expires.After(d.At) {
		return fmt.Errorf("%w: expires: it has gone by", classify.ErrRuling)
	}
	if d.Does == classify.Benign && d.Expires.IsZero() {
		return fmt.Errorf("%w: expires: who is benign today may not be for ever; say until when", classify.ErrRuling)
	}
	return nil
}
