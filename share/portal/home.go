// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/json"
	"net/http"
	"strconv"

	"haidang/event"
)

// counter is one large number.
type counter struct {
	ID, Name, Value, Unit string
	Now                   bool // the one that shows this instant
}

type homeBody struct {
	Sentence string
	Counters []counter
	Sheet    sheet
	Flows    string
	Minutes  block
	Chart    minuteChart
	Hosting  block
	Kinds    block
	Ways     block
	Systems  block
	Sectors  block
	Affected block
}

func (p *Portal) home(l *language, pic *event.Picture) (string, any) {
	b := homeBody{
		Sentence: l.sentence(pic),
		Counters: l.counters(pic),
		Sheet:    p.sheet(l, pic),
		Flows:    l.flows(pic),
		Minutes:  p.minutesBlock(l, pic),
		Chart:    l.chart(pic),
		Hosting:  p.hostingBlock(l, pic, 10),
		Kinds:    p.kindsBlock(l, pic),
		Ways:     p.waysBlock(l, pic),
		Systems:  p.systemsBlock(l, pic, 10),
		Sectors:  p.sectorsBlock(l, pic),
		Affected: p.affectedBlock(l, pic),
	}
	return "", b
}

func (l *language) counters(pic *event.Picture) []counter {
	home, rate := l.country(homeOf(pic)), l.rate(pic.Rate)
	if stale(pic) {
		rate = "–" // zero would look like calm
	}
	if withheld(pic, "now") {
		none := func(id, name, unit string, now bool) counter {
			return counter{id, l.T(name), "–", l.T(unit, "home", home), now}
		}
		return []counter{none("rate", "counter.now", "counter.now.unit", true), none("today", "counter.today", "counter.today.unit", false)}
	}
	return []counter{
		{"rate", l.T("counter.now"), rate, l.T("counter.now.unit", "home", home), true},
		{"today", l.T("counter.today"), l.Number(pic.Today.Attacks), l.T("counter.today.unit", "home", home), false},
		{"hostedIn", l.T("counter.hosted", "home", home), l.Number(pic.HostedIn.Attacks), l.T("counter.hosted.unit"), false},
		{"incidents", l.T("counter.incidents"), l.Number(pic.Today.Incidents), l.T("counter.incidents.unit"), false},
	}
}

// flows says in words what a map that stands still cannot show.
func (l *language) flows(pic *event.Picture) string {
	if withheld(pic, "map") {
		return l.T("withheld.held")
	}
	if stale(pic) {
		return l.T("map.silent")
	}
	attacks := pic.FlowsRest
	pairs := map[[2]event.Country]bool{}
	for _, f := range pic.Flows {
		attacks += f.Events
		pairs[[2]event.Country{f.From, f.To}] = true
	}
	if attacks == 0 {
		return l.T("map.quiet")
	}
	return l.T("map.flows", "n", l.Number(int64(len(pairs))), "e", l.Number(attacks))
}

type hostingBody struct {
	Hosting, Systems block
	Lead, Ranked     string
}

func (p *Portal) hosting(l *language, pic *event.Picture) (string, any) {
	b := hostingBody{Hosting: p.hostingBlock(l, pic, 0), Systems: p.systemsBlock(l, pic, 20)}
	b.Lead = l.T("hosting.lead", "home", l.country(homeOf(pic)))
	n := 0
	for _, r := range b.Hosting.Rows {
		if r.Key != "" {
			n++
		}
	}
	b.Ranked = l.T("ranked", "n", strconv.Itoa(n))
	return l.T("nav.hosting"), b
}

// words answers with the sentences that follow the figures, so that an open
// page can change its words without knowing how they are made.
func (p *Portal) words(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := p.made(l.Code+"/words", func() (*answer, error) {
			pic := p.picture()
			raw, err := json.Marshal(p.says(l, &pic))
			if err != nil {
				return nil, err
			}
			return finish("application/json", raw)
		})
		if err != nil {
			panic(err)
		}
		a.send(w, r, http.StatusOK)
	}
}

func (p *Portal) says(l *language, pic *event.Picture) map[string]string {
	out := map[string]string{
		"sentence":     l.sentence(pic),
		"period.today": l.T("period.today", "time", l.clock(pic.At).Text),
		"period.hour":  l.T("period.hour", "time", l.clock(pic.At).Text),
		"coverage":     l.coverageLine(pic),
	}
	for _, b := range []block{p.hostingBlock(l, pic, 10), p.systemsBlock(l, pic, 10), p.kindsBlock(l, pic),
		p.waysBlock(l, pic), p.minutesBlock(l, pic), p.affectedBlock(l, pic)} {
		out["title."+b.ID], out["extra."+b.ID], out["cite."+b.ID] = b.Title, b.Extra, b.Cite
	}
	return out
}
