// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"bytes"
	_ "embed" // the definitions
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"haidang/event"
)

// Text is a text in both languages.
type Text struct {
	VI string `yaml:"vi"`
	EN string `yaml:"en"`
}

// In gives the text in a language, "vi" or "en".
func (t Text) In(lang string) string {
	if lang == "vi" {
		return t.VI
	}
	return t.EN
}

// Book is the versioned list of definitions.
type Book struct {
	Version     int          `yaml:"version"`
	Contact     Text         `yaml:"contact"` // whom to ask about a definition
	Definitions []Definition `yaml:"definitions"`

	known map[string]*Definition // by id and by name
}

// Definition says what a figure means. It is never changed once published: a
// change makes a new version.
type Definition struct {
	ID         string `yaml:"id"`     // name and version, "attacks/1"
	Counts     Counts `yaml:"counts"` // what is counted; "rule" where the definition is no count
	Name       Text   `yaml:"name"`
	Formula    string `yaml:"formula"`
	Unit       Text   `yaml:"unit"`
	Population Text   `yaml:"population"`
	Window     Text   `yaml:"window"` // within what repeats are folded
	Text       []Text `yaml:"text"`
	Biases     []Text `yaml:"biases"`
	// Said is the sentence's middle for counts, with {n} and {place}; One in
	// English for a single one.
	Said      Text    `yaml:"said"`
	One       string  `yaml:"one"`
	Changelog []Entry `yaml:"changelog"`
}

// Entry is one line of a definition's history.
type Entry struct {
	Version int    `yaml:"version"`
	Date    string `yaml:"date"`
	Text    Text   `yaml:"text"`
}

// Counts says what a definition counts.
type Counts string

// What is counted.
const (
	CountsRule      Counts = "rule"
	CountsAttempts  Counts = "attempts"
	CountsIncidents Counts = "incidents"
	CountsStates    Counts = "states"
	CountsRecords   Counts = "records"
	CountsHosted    Counts = "hosted"
	CountsAddresses Counts = "addresses" // distinct affected ones
	// Numbers and ratios of participants.
	CountsActive     Counts = "active"
	CountsAttacked   Counts = "attacked"
	CountsInfected   Counts = "infected"
	CountsShare      Counts = "share"
	CountsWorldShare Counts = "world-share"
	CountsRate       Counts = "rate"
)

// Stages gives the stages that are counted; none for rules.
func (c Counts) Stages() []event.Stage {
	switch c {
	case CountsAttempts, CountsHosted, CountsAddresses:
		return []event.Stage{event.StageAttempt}
	case CountsIncidents:
		return []event.Stage{event.StageIncident}
	case CountsStates:
		return []event.Stage{event.StageState}
	case CountsRecords:
		return []event.Stage{event.StageAttempt, event.StageIncident, event.StageState}
	}
	return nil
}

// OfParticipants reports whether participants are counted.
func (c Counts) OfParticipants() bool {
	switch c {
	case CountsActive, CountsAttacked, CountsInfected:
		return true
	}
	return c.Ratio()
}

// Ratio reports whether the figure is a share or a rate.
func (c Counts) Ratio() bool { return c.Share() || c == CountsRate }

// Share reports whether the figure is a share of participants.
func (c Counts) Share() bool { return c == CountsShare || c == CountsWorldShare }

//go:embed definitions.yaml
var builtIn []byte

// BuiltIn gives the definitions that are part of the program.
var BuiltIn = sync.OnceValue(func() *Book {
	b, err := Parse(builtIn)
	if err != nil {
		panic(err) // a test reads it
	}
	return b
})

// Parse reads definitions strictly: unknown keys, keys given twice, texts that
// are missing in a language and versions that do not follow are errors.
func Parse(raw []byte) (*Book, error) {
	var b Book
	d, err := yaml.NewLoader(bytes.NewReader(raw), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	if err == nil {
		err = d.Load(&b)
	}
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	if err := d.Load(new(any)); err != io.EOF {
		return nil, fmt.Errorf("definitions: one document is expected, more was found")
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	b.index()
	return &b, nil
}

// index finds the definitions by their ids and, the newest versions, by their names.
func (b *Book) index() {
	b.known = map[string]*Definition{}
	for i := range b.Definitions {
		d := &b.Definitions[i]
		b.known[d.ID] = d
		if newest := b.known[d.ShortName()]; newest == nil || newest.Version() < d.Version() {
			b.known[d.ShortName()] = d
		}
	}
}

// Split parts "attacks/1" into name and version; version is 0 where none is named.
func Split(id string) (name string, version int, ok bool) {
	name, v, found := strings.Cut(id, "/")
	if !found {
		return name, 0, name != ""
	}
	n, err := strconv.Atoi(v)
	return name, n, name != "" && err == nil && n > 0 && strconv.Itoa(n) == v
}

// ShortName gives the definition's name without the version, "attacks".
func (d *Definition) ShortName() string {
	name, _, _ := Split(d.ID)
	return name
}

// Version gives the definition's version.
func (d *Definition) Version() int {
	_, v, _ := Split(d.ID)
	return v
}

// Find gives a definition by its id or, for the newest version, by its name; nil
// where there is none.
func (b *Book) Find(id string) *Definition { return b.known[id] }

// Counted lists the ids of the definitions that are counts.
func (b *Book) Counted() (ids []string) {
	for _, d := range b.Definitions {
		if d.Counts != CountsRule {
			ids = append(ids, d.ID)
		}
	}
	return ids
}
