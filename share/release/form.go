// SPDX-License-Identifier: Apache-2.0

package release

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	desk "haidang/release"
)

// form reads what a person typed. Its first mistake stays in wrong.
type form struct {
	r     *http.Request
	zone  *time.Location
	by    desk.Signed
	wrong error
}

func (f *form) text(name string) string { return strings.TrimSpace(f.r.PostFormValue(name)) }

func (f *form) fail(err error) {
	if f.wrong == nil {
		f.wrong = err
	}
}

func (f *form) block() desk.Block {
	b, err := desk.ParseBlock(f.text("block"))
	if err != nil {
		f.fail(err)
	}
	return b
}

func (f *form) signed() desk.Signed {
	f.by.Reason = f.text("reason")
	return f.by
}

// typed is how <input type=datetime-local> writes a time.
const typed = "2006-01-02T15:04"

// at reads a time in the page's zone; empty is none.
func (f *form) at(name string) time.Time {
	s := f.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(typed, s, f.zone)
	if err != nil {
		f.fail(fmt.Errorf("%w: %s %q is no time as 2026-12-01T09:00", desk.ErrInvalid, name, s))
	}
	return t.UTC()
}

func (f *form) list(name string) []string {
	return strings.FieldsFunc(f.text(name), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' })
}

// decisions that forms make, by the last part of their address.
var decisions = map[string]func(*form) desk.Change{
	"hold": func(f *form) desk.Change { return &desk.Hold{On: f.text("on") == "1", Signed: f.signed()} },
	"rule": func(f *form) desk.Change {
		return &desk.Rule{Block: f.block(), Mode: desk.Mode(f.text("mode")), Signed: f.signed()}
	},
	"approve": func(f *form) desk.Change {
		return &desk.Approved{Block: f.block(), Period: f.text("period"), From: f.at("from"), Signed: f.signed()}
	},
	"revoke": func(f *form) desk.Change {
		return &desk.Revoke{Block: f.block(), Period: f.text("period"), Signed: f.signed()}
	},
	"early": func(f *form) desk.Change {
		return &desk.Early{Block: f.block(), Persons: f.list("persons"), Signed: f.signed()}
	},
	"plan": func(f *form) desk.Change {
		p := &desk.Planned{Block: f.block(), Period: f.text("period"), On: f.at("on"), VI: f.text("vi"), EN: f.text("en"), Signed: f.signed()}
		p.ID = desk.NewID(f.by.At, string(p.Block), p.Period, p.VI)
		return p
	},
	"strike": func(f *form) desk.Change { return &desk.Strike{ID: f.text("id"), Signed: f.signed()} },
	"correct": func(f *form) desk.Change {
		c := &desk.Correction{Block: f.block(), Period: f.text("period"), VI: f.text("vi"), EN: f.text("en"), Signed: f.signed()}
		c.ID = desk.NewID(f.by.At, string(c.Block), c.Period, c.VI)
		return c
	},
}
