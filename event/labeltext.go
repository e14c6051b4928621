// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// String gives the label in one line, as for a log, a file or an audit entry:
//
//	T2 audience:org/7,community/health state abroad:approved/hs-1 personal:basic PAP:GREEN importance:core system:3
//
// What is not set is left out; audience:nobody is an audience without members.
// Names are percent-encoded where they hold spaces, commas or slashes.
// ParseLabel reads it back.
func (l Label) String() string {
	var out []string
	word := func(name, value string) {
		if value != "" {
			out = append(out, name+value)
		}
	}
	word("", l.Tier.String())
	if a := l.Audience; a.Named {
		word("audience:", a.text())
	}
	if l.Audience.State {
		out = append(out, "state")
	}
	if l.Audience.Closed {
		out = append(out, "closed")
	}
	abroad := l.Abroad.String()
	if l.Abroad == AbroadApproved {
		for i, d := range l.Dossiers {
			abroad += [2]string{"/", ","}[min(i, 1)] + url.QueryEscape(d)
		}
	}
	word("abroad:", abroad)
	word("personal:", l.Personal.String())
	word("", l.PAP.String())
	word("importance:", l.Importance.String())
	if l.System != 0 {
		word("system:", strconv.Itoa(int(l.System)))
	}
	return strings.Join(out, " ")
}

func (a Audience) text() string {
	if len(a.Members) == 0 {
		return "nobody"
	}
	out := make([]string, len(a.Members))
	for i, m := range a.Members {
		switch m.Kind {
		case MemberOrg:
			out[i] = "org/" + strconv.FormatUint(uint64(m.ID), 10)
		case MemberCommunity:
			out[i] = "community/" + url.QueryEscape(m.Name)
		default:
			out[i] = "person/" + url.QueryEscape(m.Name)
		}
	}
	return strings.Join(out, ",")
}

// ParseLabel reads what String writes, and TLP labels beside or instead of the
// tier, of which the strictest holds. A word that it does not know is an error:
// a label that is half understood would be a leak.
func ParseLabel(s string) (Label, error) {
	var l Label
	seen := map[string]bool{}
	for _, word := range strings.Fields(s) {
		axis, err := l.read(word)
		if err == nil && axis != "tier" && seen[axis] {
			err = fmt.Errorf("%s is said twice", axis)
		}
		if err != nil {
			return Label{}, fmt.Errorf("label %.80q: %w", s, err)
		}
		seen[axis] = true
	}
	l.Audience = l.Audience.normal()
	return l, nil
}

// read takes one word and names the axis that it speaks of.
func (l *Label) read(word string) (axis string, err error) {
	key, value, _ := strings.Cut(word, ":")
	switch key {
	case "state":
		l.Audience.State = true
		return key, bare(word, key)
	case "closed":
		l.Audience.Closed = true
		return key, bare(word, key)
	case "audience":
		return key, l.Audience.read(value)
	case "abroad":
		return key, l.readAbroad(value)
	case "personal":
		return key, readEnum(&Personals, value, &l.Personal)
	case "importance":
		return key, readEnum(&Importances, value, &l.Importance)
	case "PAP":
		return key, readEnum(&PAPs, word, &l.PAP)
	case "system":
		n, err := strconv.ParseUint(value, 10, 8)
		if err != nil || n < 1 || n > 5 {
			return key, fmt.Errorf("system level %q is not 1 to 5", value)
		}
		l.System = uint8(n)
		return key, nil
	case "TLP":
		t, err := ParseTLP(word)
		l.Tier = l.Tier.Join(t.Tier())
		return "tier", err
	}
	var t Tier
	if err := readEnum(&Tiers, word, &t); err != nil {
		return "tier", err
	}
	l.Tier = l.Tier.Join(t)
	return "tier", nil
}

func bare(word, key string) error {
	if word != key {
		return fmt.Errorf("%q takes no value", key)
	}
	return nil
}

func readEnum[T ~uint8](e *Enum, s string, into *T) error {
	code, err := e.Parse(s)
	if err == nil && code == 0 {
		err = fmt.Errorf("%s: nothing is said; use one of %q", e.Name, e.Names[1:])
	}
	*into = T(code)
	return err
}

func (l *Label) readAbroad(s string) error {
	s, dossiers, many := strings.Cut(s, "/")
	if err := readEnum(&Abroads, s, &l.Abroad); err != nil {
		return err
	}
	if !many {
		return nil
	}
	if l.Abroad != AbroadApproved {
		return fmt.Errorf("abroad: only an approval has a dossier")
	}
	for _, d := range strings.Split(dossiers, ",") {
		name, err := url.QueryUnescape(d)
		if err != nil || name == "" {
			return fmt.Errorf("abroad: %q is no dossier", d)
		}
		l.Dossiers = append(l.Dossiers, name)
	}
	return nil
}

func (a *Audience) read(s string) error {
	a.Named = true
	if s == "nobody" {
		return nil
	}
	for _, text := range strings.Split(s, ",") {
		kind, id, _ := strings.Cut(text, "/")
		name, err := url.QueryUnescape(id)
		if err != nil || name == "" {
			return fmt.Errorf("audience: %q names nobody; write org/7, community/health or person/an", text)
		}
		switch kind {
		case "org":
			n, err := strconv.ParseUint(name, 10, 32)
			if err != nil {
				return fmt.Errorf("audience: %q is not the number of an organisation", name)
			}
			a.Members = append(a.Members, OrgMember(uint32(n)))
		case "community":
			a.Members = append(a.Members, CommunityMember(name))
		case "person":
			a.Members = append(a.Members, PersonMember(name))
		default:
			return fmt.Errorf("audience: %q names nobody; write org/7, community/health or person/an", text)
		}
	}
	return nil
}

// MarshalText writes the label as String does.
func (l Label) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the label as ParseLabel does.
func (l *Label) UnmarshalText(text []byte) error {
	read, err := ParseLabel(string(text))
	if err == nil {
		*l = read
	}
	return err
}
