// SPDX-License-Identifier: Apache-2.0

package pack

import "haidang/event"

// Text is one text in both languages.
type Text struct {
	VI string `yaml:"vi" json:"vi"`
	EN string `yaml:"en" json:"en"`
}

// In gives the text in a language, "vi" or "en".
func (t Text) In(language string) string {
	if language == "en" {
		return t.EN
	}
	return t.VI
}

// Checked says which lawyer checked an entry, and when (a date).
type Checked struct {
	By string `yaml:"by" json:"by,omitempty"`
	On string `yaml:"on" json:"on,omitempty"`
}

// Entry is what every entry of the pack has: its name, the laws it rests on and
// who checked it. Basis names keys of Pack.Laws.
type Entry struct {
	Name    Text     `yaml:"name" json:"name"`
	Basis   []string `yaml:"basis" json:"basis,omitempty"`
	Checked Checked  `yaml:"checked" json:"checked"`
}

// Unchecked reports whether no lawyer has checked the entry.
func (e Entry) Unchecked() bool { return e.Checked.By == "" }

// Tier is a class of sharing.
type Tier struct {
	Tier  string `yaml:"tier" json:"tier"`
	TLP   string `yaml:"tlp" json:"tlp,omitempty"`
	Who   Text   `yaml:"who" json:"who"`
	Entry `yaml:",inline"`
}

// Value is one value of an axis beside the tier.
type Value struct {
	Value string `yaml:"value" json:"value"`
	Note  Text   `yaml:"note" json:"note"`
	Entry `yaml:",inline"`
}

// Purpose is one purpose for which data are read.
type Purpose struct {
	Purpose string `yaml:"purpose" json:"purpose"`
	Entry   `yaml:",inline"`
}

// Retention says for how many days something is kept; 0 for ever.
type Retention struct {
	What  string `yaml:"what" json:"what"`
	Days  int    `yaml:"days" json:"days"`
	Entry `yaml:",inline"`
}

// Clock is a time limit: in working days, or as somebody publishes.
type Clock struct {
	What        string `yaml:"what" json:"what"`
	WorkingDays int    `yaml:"working-days" json:"working-days,omitempty"`
	For         string `yaml:"for" json:"for,omitempty"`                   // whom the limit is for
	PublishedBy string `yaml:"published-by" json:"published-by,omitempty"` // who sets the limit instead
	Entry       `yaml:",inline"`
}

// Word is one state-secret marking.
type Word struct {
	Level string   `yaml:"level" json:"level"`
	Text  string   `yaml:"text" json:"text"`
	Plain []string `yaml:"plain" json:"plain,omitempty"` // without accents; only in fields of markings
	Name  Text     `yaml:"name" json:"name"`
}

// Secrets says how state-secret markings are recognised.
type Secrets struct {
	Basis  []string `yaml:"basis" json:"basis,omitempty"`
	Words  []Word   `yaml:"words" json:"words"`
	Leads  []string `yaml:"leads" json:"leads,omitempty"`
	Fields []string `yaml:"fields" json:"fields,omitempty"` // that carry markings
}

// Mask takes away: Mask names groups or fields, Truncate addresses.
type Mask struct {
	Mask     []string `yaml:"mask" json:"mask,omitempty"`
	Truncate []string `yaml:"truncate" json:"truncate,omitempty"`
}

// View is what one way of reading takes away: always, from basic and from
// sensitive personal data, and from sensitive data without a recent passkey.
type View struct {
	Always    Mask `yaml:"always" json:"always"`
	Basic     Mask `yaml:"basic" json:"basic"`
	Sensitive Mask `yaml:"sensitive" json:"sensitive"`
	Unsteady  Mask `yaml:"unsteady" json:"unsteady"`
}

// Counts names the only fields that counts may be made by.
type Counts struct {
	Keep []string `yaml:"keep" json:"keep"`
}

// Views lists the ways of reading.
type Views struct {
	Holder     View   `yaml:"holder" json:"holder"`
	Named      View   `yaml:"named" json:"named"`
	Own        View   `yaml:"own" json:"own"`
	Others     View   `yaml:"others" json:"others"`
	Unaffected View   `yaml:"unaffected" json:"unaffected"` // others' records without an affected side
	Counts     Counts `yaml:"counts" json:"counts"`
}

// Partner narrows what an organisation gets below what labels would give it.
type Partner struct {
	Org      uint32   `yaml:"org" json:"org"`
	Limit    string   `yaml:"limit" json:"limit"`       // the strictest tier it gets
	Purposes []string `yaml:"purposes" json:"purposes"` // empty: all
	Mask     []string `yaml:"mask" json:"mask"`         // groups or fields taken away beside the view's
	Abroad   bool     `yaml:"abroad" json:"abroad"`     // stands beyond the border
	Entry    `yaml:",inline"`
}

// Axes lists the axes beside the tier.
type Axes struct {
	Importance []Value `yaml:"importance" json:"importance"`
	Personal   []Value `yaml:"personal" json:"personal"`
	System     []Value `yaml:"system" json:"system"`
	Abroad     []Value `yaml:"abroad" json:"abroad"`
}

// Pack is a pack of classes, checked. It is not changed after reading.
type Pack struct {
	Name      string              `yaml:"pack" json:"pack"`
	Version   int                 `yaml:"version" json:"version"`
	Date      string              `yaml:"date" json:"date"`
	Laws      map[string]Text     `yaml:"laws" json:"laws"`
	Tiers     []Tier              `yaml:"tiers" json:"tiers"`
	Axes      Axes                `yaml:"axes" json:"axes"`
	Purposes  []Purpose           `yaml:"purposes" json:"purposes"`
	Retention []Retention         `yaml:"retention" json:"retention"`
	Clocks    []Clock             `yaml:"clocks" json:"clocks"`
	Secrets   Secrets             `yaml:"secrets" json:"secrets"`
	Groups    map[string][]string `yaml:"groups" json:"groups"`
	Views     Views               `yaml:"views" json:"views"`
	Partners  []Partner           `yaml:"partners" json:"partners"`

	secret matcher
}

// Tier gives the entry of a tier; every tier has one.
func (p *Pack) Tier(t event.Tier) *Tier {
	for i := range p.Tiers {
		if p.Tiers[i].Tier == t.String() {
			return &p.Tiers[i]
		}
	}
	return nil
}

// Clock gives the limit of what is asked for; nil when the pack sets none.
func (p *Pack) Clock(what string) *Clock {
	for i := range p.Clocks {
		if p.Clocks[i].What == what {
			return &p.Clocks[i]
		}
	}
	return nil
}

// Expand replaces groups by their fields.
func (p *Pack) Expand(names []string) []string {
	var out []string
	for _, n := range names {
		if fields, ok := p.Groups[n]; ok {
			out = append(out, fields...)
			continue
		}
		out = append(out, n)
	}
	return out
}
