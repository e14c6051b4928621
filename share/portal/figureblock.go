// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"html/template"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

// figureBlock is one figure of a page: what it says, its chart, its table, and all
// that is needed to read, check and cite it.
type figureBlock struct {
	ID, Kicker, Title string
	Chart             template.HTML
	Head              []string
	Rows              []figureLine
	Empty             string // in the place of chart and table
	Meta              string
	Notes             []string
	Definition        string
	Links             blockLinks
	Cite              string
	Address           string // where it is found again, on paper
	Open              bool   // the table is shown at once: it is printed
	Shut              bool   // it is not shown, or not yet; Empty says why
	Nothing           bool   // all of it is zero, and nothing is withheld
}

// figureLine is one line of a block's table: a name and cells.
type figureLine struct {
	Name, Link string
	Cells      []string
	Hidden     bool
}

// blockLinks are a block's addresses.
type blockLinks struct {
	CSV, JSON, SVG, Embed, Code, API, Permanent string
	Former                                      string // of a revised figure: the permalink before
}

// rowsMost is how many rows a page shows; the download has all. barsMost is how
// many of them are drawn.
const (
	rowsMost = 50
	barsMost = 10
)

// drawing is a block that is being made.
type drawing struct {
	p    *Portal
	l    *language
	spec spec
	page string // address of the page, without host
	// alone draws a picture that stands by itself.
	alone bool
	from  netip.Addr // who asks
}

// block makes the block of a spec for a page; errNothing where there is no such.
func (p *Portal) block(l *language, page, id string, s spec, from netip.Addr) (figureBlock, error) {
	d := drawing{p: p, l: l, spec: s, page: page, from: from}
	return d.block(id)
}

func (d *drawing) block(id string) (figureBlock, error) {
	b := figureBlock{ID: id}
	var err error
	switch d.spec.Form {
	case formSeries:
		err = d.series(&b)
	case formPanels:
		err = d.panels(&b)
	case formPair:
		err = d.pair(&b)
	case formSurges:
		err = d.surges(&b)
	default:
		err = d.bars(&b)
	}
	return b, err
}

// kicker says what is shown: figure, place and dimensions.
func (d *drawing) kicker(f *event.Figure, dims []string) string {
	name := d.said(f.Definition)
	if dim, value, ok := strings.Cut(d.spec.Row, ":"); ok {
		name += ", " + d.l.member(dim, value)
	}
	if len(dims) == 0 {
		return d.l.T("block.of", "figure", name, "place", d.l.place(f.Of))
	}
	return d.l.T("block.by", "figure", name, "place", d.l.place(f.Of), "by", d.l.by(dims))
}

func (d *drawing) said(definition string) string {
	if def := figure.BuiltIn().Find(definition); def != nil {
		return def.Name.In(d.l.Code)
	}
	return definition
}

func (d *drawing) unit(definition string) string {
	if def := figure.BuiltIn().Find(definition); def != nil {
		return def.Unit.In(d.l.Code)
	}
	return ""
}

// close adds what every block carries: what it rests on and where else it is.
func (d *drawing) close(b *figureBlock, f *event.Figure) {
	l := d.l
	b.Definition = f.Definition
	b.Meta = l.T("block.meta", "period", upper(l.period(d.spec.Period)), "status", l.statusOf(f), "at", l.full(f.At).Text, "watermark", l.full(f.Watermark).Text)
	d.rests(b, f)
	permanent := b.Links.Permanent
	b.Links = d.links(f)
	if b.Links.Permanent = permanent; permanent != "" && f.Status == event.FigureRevised {
		b.Links.Former = d.p.former(permanent)
	}
	at := d.page + "#" + b.ID
	if permanent != "" {
		at = permanent
	}
	b.Address = d.p.cfg.Origin + at
	b.Cite = l.T("block.cite", "title", b.Kicker, "definition", f.Definition, "period", l.period(d.spec.Period),
		"date", l.day(f.At), "status", l.statusOf(f), "url", b.Address)
	b.Cite = strings.TrimSpace(b.Cite)
}

// rests says against what a change is and, where it is known, on which sensors it
// rests.
func (d *drawing) rests(b *figureBlock, f *event.Figure) {
	if f.Base == nil {
		return
	}
	key := "block.base"
	at, err := figure.ParsePeriod(f.Period.Name, d.p.cfg.Zone)
	if f.Panel != nil && err == nil {
		key = "block.base.panel"
	}
	b.Notes = append(b.Notes, d.l.T(key, "phrase", figure.Base(f.BaseKind).PhraseOf(d.l.Code, f.Period.Kind), "base", d.l.period(f.Base.Name),
		"panel", strings.TrimPrefix(figure.PanelWords(d.l.Code, f, at.Kind), "; ")))
	if slices.ContainsFunc(f.Rows, func(r event.FigureRow) bool { return r.Rests != nil }) {
		b.Notes = append(b.Notes, d.l.T("block.lines"))
	}
}

// former is the permalink that a permalink takes the place of, "" where there is none.
func (p *Portal) former(permanent string) string {
	r, err := p.dep.Gate.Citation(context.Background(), classify.Nobody(), strings.TrimPrefix(permanent, "/f/"))
	if id := r.Value().Revises; err == nil && id != "" {
		return "/f/" + id
	}
	return ""
}

func (d *drawing) links(f *event.Figure) blockLinks {
	s := d.spec
	embed := s.path("/embed/" + d.l.Code)
	out := blockLinks{
		SVG: s.path("/chart/" + d.l.Code), Embed: embed,
		CSV: s.path("/data/figures") + "&format=csv", JSON: s.path("/data/figures") + "&format=json",
	}
	s.Row, s.With = "", ""
	if s.Form == formBars || s.Form == formPair {
		out.API = "/api/v1/stats/" + f.Definition + "?" + s.parameters()
	}
	out.Code = d.p.frameCode(embed, d.kicker(f, d.dims(f)))
	return out
}

// frameCode is what is copied into somebody else's page to show a block there.
func (p *Portal) frameCode(embed, title string) string {
	return `<iframe src="` + template.HTMLEscapeString(p.cfg.Origin+embed) + `" width="100%" height="560" loading="lazy" title="` +
		template.HTMLEscapeString(title) + `"></iframe>`
}

func (d *drawing) dims(f *event.Figure) []string {
	if d.spec.Form == formSeries {
		return nil
	}
	return f.By
}

// visitor is the address that a request comes from.
func visitor(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv6Unspecified() // never the zero one, which is nobody's limit
	}
	return at.Addr().Unmap()
}
