// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/figure"
	"haidang/share"
)

// figuresBody is a page of figures.
type figuresBody struct {
	Lead      string
	Sentences []sentenceLine
	Picker    *picker
	Compare   *comparing
	Numbers   []keyNumber
	Blocks    []figureBlock
	Lists     []linkList
	Dated     []datedList
	Notes     []string
	Tabs      []link
	Report    *reportBody
	Data      *dataset // schema.org/Dataset
}

// sentenceLine is one sentence made by rule, with its definition.
type sentenceLine struct{ Text, Definition string }

// keyNumber is one large number with its change.
type keyNumber struct{ Name, Value, Unit, Change, Definition, Note string }

// linkList leads on to other pages of figures.
type linkList struct {
	Title string
	Links []link
}

// datedList is public words of the release desk, each with its day.
type datedList struct {
	Title string
	Lines []datedLine
}

type datedLine struct {
	At   moment
	Text string
}

// opened is a page of figures that somebody asked for.
type opened struct {
	p     *Portal
	l     *language
	name  string
	rest  string // of the path, below the page's own
	asked asked
	value func(string) string // of the path's wildcards
	from  netip.Addr          // who asks
}

// path is the page's address in a language, with the period it shows.
func (o *opened) path(l *language, period string) string {
	a := asked{}
	for k, v := range o.asked {
		a[k] = v
	}
	if period != "" && o.rest != "/"+period { // a report's address names it already
		a["period"] = period
	}
	return l.path(o.name) + o.rest + a.write(l)
}

// block adds a block. A table that there is not, or not of this period, is left
// out; one that is not shown to everybody keeps its place and says so.
func (o *opened) block(b *figuresBody, id string, s spec) error {
	made, err := o.p.block(o.l, o.path(o.l, s.Period), id, s, o.from)
	if why := o.l.withheld(err); why != "" {
		made, err = o.kept(id, s, why), nil
	}
	if err != nil {
		return ignore(err)
	}
	b.Blocks = append(b.Blocks, made)
	return nil
}

// blocks adds blocks, each by its id.
func (o *opened) blocks(b *figuresBody, ids []string, specs []spec) error {
	defer o.p.ahead(specs)()
	for i, s := range specs {
		if err := o.block(b, ids[i], s); err != nil {
			return err
		}
	}
	return nil
}

// kept is the place of a block that is not shown.
func (o *opened) kept(id string, s spec, why string) figureBlock {
	d := drawing{p: o.p, l: o.l, spec: s}
	b := figureBlock{ID: id, Empty: why, Meta: upper(o.l.period(s.Period)), Shut: true}
	if def := figure.BuiltIn().Find(s.Figure); def != nil {
		b.Definition = def.ID
	}
	b.Kicker = d.kicker(&event.Figure{Definition: b.Definition, Of: s.Of}, s.By)
	b.Title = b.Kicker
	return b
}

// maker builds a page of figures by what a portal, which is the opened page's, is told.
// It gives errNothing where there is no such page.
type maker func(p *Portal, o *opened) (title string, b figuresBody, err error)

// figures answers a page of figures, made at most once a moment for everybody.
func (p *Portal) figures(l *language, name, template string, build maker) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		theme := share.Theme(r)
		a, err := l.read(r.URL.Query())
		if err != nil {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		o := &opened{p, l, name, strings.TrimPrefix(r.URL.Path, l.path(name)), a, r.PathValue, visitor(r)}
		key := l.Code + r.URL.Path + a.write(l) + "/" + theme
		done, err := p.made(key, func() (*answer, error) {
			pic := p.picture()
			return p.lasting.page(p, key+l.changing(p, &pic), func(q *Portal) (*answer, error) {
				o.p = q
				return q.open(o, theme, template, &pic, build)
			})
		})
		if err != nil {
			p.missing(w, r, err)
			return
		}
		p.remember(w, r, l)
		w.Header().Add("Vary", "Cookie")
		done.send(w, r, http.StatusOK)
	}
}

// missing answers where there is no such figure, or where it is not shown. What
// went wrong otherwise is a fault of ours.
func (p *Portal) missing(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.As(err, new(*unreadable)):
		l := p.spoken(r)
		p.refuse(w, r, http.StatusNotFound, l, l.unreadable(err, r.URL.Path))
	case errors.Is(err, errNothing):
		p.fail(w, r, http.StatusNotFound)
	case undecided(err) != nil:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(undecided(err).Retry.Seconds()))))
		p.fail(w, r, http.StatusTooManyRequests)
	case absent(err):
		p.fail(w, r, http.StatusForbidden)
	default:
		panic(err)
	}
}

// tabs are the pages of figures.
var tabs = []string{"overview", "country", "kinds", "ways", "hosting-period", "sectors", "compare", "surges", "series"}

func (p *Portal) open(o *opened, theme, template string, pic *event.Picture, build maker) (*answer, error) {
	title, b, err := build(p, o)
	if err != nil {
		return nil, err
	}
	v := p.view(o.l, o.name, theme, pic)
	v.Title, v.Path = title, o.path(o.l, "")
	v.Other.Path = o.path(share.Other(p.langs, o.l), "")
	for _, name := range tabs {
		b.Tabs = append(b.Tabs, link{o.l.path(name), o.l.T("nav." + name), name == o.name})
	}
	if slices.ContainsFunc(b.Tabs, func(t link) bool { return t.Here }) {
		for i := range v.Nav {
			v.Nav[i].Here = v.Nav[i].Path == o.l.path("overview")
		}
	}
	v.Body = b
	return renderLasting(o.l, template, v)
}

// based names the base of a period's change: the period before, once it is over.
func (p *Portal) based(at figure.Period) string {
	switch {
	case p.dep.Now().Before(at.To):
		return ""
	case at.Kind == figure.YearToDate:
		return string(figure.OnYear)
	}
	return string(figure.OnPrevious)
}

// numbers are the key numbers of a place: every figure that is counted.
func (o *opened) numbers(of string, at figure.Period, ids []string) (out []keyNumber, err error) {
	for _, id := range ids {
		f, err := o.p.ask(event.FigureQuery{Figure: id, Of: of, Period: at.String(), Base: o.p.based(at)})
		if absent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d := figure.BuiltIn().Find(f.Definition)
		if d.Counts.OfParticipants() && f.Rows[0].Value == 0 && !f.Rows[0].Hidden {
			continue // nobody takes part here yet
		}
		out = append(out, o.number(&f))
	}
	return out, nil
}

func (o *opened) number(f *event.Figure) keyNumber {
	d := figure.BuiltIn().Find(f.Definition)
	n := keyNumber{Name: d.Name.In(o.l.Code), Unit: d.Unit.In(o.l.Code), Definition: f.Definition, Value: o.l.amount(&f.Rows[0])}
	n.Note = o.l.interval(&f.Rows[0])
	switch {
	case f.Silent:
		n.Value, n.Note = "–", o.l.T("silent")
		return n
	case f.Rows[0].Hidden:
		n.Value = o.l.T("hidden")
	case f.Rows[0].Few:
		n.Value, n.Note = "–", o.l.T("few")
	}
	if f.Base != nil {
		cells := o.l.changed(f, &f.Rows[0])
		n.Change = o.l.T("number.change", "change", cells[1], "phrase", figure.Base(f.BaseKind).PhraseOf(o.l.Code, f.Period.Kind), "n", cells[0])
	}
	return n
}

// sentence says a number of a place in words, by rule.
func (o *opened) sentence(id, of string, at figure.Period, base string) ([]sentenceLine, error) {
	f, err := o.p.ask(event.FigureQuery{Figure: id, Of: of, Period: at.String(), Base: base})
	if err != nil {
		return nil, ignore(err)
	}
	text, err := figure.BuiltIn().Sentence(o.l.Code, &f)
	if err != nil {
		return nil, err
	}
	return []sentenceLine{{text, f.Definition}}, nil
}

// sentences say how a period went and, while it runs, the one before it.
func (o *opened) sentences(id, of string, at figure.Period) ([]sentenceLine, error) {
	out, err := o.sentence(id, of, at, o.p.based(at))
	if err != nil || o.p.based(at) != "" || at.Kind == figure.YearToDate {
		return out, err
	}
	whole := o.p.ended(at.Kind)
	more, err := o.sentence(id, of, whole, o.p.based(whole))
	return append(out, more...), err
}
