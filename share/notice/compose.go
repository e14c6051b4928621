// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"haidang/event"
)

// detailed is how many incidents a message describes; the others are counted.
const detailed = 20

// message is what is sent, made for one contact. body is a webhook's JSON, the
// others are an e-mail's.
type message struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
	HTML    string `json:"html,omitempty"`
	Body    []byte `json:"body,omitempty"`
}

// composer makes messages. It does no input or output.
type composer struct {
	texts  *texts
	links  links
	zone   *time.Location
	advise func(lang string, kind event.RSIT) event.Advice
}

// split takes out what may be described, and says whether anything is left.
// Everything that describes an incident gets only the first.
func split(items []item) (open []item, withheld bool) {
	for _, i := range items {
		if i.incident.Closed() {
			withheld = true
		} else {
			open = append(open, i)
		}
	}
	return open, withheld
}

// page is what the templates are filled with.
type page struct {
	Subject string
	TLP     string
	Blocks  []block
}

// block is one language's half of a message.
type block struct {
	*language
	Lang        string
	OrgName     string
	Sections    []section
	Left        string
	Withheld    bool
	Why         string
	Overview    string
	Preferences string
}

// section is all incidents of one type, under what that type means.
type section struct {
	*language
	kind    event.RSIT
	Advice  event.Advice
	Entries []entry
}

type entry struct {
	*language
	Machine, Problem, Severity, Stage, Reason string
	First, Last, Count, Latest, Why, Link     string
}

// W gives a word of the catalogue, W1 one with a part filled in.
func (l *language) W(key string) string        { return l.word(key) }
func (l *language) W1(key, part string) string { return fmt.Sprintf(l.word(key), part) }

// Rule underlines a section's title in plain text.
func (s *section) Rule() string { return strings.Repeat("-", 72) }

// email makes a mail to d's contact. at is when it was made.
func (c *composer) email(d *Due, items []item, cadence Cadence, at time.Time) (message, error) {
	open, withheld := split(items)
	p := page{Subject: c.subject(d.Contact.Language, open, cadence, at)}
	if p.TLP = strictest(open).TLP().String(); p.TLP != "" {
		p.Subject = "[" + p.TLP + "] " + p.Subject
	}
	for _, l := range c.texts.order(d.Contact.Language) {
		p.Blocks = append(p.Blocks, c.block(l, d, open, withheld))
	}
	var text, html strings.Builder
	if err := c.texts.text.Execute(&text, &p); err != nil {
		return message{}, fmt.Errorf("notice: %w", err)
	}
	if err := c.texts.html.Execute(&html, &p); err != nil {
		return message{}, fmt.Errorf("notice: %w", err)
	}
	return message{Subject: p.Subject, Text: text.String(), HTML: html.String()}, nil
}

// subject says how much there is, never what.
func (c *composer) subject(lang string, open []item, cadence Cadence, at time.Time) string {
	l := c.texts.order(lang)[0]
	switch {
	case len(open) == 0:
		return l.word("subject.closed")
	case cadence != AtOnce:
		return l.W1("subject.digest", at.In(c.zone).Format(l.Date))
	case len(open) == 1:
		return l.word("subject.one")
	}
	return l.W1("subject.many", l.number(uint64(len(open))))
}

func strictest(open []item) (tier event.Tier) {
	for _, i := range open {
		tier = tier.Join(i.incident.Tier)
	}
	return tier
}

func (c *composer) block(l *language, d *Due, open []item, withheld bool) block {
	b := block{
		language: l, Lang: l.Code, OrgName: clean(d.Contact.OrgName, 200), Withheld: withheld,
		Overview: c.links.overview(l.Code), Preferences: c.links.preferences(l.Code),
	}
	if len(open) > 0 {
		b.Why = clean(d.Why[l.Code], 500)
	}
	if len(open) > detailed {
		b.Left = l.number(uint64(len(open) - detailed))
		open = open[:detailed]
	}
	for _, i := range open {
		kind, at := i.incident.Problem.RSIT, -1
		for n := range b.Sections {
			if b.Sections[n].kind == kind {
				at = n
			}
		}
		if at < 0 {
			at = len(b.Sections)
			b.Sections = append(b.Sections, section{language: l, kind: kind, Advice: c.advise(l.Code, kind)})
		}
		b.Sections[at].Entries = append(b.Sections[at].Entries, c.entry(l, i))
	}
	return b
}

func (c *composer) entry(l *language, it item) entry {
	i := it.incident
	e := entry{
		language: l, Machine: machine(l, &i.Machine), Problem: problem(l, &i.Problem),
		Severity: l.word("severity." + strconv.Itoa(int(i.Severity))), Stage: l.word("stage." + i.Stage.String()),
		Reason: l.word("reason." + string(it.reason)), Count: l.number(i.Count),
		First: l.moment(i.First.Std(), c.zone), Last: l.moment(i.Last.Std(), c.zone), Link: c.links.incident(l.Code, i.Key),
		Why: l.word("why." + event.MatchReasons.Text(uint8(i.Reason))),
	}
	var by []string
	for _, s := range i.Sensors {
		by = append(by, l.word("observer."+s.String()))
	}
	if len(by) > 0 {
		e.Why += "; " + l.word("seen.by") + " " + strings.Join(by, ", ")
	}
	e.Why += "; " + i.Marking()
	if len(i.Samples) > 0 {
		e.Latest = latest(l, &i.Samples[0])
	}
	return e
}

func machine(l *language, m *event.Machine) string {
	s := m.Addr.String()
	if s == "" {
		s = l.word("machine.unknown")
	}
	if len(m.Hosts) > 0 {
		s += ", " + clean(m.Hosts[0], 120)
	}
	return s
}

func problem(l *language, p *event.Problem) string {
	if p.By == event.ProblemPort {
		return l.W1("problem.port", strconv.Itoa(int(p.Port)))
	}
	return clean(p.Name, 160)
}

// latest tells both ends of a sighting, enough to look it up in a log.
func latest(l *language, s *event.Sighting) string {
	var parts []string
	if s.SourcePort != 0 {
		parts = append(parts, l.word("own")+" "+strconv.Itoa(int(s.SourcePort)))
	}
	if s.RemoteAddr.IsSet() {
		direction := l.word("outbound")
		if s.Inbound {
			direction = l.word("inbound")
		}
		remote := s.RemoteAddr.String()
		if s.RemotePort != 0 {
			remote = netip.AddrPortFrom(s.RemoteAddr.Netip(), s.RemotePort).String()
		}
		parts = append(parts, direction+" "+remote)
	}
	return strings.Join(parts, ", ")
}
