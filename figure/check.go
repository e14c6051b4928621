// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var nameForm = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// check reports every fault of the book, each with the id of its definition.
func (b *Book) check() error {
	var faults []error
	fault := func(id, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", id, fmt.Sprintf(format, args...)))
	}
	if b.Version < 1 {
		fault("version", "is %d, want 1 or more", b.Version)
	}
	whole(fault, "book", "contact", b.Contact)
	if len(b.Definitions) == 0 {
		fault("definitions", "there are none")
	}
	seen := map[string]bool{}
	for i := range b.Definitions {
		d := &b.Definitions[i]
		if seen[d.ID] {
			fault(d.ID, "is defined twice")
		}
		seen[d.ID] = true
		d.check(fault)
	}
	return errors.Join(faults...)
}

type faulter func(id, format string, args ...any)

func whole(fault faulter, id, field string, t Text) {
	if strings.TrimSpace(t.VI) == "" || strings.TrimSpace(t.EN) == "" {
		fault(id, "%s must be written in Vietnamese and in English", field)
	}
}

func (d *Definition) check(fault faulter) {
	name, version, ok := Split(d.ID)
	if !ok || version == 0 || !nameForm.MatchString(name) {
		fault(d.ID, "is no id; one is a name in small letters and a version, as attacks/1")
	}
	if d.Counts != CountsRule && d.Counts.Stages() == nil && !d.Counts.OfParticipants() {
		fault(d.ID, "counts %q, which is unknown", d.Counts)
	}
	if strings.TrimSpace(d.Formula) == "" {
		fault(d.ID, "formula is missing")
	}
	for field, t := range map[string]Text{"name": d.Name, "unit": d.Unit, "population": d.Population, "window": d.Window} {
		whole(fault, d.ID, field, t)
	}
	for field, list := range map[string][]Text{"text": d.Text, "biases": d.Biases} {
		if len(list) == 0 {
			fault(d.ID, "%s is missing", field)
		}
		for _, t := range list {
			whole(fault, d.ID, field, t)
		}
	}
	d.checkSaid(fault)
	d.checkChangelog(fault, version)
}

// checkSaid looks for the holes of the sentence that a count is told in.
func (d *Definition) checkSaid(fault faulter) {
	if d.Counts == CountsRule {
		if d.Said != (Text{}) || d.One != "" {
			fault(d.ID, "a rule has no sentence")
		}
		return
	}
	for _, s := range []string{d.Said.VI, d.Said.EN, d.One} {
		if strings.Count(s, "{n}") != 1 || strings.Count(s, "{place}") != 1 {
			fault(d.ID, "said and one name {n} and {place} once each, in %q", s)
		}
	}
}

func (d *Definition) checkChangelog(fault faulter, version int) {
	var versions []int
	for _, e := range d.Changelog {
		versions = append(versions, e.Version)
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			fault(d.ID, "changelog: %q is no date as 2026-11-21", e.Date)
		}
		whole(fault, d.ID, "changelog", e.Text)
	}
	if !slices.Contains(versions, version) || !slices.IsSorted(versions) || versions[len(versions)-1] != version {
		fault(d.ID, "changelog: has versions %v, want them rising up to %d", versions, version)
	}
}
