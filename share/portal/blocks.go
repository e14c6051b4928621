// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
)

// block is one figure of a page with all that is needed to read and cite it.
type block struct {
	ID, Name, Title, Note, Extra string
	Period                       string
	Definition                   string
	Coverage                     string
	Cite                         string
	Head                         string // of the column of names
	Ranked                       bool
	List                         string // catalogue list of the keys, "country", or ""
	Most                         int    // rows shown at most, 0 all
	Rows                         []row
	More                         link
	Empty                        string
}

// Any reports whether a row has a figure.
func (b block) Any() bool {
	return slices.ContainsFunc(b.Rows, func(r row) bool { return !r.Off })
}

// row is one line of a ranking. A row that is Off has no figure yet; it waits
// for the live stream to bring one.
type row struct {
	Key, Rank, Name, Value, Share, Bar string
	Full                               string // the name where Name is cut
	N                                  int64
	Off, Withheld                      bool
}

// frame fills what all blocks of today share.
func (p *Portal) frame(l *language, pic *event.Picture, id, definition string) block {
	b := block{
		ID: id, Name: l.T(id + ".name"), Definition: definition,
		Period:   l.T("period.today", "time", l.clock(pic.At).Text),
		Coverage: l.coverageLine(pic),
		Empty:    l.T("empty.block"),
	}
	if note := id + ".note"; l.Words[note] != "" {
		b.Note = l.T(note)
	}
	return b
}

// cited closes a block: its citation needs its title.
func (p *Portal) cited(l *language, pic *event.Picture, b block) block {
	if withheld(pic, b.ID) {
		b.Title, b.Empty, b.Extra, b.Rows = l.T("withheld.title", "name", b.Name), l.T("withheld.held"), "", nil
		return b
	}
	b.Cite = l.T("cite.text", "title", b.Title, "definition", b.Definition, "period", b.Period,
		"date", l.day(pic.At), "status", p.status(l, pic), "url", p.cfg.Origin+"/data/"+b.ID+".json")
	return b
}

// withheld tells whether a section of the live pages is not shown to everybody; it
// is then said to be, since empty it would look like calm.
func withheld(pic *event.Picture, section string) bool {
	if section == "as" {
		section = "systems"
	}
	return slices.Contains(pic.Withheld, section)
}

func (p *Portal) status(l *language, pic *event.Picture) string {
	if p.cfg.Replay || pic.Replay {
		return l.T("status.provisional") + ", " + l.T("replay.word")
	}
	return l.T("status.provisional")
}

func (l *language) coverageLine(pic *event.Picture) string {
	sensors, countries := standing(pic)
	switch {
	case sensors == 0:
		return l.T("coverage.line.none")
	case len(countries) == 1 && countries[0] == homeOf(pic):
		return l.T("coverage.line.home", "n", l.Number(sensors), "home", l.country(countries[0]))
	}
	return l.T("coverage.line", "n", l.Number(sensors), "m", l.Number(int64(len(countries))))
}

// standing counts sensors and the countries in which they stand.
func standing(pic *event.Picture) (sensors int64, countries []string) {
	for i := range pic.Sensors {
		sensors += int64(max(pic.Sensors[i].Sensors, 1))
		if c := pic.Sensors[i].Country.String(); !slices.Contains(countries, c) {
			countries = append(countries, c)
		}
	}
	return sensors, countries
}

// rows turns a ranking into lines: equal values share a rank ("1224"), what is
// unknown has none.
func (l *language) rows(in []event.Count, name func(string) string) []row {
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(a, b event.Count) int { return cmp.Compare(b.Events, a.Events) })
	all := sum(in)
	var out []row
	rank, seen := 0, 0
	var before int64 = -1
	for _, c := range in {
		r := row{Key: c.Key, Name: upper(name(c.Key)), N: c.Events, Withheld: c.Hidden, Rank: "–", Bar: "0"}
		if c.Hidden {
			out = append(out, r)
			continue
		}
		r.Value, r.Share = l.Number(c.Events), l.share(c.Events, all)
		if in[0].Events > 0 {
			r.Bar = strconv.FormatFloat(100*float64(c.Events)/float64(in[0].Events), 'f', 1, 64)
		}
		if c.Key != "" {
			if seen++; c.Events != before {
				rank, before = seen, c.Events
			}
			r.Rank = strconv.Itoa(rank)
		}
		out = append(out, r)
	}
	return out
}

// waiting adds a row that is Off for every key that has no figure yet.
func (l *language) waiting(rows []row, list string, keys []string) []row {
	for _, k := range keys {
		if k != "" && !slices.ContainsFunc(rows, func(r row) bool { return r.Key == k }) {
			rows = append(rows, row{Key: k, Name: upper(l.line(list, k)), Rank: "–", Value: "0", Share: "–", Bar: "0", Off: true})
		}
	}
	return rows
}

func (p *Portal) hostingBlock(l *language, pic *event.Picture, most int) block {
	b := p.frame(l, pic, "hosting", "hosted/1")
	b.Head, b.Ranked, b.List, b.Most = l.T("column.country"), true, "country", most
	b.Rows = l.rows(pic.Hosting, l.country)
	b.Title = l.T("hosting.title.empty")
	if i := slices.IndexFunc(b.Rows, func(r row) bool { return r.Key != "" }); i >= 0 {
		b.Title = l.T("hosting.title", "p", b.Rows[i].Share, "country", b.Rows[i].Name)
	}
	if pic.Unconfirmed > 0 {
		b.Extra = l.T("hosting.unconfirmed", "n", l.Number(pic.Unconfirmed))
	}
	if most > 0 {
		b.More = link{Path: l.path("hosting"), Text: l.T("hosting.all")}
		b.Rows = b.Rows[:min(len(b.Rows), most)]
	}
	return p.cited(l, pic, b)
}

func (p *Portal) systemsBlock(l *language, pic *event.Picture, most int) block {
	b := p.frame(l, pic, "as", "hosted/1")
	b.Head, b.Ranked, b.List, b.Most = l.T("column.as"), true, "as", most
	b.Rows = l.rows(pic.HostingAS, l.system)
	b.Title = l.T("empty.title")
	if len(b.Rows) > 0 {
		// The list is cut, so shares are of all confirmed attacks.
		all := max(sum(pic.Hosting), sum(pic.HostingAS))
		for i := range b.Rows {
			b.Rows[i].Share = l.share(b.Rows[i].N, all)
			b.Rows[i].Name, b.Rows[i].Full = p.system(b.Rows[i])
		}
		b.Title = l.T("as.title", "as", b.Rows[0].Name, "p", b.Rows[0].Share)
	}
	b.Rows = b.Rows[:min(len(b.Rows), most)]
	return p.cited(l, pic, b)
}

// nameMost is how much of a network's name a line shows; web/src/format.ts
// cuts the same.
const nameMost = 34

// system puts a network's name behind its number, cut and in full.
func (p *Portal) system(r row) (name, full string) {
	as, err := strconv.ParseUint(r.Key, 10, 32)
	if err != nil || as == 0 || p.dep.ASName == nil {
		return r.Name, ""
	}
	known := p.dep.ASName(uint32(as))
	if known == "" {
		return r.Name, ""
	}
	return r.Name + " · " + cut(known, nameMost), r.Name + " · " + known
}

// cut shortens a text to a number of characters, between words where it can.
func cut(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	head := letters[:most]
	for i := most - 1; i > most/2; i-- {
		if head[i] == ' ' {
			head = head[:i]
			break
		}
	}
	return strings.TrimRight(string(head), " ,.;:–-") + "…"
}

// system names a network by its number.
func (l *language) system(key string) string {
	if key == "" || key == "0" {
		return l.T("unknown")
	}
	return "AS" + key
}

func (p *Portal) kindsBlock(l *language, pic *event.Picture) block {
	b := p.frame(l, pic, "kinds", "attacks/1")
	b.Head, b.List = l.T("column.kind"), "kind"
	b.Rows = l.rows(pic.Kinds, func(k string) string { return l.line("kind", k) })
	b.Title = l.T("empty.title")
	if len(b.Rows) > 0 {
		b.Title = l.T("kinds.title", "kind", b.Rows[0].Name, "p", b.Rows[0].Share)
	}
	b.Rows = l.waiting(b.Rows, "kind", event.RSITs.Names)
	return p.cited(l, pic, b)
}

func (p *Portal) waysBlock(l *language, pic *event.Picture) block {
	b := p.frame(l, pic, "ways", "attacks/1")
	b.Head, b.List = l.T("column.way"), "way"
	b.Rows = l.rows(pic.Ways, func(k string) string { return l.line("way", k) })
	b.Title = l.T("empty.title")
	if len(b.Rows) > 0 {
		b.Title = b.Name
	}
	if len(b.Rows) > 0 && b.Rows[0].Key != "" {
		b.Title = l.T("ways.title", "way", l.line("way", b.Rows[0].Key), "p", b.Rows[0].Share)
	}
	b.Rows = l.waiting(b.Rows, "way", event.Ways.Names)
	return p.cited(l, pic, b)
}

func (p *Portal) sectorsBlock(l *language, pic *event.Picture) block {
	b := p.frame(l, pic, "sectors", "attacks/1")
	b.Head = l.T("column.sector")
	if !pic.SectorDay.IsSet() || pic.SectorDay == 0 || len(pic.Sectors) == 0 {
		if withheld(pic, "sectors") {
			return p.cited(l, pic, b)
		}
		b.Title, b.Note, b.Period = l.T("sectors.title.empty"), "", ""
		next := pic.DayStart + event.Time(24*3600e9)
		b.Empty = l.T("sectors.empty", "date", l.day(next))
		return b
	}
	day := l.day(pic.SectorDay)
	b.Period, b.Note = l.T("period.day", "date", day), l.T("sectors.note", "date", day)
	b.Rows = l.rows(pic.Sectors, func(k string) string { return l.line("sector", k) })
	b.Title = b.Name
	if !b.Rows[0].Withheld {
		b.Title = l.T("sectors.title", "sector", b.Rows[0].Name, "p", b.Rows[0].Share)
	}
	return p.cited(l, pic, b)
}

// affectedBlock shows what sensors see where they stand; it is no ranking.
func (p *Portal) affectedBlock(l *language, pic *event.Picture) block {
	b := p.frame(l, pic, "affected", "attacks/1")
	b.Head, b.List, b.Most = l.T("column.country"), "country", 15
	_, countries := standing(pic)
	if len(countries) == 0 {
		b.Title = upper(l.T("coverage.line.none"))
	} else if len(countries) == 1 {
		b.Title = l.T("affected.title.home", "home", l.country(countries[0]))
	} else {
		b.Title = l.T("affected.title", "n", l.Number(int64(len(countries))))
	}
	b.Rows = l.rows(pic.Affected, l.country)
	b.Rows = b.Rows[:min(len(b.Rows), b.Most)]
	return p.cited(l, pic, b)
}

func (p *Portal) minutesBlock(l *language, pic *event.Picture) block {
	b := p.frame(l, pic, "minutes", "attacks/1")
	b.Period = l.T("period.hour", "time", l.clock(pic.At).Text)
	b.Title = l.T("minutes.title.empty")
	if peak := highest(minuteSeries(pic)); peak.Attacks > 0 {
		b.Title = l.T("minutes.title", "time", l.clock(peak.Start).Text, "n", l.Number(peak.Attacks))
	}
	return p.cited(l, pic, b)
}
