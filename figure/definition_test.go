// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"strings"
	"testing"
)

// The built-in definitions are whole: Parse refuses a text that is missing in a
// language, so that reading them is the test of completeness.
func TestBuiltInDefinitions(t *testing.T) {
	b, err := Parse(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"attacks/1", "events/1", "records/1", "hosted/1", "incidents/1", "states/1", "change/1", "rank/1", "live-rate/1"} {
		if b.Find(id) == nil {
			t.Errorf("%s is not defined", id)
		}
	}
	for _, d := range b.Definitions {
		for _, text := range append([]Text{d.Name, d.Unit, d.Population}, append(d.Text, d.Biases...)...) {
			if text.VI == text.EN {
				t.Errorf("%s: %q is not translated", d.ID, text.VI)
			}
			if strings.Contains(text.EN, "launched by") || strings.Contains(strings.ToLower(text.EN), "hacker") {
				t.Errorf("%s: %q", d.ID, text.EN)
			}
		}
		if d.Counts == CountsRule && d.Counts.Stages() != nil || d.Counts != CountsRule && len(d.Counts.Stages()) == 0 && !d.Counts.OfParticipants() {
			t.Errorf("%s counts %v", d.ID, d.Counts.Stages())
		}
	}
}

const small = `version: 1
contact: {vi: a, en: b}
definitions:
  - id: attacks/2
    counts: attempts
    name: {vi: a, en: b}
    formula: f
    unit: {vi: a, en: b}
    population: {vi: a, en: b}
    window: {vi: a, en: b}
    text: [{vi: a, en: b}]
    biases: [{vi: a, en: b}]
    said: {vi: "{n} {place}", en: "{n} {place}"}
    one: "{n} {place}"
    changelog: [{version: 1, date: "2026-01-01", text: {vi: a, en: b}}, {version: 2, date: "2026-02-01", text: {vi: a, en: b}}]
`

func TestDefinitionsAreReadStrictly(t *testing.T) {
	if _, err := Parse([]byte(small)); err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		"formula: f→formulae: f":                                      "formulae",
		"name: {vi: a, en: b}→name: {vi: a}":                          "name must be written",
		"text: [{vi: a, en: b}]→text: []":                             "text is missing",
		"biases: [{vi: a, en: b}]→biases: [{vi: a, en: ' '}]":         "biases must be written",
		"id: attacks/2→id: attacks":                                   "is no id",
		"id: attacks/2→id: attacks/02":                                "is no id",
		"id: attacks/2→id: attacks/3":                                 "rising up to 3",
		"counts: attempts→counts: money":                              "money",
		"counts: attempts→counts: rule":                               "no sentence",
		`one: "{n} {place}"→one: "{n}"`:                               "{place}",
		`date: "2026-02-01"→date: "soon"`:                             "is no date",
		"version: 1\ncontact: {vi: a, en: b}→contact: {vi: a, en: b}": "version",
		"contact: {vi: a, en: b}→contact: {vi: a, vi: c, en: b}":      "vi",
		"version: 1\n→---\nversion: 1\n---\nversion: 1\n":             "one document",
	} {
		from, to, _ := strings.Cut(change, "→")
		broken := strings.Replace(small, from, to, 1)
		if broken == small {
			t.Fatalf("%q is not in the sample", from)
		}
		if _, err := Parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
	_, rest, _ := strings.Cut(small, "definitions:\n")
	if _, err := Parse([]byte(small + rest)); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a definition given twice: %v", err)
	}
}

func TestFindsTheNewestVersion(t *testing.T) {
	_, rest, _ := strings.Cut(small, "definitions:\n")
	b, err := Parse([]byte(small + strings.NewReplacer("attacks/2", "attacks/1", `, {version: 2, date: "2026-02-01", text: {vi: a, en: b}}`, "").Replace(rest)))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"attacks": "attacks/2", "attacks/1": "attacks/1", "attacks/2": "attacks/2"} {
		if d := b.Find(id); d == nil || d.ID != want {
			t.Errorf("%s: %v", id, d)
		}
	}
	for _, id := range []string{"", "/", "attacks/", "attacks/0", "attacks/3", "attacks/01", "nothing"} {
		if d := b.Find(id); d != nil {
			t.Errorf("%q finds %s", id, d.ID)
		}
	}
}
