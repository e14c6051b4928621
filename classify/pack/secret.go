// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// matcher recognises state-secret markings; its texts are folded.
type matcher struct {
	words  []Word
	exact  map[string]int // accented word → index in words
	plain  map[string]int // without accents
	leads  []string
	fields map[string]bool
	lines  map[string]int // as printed on a document: capitals, accents
}

func newMatcher(s Secrets) matcher {
	m := matcher{words: s.Words, exact: map[string]int{}, plain: map[string]int{}, fields: map[string]bool{}, lines: map[string]int{}}
	for i, w := range s.Words {
		m.exact[fold(w.Text)] = i
		m.lines[norm.NFC.String(w.Text)] = i
		for _, p := range w.Plain {
			m.plain[fold(p)] = i
		}
	}
	for _, l := range s.Leads {
		m.leads = append(m.leads, fold(l))
	}
	// The longest first: "mức độ mật" before "độ mật".
	slices.SortFunc(m.leads, func(a, b string) int { return len(b) - len(a) })
	for _, f := range s.Fields {
		m.fields[fieldName(f)] = true
	}
	return m
}

// fold makes texts comparable: one way of writing accents, lower case, single
// spaces, no brackets or ornaments around.
func fold(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.Join(strings.Fields(s), " ")
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsSpace(r) })
}

// fieldName gives the last part of a field's path with its separators as spaces.
func fieldName(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		s = s[i+1:]
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == '-' || unicode.IsSpace(r) }), " ")
}

// MarkingField reports whether a field of that name (or path) carries markings.
func (p *Pack) MarkingField(name string) bool { return p.secret.fields[fieldName(name)] }

// StateSecret reports whether the value of a field is a marking of a state
// secret, and which. Only fields that carry markings are looked at: prose that
// speaks of secrets is none. Such a value holds the word alone or behind a lead
// ("Độ mật: Tối mật"), and may be one of several, separated by commas.
func (p *Pack) StateSecret(field, value string) (Word, bool) {
	if !p.MarkingField(field) {
		return Word{}, false
	}
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ';' || r == '|' || r == '\n' }) {
		if i, ok := p.secret.word(fold(part), true); ok {
			return p.secret.words[i], true
		}
	}
	return Word{}, false
}

// StateSecretLine reports whether a line of a written document is a marking:
// the word alone in capitals, as stamped (with accents, in brackets or not), or
// behind a lead.
func (p *Pack) StateSecretLine(line string) (Word, bool) {
	if len(line) > 256 {
		return Word{}, false
	}
	bare := strings.TrimFunc(norm.NFC.String(line), func(r rune) bool { return !unicode.IsLetter(r) })
	if i, ok := p.secret.lines[strings.Join(strings.Fields(bare), " ")]; ok {
		return p.secret.words[i], true
	}
	folded := fold(line)
	if rest, ok := p.secret.behindLead(folded); ok {
		if i, ok := p.secret.word(rest, false); ok {
			return p.secret.words[i], true
		}
	}
	return Word{}, false
}

func (m *matcher) word(folded string, plain bool) (int, bool) {
	if rest, ok := m.behindLead(folded); ok {
		folded = rest
	}
	if i, ok := m.exact[folded]; ok {
		return i, true
	}
	i, ok := m.plain[folded]
	return i, ok && plain
}

// behindLead gives what follows a lead and a colon, dash or equals sign.
func (m *matcher) behindLead(folded string) (string, bool) {
	for _, l := range m.leads {
		rest, ok := strings.CutPrefix(folded, l)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " ")
		if rest != "" && strings.ContainsRune(":=-–", []rune(rest)[0]) {
			return fold(rest), true
		}
	}
	return "", false
}
