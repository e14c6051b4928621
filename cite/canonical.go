// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/event"
)

// Schema is the version of the canonical form that is written. The first one, without
// what changes rest on, hosts and estimates, and the second, in which changes of lines
// rest on the whole, are read and written again as they were.
const (
	Schema       = "haidang.figure/3"
	schemaSecond = "haidang.figure/2"
	schemaFirst  = "haidang.figure/1"
)

// FormOfWhole is the newest form in which changes of lines rest on the whole.
const FormOfWhole = 2

// schemas are those of the forms.
var schemas = []string{Schema, schemaFirst, schemaSecond}

// form is the canonical form as it is read; writer writes it. Counts are integers, all
// other numbers strings of fixed decimals.
type form struct {
	Schema      string     `json:"schema"`
	Definition  string     `json:"definition"`
	Unit        string     `json:"unit"`
	Query       query      `json:"query"`
	Period      period     `json:"period"`
	Base        *period    `json:"base"`
	Status      string     `json:"status"`
	Revision    int        `json:"revision"`
	Position    string     `json:"position"`
	Coverage    coverage   `json:"coverage"`
	Snapshots   []snapshot `json:"snapshots"`
	Rounding    rounding   `json:"rounding"`
	Ranked      int        `json:"ranked"`
	Unconfirmed *int64     `json:"hosting_unconfirmed"`
	Distinct    bool       `json:"distinct"`
	Rows        []row      `json:"rows"`
	Replay      bool       `json:"replay"`

	Panel *since[panel] `json:"panel,omitempty"`
}

// hosts is how many hosting addresses made a row's attacks.
type hosts struct {
	Count     int64 `json:"count"`
	Estimated bool  `json:"estimated"`
}

type query struct {
	Of     string   `json:"of"`
	By     []string `json:"by"`
	Period string   `json:"period"`
	Zone   string   `json:"zone"`
	Base   string   `json:"base"`
}

type period struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	From string `json:"from"`
	To   string `json:"to"`
}

type coverage struct {
	Sensors int    `json:"sensors"`
	Silent  int    `json:"silent"`
	Hours   *int64 `json:"hours"`
	Set     string `json:"set"`
}

type snapshot struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type rounding struct {
	Value   string `json:"value"`
	PerDay  string `json:"per_day"`
	Percent string `json:"percent"`
	Ratio   string `json:"ratio"`
}

type row struct {
	Group  []string `json:"group"`
	Value  *int64   `json:"value"`   // null where hidden
	PerDay *string  `json:"per_day"` // likewise
	Rank   int      `json:"rank"`
	Hidden bool     `json:"hidden"`
	Few    bool     `json:"few"`
	Ratio  *ratio   `json:"ratio"`
	Change *change  `json:"change"`

	Estimated *bool         `json:"estimated,omitempty"` // since the second form
	Hosts     *since[hosts] `json:"hosts,omitempty"`
	Rests     *since[rests] `json:"change_rests,omitempty"` // since the third form
}

type change struct {
	Value   int64   `json:"base_value"`
	Percent *string `json:"percent"` // null where the base is 0
	PerDay  *string `json:"per_day_percent"`
	Ratio   *ratio  `json:"ratio"`
	Points  *string `json:"points"`
}

// ratio is a share or a rate with its interval (Wilson, 95 %); low and high are null
// where there is none: then the value is exact.
type ratio struct {
	Numerator   int64   `json:"numerator"`
	Denominator int64   `json:"denominator"`
	Value       string  `json:"value"`
	Low         *string `json:"low"`
	High        *string `json:"high"`
	Best        int     `json:"best_rank"`
	Worst       int     `json:"worst_rank"`
}

// Canonical gives the canonical form of a figure.
func Canonical(c *event.CitedFigure) ([]byte, error) {
	w, err := written(c)
	if err != nil {
		return nil, err
	}
	defer w.done()
	return bytes.Clone(w.text), nil
}

// ErrForm says that something is no canonical form of this version.
var ErrForm = errors.New("not a canonical form of a figure")

// Parse reads a canonical form. Whatever is not written exactly as Canonical writes
// it is ErrForm.
func Parse(canonical []byte) (event.CitedFigure, error) {
	f, err := read(canonical)
	if err != nil {
		return event.CitedFigure{}, err
	}
	c, err := f.figure()
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrForm, err)
	}
	again, err := written(&c)
	if err != nil {
		return c, fmt.Errorf("%w: it is not written canonically", ErrForm)
	}
	defer again.done()
	if !bytes.Equal(again.text, canonical) {
		return c, fmt.Errorf("%w: it is not written canonically", ErrForm)
	}
	return c, nil
}

func read(canonical []byte) (*form, error) {
	d := json.NewDecoder(bytes.NewReader(canonical))
	d.DisallowUnknownFields()
	f := new(form)
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if !slices.Contains(schemas, f.Schema) {
		return nil, fmt.Errorf("%w: schema %q, this program reads %s", ErrForm, f.Schema, strings.Join(schemas, ", "))
	}
	return f, nil
}

func (f *form) figure() (c event.CitedFigure, err error) {
	n, err := strconv.ParseUint(f.Position, 10, 64)
	if err != nil {
		return c, fmt.Errorf("position %q is no number", f.Position)
	}
	p, err := f.Period.read(f.Query.Zone)
	if err != nil {
		return c, err
	}
	c = event.CitedFigure{
		Position: event.Position(n), Coverage: event.Coverage(f.Coverage),
		Figure: event.Figure{
			Definition: f.Definition, Unit: f.Unit, Of: f.Query.Of, By: f.Query.By, Period: *p, BaseKind: f.Query.Base,
			Status: event.FigureStatus(f.Status), Revision: f.Revision, At: event.TimeUnset, Watermark: event.TimeUnset,
			Replay: f.Replay, Ranked: f.Ranked, Unconfirmed: f.Unconfirmed, Distinct: f.Distinct,
		},
	}
	c.Form = slices.Index(schemas, f.Schema)
	if c.Figure.Panel, err = panelIn(f.Panel); err != nil {
		return c, err
	}
	if f.Base != nil {
		if c.Figure.Base, err = f.Base.read(f.Query.Zone); err != nil {
			return c, err
		}
	}
	for _, s := range f.Snapshots {
		c.Snapshots = append(c.Snapshots, event.Snapshot(s))
	}
	for i := range f.Rows {
		r, err := f.Rows[i].figure()
		if err != nil {
			return c, fmt.Errorf("row %d: %w", i+1, err)
		}
		c.Figure.Rows = append(c.Figure.Rows, r)
	}
	return c, nil
}

func (p *period) read(zone string) (*event.FigurePeriod, error) {
	from, err1 := time.Parse(time.RFC3339Nano, p.From)
	to, err2 := time.Parse(time.RFC3339Nano, p.To)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &event.FigurePeriod{
		Name: p.Name, Kind: p.Kind, Zone: zone, From: event.TimeOf(from), To: event.TimeOf(to),
		Days: to.Sub(from).Hours() / 24, Ended: true,
	}, nil
}

func (r *row) figure() (out event.FigureRow, err error) {
	out = event.FigureRow{Group: r.Group, Rank: r.Rank, Hidden: r.Hidden, Few: r.Few}
	out.Estimated = r.Estimated != nil && *r.Estimated
	if h := r.Hosts.is(); h != nil {
		out.Hosts = &event.FigureUnits{Count: h.Count, Estimated: h.Estimated}
	}
	if out.Rests, err = restsIn(r.Rests); err != nil {
		return out, err
	}
	if out.Ratio, err = r.Ratio.figure(); err != nil {
		return out, err
	}
	if r.Value != nil {
		out.Value = *r.Value
	}
	if out.PerDay, err = decimal(r.PerDay); err != nil {
		return out, err
	}
	if c := r.Change; c != nil {
		out.Change = &event.FigureChange{Value: c.Value}
		var err1, err2, err3, err4 error
		out.Change.Percent, err1 = decimal(c.Percent)
		out.Change.PerDay, err2 = decimal(c.PerDay)
		out.Change.Points, err3 = decimal(c.Points)
		out.Change.Ratio, err4 = c.Ratio.figure()
		err = errors.Join(err1, err2, err3, err4)
	}
	return out, err
}

func (r *ratio) figure() (*event.FigureRatio, error) {
	if r == nil {
		return nil, nil
	}
	out := &event.FigureRatio{Numerator: r.Numerator, Denominator: r.Denominator, Best: r.Best, Worst: r.Worst}
	var err1, err2, err3 error
	out.Value, err1 = decimal(&r.Value)
	out.Low, err2 = decimal(r.Low)
	out.High, err3 = decimal(r.High)
	return out, errors.Join(err1, err2, err3)
}

func decimal(s *string) (float64, error) {
	if s == nil {
		return 0, nil
	}
	return strconv.ParseFloat(*s, 64)
}
