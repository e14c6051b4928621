// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

const statsText = "One declared table in a period of the calendar: the same for everybody. Nothing else is open: no free periods, no other combinations; " +
	"what is not declared answers 422 and names the nearest table, and /api/v1/stats lists all. Every answer carries definition, unit, period, base and status; " +
	"format=csv and format=parquet repeat them on every line. Definitions stand at /en/definitions and /vi/dinh-nghia. " +
	"Where the portal is not open to the public yet, it needs a token."

// statsCSV is the form of tables as CSV. It is asked for by format=csv alone.
const statsCSV = "text/csv; charset=utf-8; header=present"

// statsParquet is the form of tables as Parquet, likewise.
const statsParquet = "application/vnd.apache.parquet"

func (a *API) stats(h huma.API) {
	for id, path := range map[string]string{"stats": "/api/v1/stats/{figure}", "stats-version": "/api/v1/stats/{figure}/{version}"} {
		o := huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: "Figures one can cite: open to everybody", Description: statsText,
			Errors: []int{http.StatusUnprocessableEntity}, RejectUnknownQueryParameters: true,
		}
		if id == "stats" {
			huma.Register(h, o, func(ctx context.Context, in *statsIn) (*statsOut, error) {
				return a.figure(ctx, in.Figure, &in.StatsQuestion)
			})
			continue
		}
		o.Summary = "The same by a named version of the definition"
		huma.Register(h, o, func(ctx context.Context, in *statsVersionIn) (*statsOut, error) {
			return a.figure(ctx, in.Figure+"/"+in.Version, &in.StatsQuestion)
		})
	}
}

// formats are huma's own and the tables' CSV.
func formats(own map[string]huma.Format) map[string]huma.Format {
	out := maps.Clone(own)
	out[statsCSV] = huma.Format{Marshal: func(w io.Writer, v any) error {
		switch t := v.(type) {
		case statsBody:
			return t.writeCSV(w)
		case seriesBody:
			return t.writeCSV(w)
		}
		return json.NewEncoder(w).Encode(v)
	}}
	out[statsParquet] = huma.Format{Marshal: func(w io.Writer, v any) error {
		if t, ok := v.(statsBody); ok {
			return t.writeParquet(w)
		}
		return json.NewEncoder(w).Encode(v)
	}}
	return out
}

type statsIn struct {
	Figure string `path:"figure" doc:"name of a definition; its newest version answers" example:"attacks"`
	StatsQuestion
}

type statsVersionIn struct {
	Figure  string `path:"figure" doc:"name of a definition" example:"attacks"`
	Version string `path:"version" doc:"its version" example:"1"`
	StatsQuestion
}

// StatsQuestion is what both operations are asked.
type StatsQuestion struct {
	Of     string `query:"of" doc:"a country's code, or world; the home country without, where the table is declared for it" example:"VN"`
	By     string `query:"by" doc:"country, hosting, kind, way, technique, class, sector, size, band: at most three that are declared together, separated by commas" example:"hosting"`
	Period string `query:"period" doc:"2026-11-21T14:05, 2026-11-21T14, 2026-11-21, 2026-W47, 2026-11, 2026-Q3, 2026-H1, 2026 or 2026-YTD@2026-11-21; today without" example:"2026-Q3"`
	Zone   string `query:"zone" enum:"local,UTC" default:"local" doc:"in whose time periods are cut"`
	Base   string `query:"base" doc:"what a change is measured against: previous (or the period's kind: day, quarter …), year, or week for a day; no change without" example:"year"`
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" doc:"rows, largest first; all without"`
	Format string `query:"format" enum:"json,csv,parquet" default:"json"`
}

type statsOut struct {
	Body statsBody
}

type statsBody struct {
	Definition  string       `json:"definition" example:"attacks/1"`
	Unit        string       `json:"unit" example:"attacks"`
	Of          string       `json:"of" doc:"a country's code, or world"`
	By          []string     `json:"by"`
	Period      statsPeriod  `json:"period"`
	Base        *statsBase   `json:"base,omitempty" doc:"what changes are measured against"`
	Status      string       `json:"status" enum:"provisional,final,revised"`
	Revision    int          `json:"revision" doc:"published version of the numbers, from 1"`
	At          string       `json:"at" doc:"when it was counted"`
	Watermark   string       `json:"watermark,omitempty" doc:"complete up to here; absent when no sensor reports"`
	Replay      bool         `json:"replay" doc:"some of it was sent by a replay"`
	Ranked      int          `json:"ranked,omitempty" doc:"how many rows have a rank (rank/1); absent where the table is no ranking"`
	Unconfirmed *int64       `json:"hosting_unconfirmed,omitempty" doc:"left out of a ranking by hosting country: the address as seen may be forged, or none was told"`
	Distinct    bool         `json:"distinct,omitempty" doc:"numbers of different ones, or ratios of them: they do not add up over periods"`
	Silent      bool         `json:"silent,omitempty" doc:"no sensor reported anything in the period: there is no number, and nothing to cite"`
	Population  *twoLanguage `json:"population,omitempty" doc:"of participants: who they are"`
	Interval    *twoLanguage `json:"interval,omitempty" doc:"of shares: what low and high mean"`
	Rows        []statsRow   `json:"rows" doc:"largest first; hidden ones last"`
	Permalink   string       `json:"permalink,omitempty" doc:"where this figure stands for ever, signed; absent while it is not cited"`
	Cite        string       `json:"cite,omitempty" doc:"POST here to cite a figure of an ended period that has no permalink yet"`
	Sentence    *twoLanguage `json:"sentence,omitempty" doc:"of a table of one number"`
	About       twoLanguage  `json:"about" doc:"path of the definition"`

	format string // csv, parquet; json otherwise
}

type statsPeriod struct {
	Name  string  `json:"name" example:"2026-Q3"`
	Kind  string  `json:"kind" example:"quarter"`
	Zone  string  `json:"zone" example:"Asia/Ho_Chi_Minh"`
	From  string  `json:"from" doc:"inclusive"`
	To    string  `json:"to" doc:"exclusive"`
	Days  float64 `json:"days"`
	Ended bool    `json:"ended"`
}

type statsBase struct {
	Kind   string      `json:"kind" enum:"previous,week,year"`
	Phrase twoLanguage `json:"phrase"`
	Period statsPeriod `json:"period"`
	Panel  *statsPanel `json:"panel" doc:"on what the change rests (change/3); null for participants, of whom each counts once whatever reports it"`
}

// statsPanel is the matched panel of a change.
type statsPanel struct {
	Rests         string   `json:"rests" enum:"plain,panel,break" doc:"plain: the panel saw at least 80 % of both periods' events, rows carry the plain change; panel: at least 50 %, the panel's change alone; break: break in series, no change"`
	Sensors       int      `json:"sensors" doc:"at work in nine tenths of the hours of both periods"`
	Organisations int      `json:"organisations" doc:"that these belong to, where it is known"`
	Share         float64  `json:"share_percent" doc:"of a period's events that the panel saw, the lesser of both, whole percent"`
	Percent       *float64 `json:"percent" doc:"change of what the panel saw; null where its base is 0, and at a break"`
	PerDay        *float64 `json:"per_day_percent"`
}

type statsRow struct {
	Group     []string     `json:"group" doc:"values of by; an empty one is unknown; of size: sme, large (size/1)"`
	Value     *float64     `json:"value" doc:"a whole number, or a ratio with one decimal: percent, or events by 1,000; null where hidden, few or silent"`
	PerDay    *float64     `json:"per_day" doc:"over the period's days; null for what is distinct"`
	Rank      int          `json:"rank,omitempty"`
	Hidden    bool         `json:"hidden,omitempty" doc:"withheld to protect the people and organisations concerned"`
	Few       bool         `json:"few,omitempty" doc:"too few active participants: not published"`
	Ratio     *statsRatio  `json:"ratio,omitempty" doc:"of shares and rates: of what value is the ratio"`
	Estimated bool         `json:"estimated,omitempty" doc:"a sketch's estimate, standard error 0.81 %; without it counts of addresses and participants are exact but for noise of -4 to +4 on addresses, and counts of events exact"`
	Hosts     *statsUnits  `json:"hosting_addresses,omitempty" doc:"of hosted: how many addresses the attacks came from"`
	Was       *int64       `json:"was,omitempty" doc:"value in the revision before, where it was another"`
	Change    *statsChange `json:"change,omitempty" doc:"change/3, against the base; absent where it rests on less than plain: by rests, else by base.panel"`
	Rests     *statsRests  `json:"rests,omitempty" doc:"on what the line's change rests, by country and kind; absent where that is as base.panel says"`
}

// statsRests is on what a line's change rests, by the sensors of base.panel.
type statsRests struct {
	Rests   string   `json:"rests" enum:"plain,panel,break" doc:"as in base.panel, by the events of the line"`
	Percent *float64 `json:"percent" doc:"change of what the panel saw of the line; null where its base is 0, at a break, and where it would tell what a few organisations' sensors saw"`
	PerDay  *float64 `json:"per_day_percent"`
}

type statsUnits struct {
	Count     int64 `json:"count"`
	Estimated bool  `json:"estimated"`
}

// statsRatio is a share or a rate. Who is active is told also where the ratio is
// not published.
type statsRatio struct {
	Numerator   *int64   `json:"numerator" doc:"participants attacked, or events; null where few"`
	Denominator int64    `json:"denominator" doc:"active participants"`
	Low         *float64 `json:"low,omitempty" doc:"of shares: 95 % interval (Wilson), random variation among participants only"`
	High        *float64 `json:"high,omitempty"`
	Best        int      `json:"best_rank,omitempty" doc:"where intervals overlap the place is a range"`
	Worst       int      `json:"worst_rank,omitempty"`
}

type statsChange struct {
	Value   float64  `json:"base_value"`
	Points  *float64 `json:"points,omitempty" doc:"of shares: change in percentage points"`
	Percent *float64 `json:"percent" doc:"null where the base is 0"`
	PerDay  *float64 `json:"per_day_percent" doc:"change of the counts per day; null where the base is 0"`
}

type twoLanguage struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

func (a *API) figure(ctx context.Context, id string, in *StatsQuestion) (*statsOut, error) {
	q := in.query(id)
	r, err := a.deps.Gate.Figure(ctx, classify.Nobody(), q)
	if err != nil {
		return nil, a.problem(ctx, classify.Nobody(), err)
	}
	body, err := encodeFigure(r)
	if err != nil {
		return nil, a.problem(ctx, classify.Nobody(), err)
	}
	body.format = in.Format
	a.permalink(ctx, r, in, &body)
	if in.Limit > 0 {
		body.Rows = body.Rows[:min(in.Limit, len(body.Rows))]
	}
	return &statsOut{Body: body}, nil
}

func encodeFigure(r classify.Released[event.Figure]) (statsBody, error) {
	f := r.Value()
	out := statsBody{
		Definition: f.Definition, Unit: f.Unit, Of: f.Of, By: append([]string{}, f.By...), Period: encodePeriod(&f.Period),
		Status: string(f.Status), Revision: f.Revision, At: f.At.String(), Watermark: f.Watermark.String(), Replay: f.Replay,
		Ranked: f.Ranked, Unconfirmed: f.Unconfirmed, Silent: f.Silent, Rows: make([]statsRow, len(f.Rows)),
		About: aboutOf(f.Definition),
	}
	if f.Base != nil {
		k, b := f.Period.Kind, figure.Base(f.BaseKind)
		out.Base = &statsBase{f.BaseKind, twoLanguage{b.PhraseOf("vi", k), b.PhraseOf("en", k)}, encodePeriod(f.Base), encodePanel(f.Panel)}
	}
	for i := range f.Rows {
		out.Rows[i] = encodeRow(&f, &f.Rows[i])
	}
	out.units(&f)
	if len(f.By) > 0 || len(f.Rows) == 1 && f.Rows[0].Few {
		return out, nil
	}
	out.Sentence = new(twoLanguage)
	var err error
	if out.Sentence.VI, err = figure.BuiltIn().Sentence("vi", &f); err != nil {
		return out, err
	}
	out.Sentence.EN, err = figure.BuiltIn().Sentence("en", &f)
	return out, err
}

func encodePanel(p *event.FigurePanel) *statsPanel {
	if p == nil {
		return nil
	}
	return &statsPanel{p.Rests, p.Sensors, p.Organisations, p.Share, p.Percent, p.PerDay}
}

func encodePeriod(p *event.FigurePeriod) statsPeriod {
	return statsPeriod{p.Name, p.Kind, p.Zone, p.From.String(), p.To.String(), p.Days, p.Ended}
}

func encodeRow(f *event.Figure, r *event.FigureRow) statsRow {
	out := statsRow{Group: append([]string{}, r.Group...), Rank: r.Rank, Hidden: r.Hidden, Few: r.Few, Was: r.Was, Estimated: r.Estimated}
	if r.Hosts != nil {
		out.Hosts = &statsUnits{r.Hosts.Count, r.Hosts.Estimated}
	}
	if out.Ratio = encodeRatio(r); !r.Hidden && !r.Few && !f.Silent {
		out.Value = valueOf(r.Value, r.Ratio)
	}
	if out.Value != nil && !f.Distinct {
		out.PerDay = hundredths(r.PerDay)
	}
	if s := r.Rests; s != nil {
		out.Rests = &statsRests{s.Rests, s.Percent, s.PerDay}
	}
	if c := r.Change; c != nil && !f.Silent {
		out.Change = &statsChange{Value: *valueOf(c.Value, c.Ratio)}
		if c.Ratio != nil && c.Ratio.High > 0 {
			out.Change.Points = &c.Points
		}
		if out.Change.Value != 0 && out.Change.Points == nil {
			out.Change.Percent = hundredths(c.Percent)
		}
		if out.Change.Percent != nil && !f.Distinct {
			out.Change.PerDay = hundredths(c.PerDay)
		}
	}
	return out
}

// hundredths rounds to two decimals, which is how figures are published.
func hundredths(v float64) *float64 {
	v = math.Round(v*100) / 100
	return &v
}

// ContentType says how the table is written.
func (b statsBody) ContentType(given string) string {
	switch b.format {
	case "csv":
		return statsCSV
	case "parquet":
		return statsParquet
	}
	return given
}

// sheet takes a table line by line, the names of its columns first.
type sheet interface{ Write(line []string) error }

func (b *statsBody) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	b.lines(out)
	out.Flush()
	return out.Error()
}

// lines repeats on every line what makes its value readable.
func (b *statsBody) lines(out sheet) {
	if b.Distinct {
		b.unitLines(out)
		return
	}
	head := append([]string{"definition", "unit", "of", "period", "zone", "from", "to", "status", "revision", "replay", "base_kind", "base"}, b.By...)
	_ = out.Write(append(head, "value", "per_day", "rank", "ranked", "hidden", "base_value", "change_percent", "change_per_day_percent", "change_rests", "panel_percent", "was", "hosting_addresses"))
	for i := range b.Rows {
		r := &b.Rows[i]
		line := []string{b.Definition, b.Unit, b.Of, b.Period.Name, b.Period.Zone, b.Period.From, b.Period.To, b.Status, strconv.Itoa(b.Revision), strconv.FormatBool(b.Replay), "", ""}
		if b.Base != nil {
			line[10], line[11] = b.Base.Kind, b.Base.Period.Name
		}
		for _, g := range r.Group {
			line = append(line, harmless(g))
		}
		line = append(line, number(r.Value), number(r.PerDay), "", "", strconv.FormatBool(r.Hidden), "", "", "")
		n := len(line)
		if r.Rank > 0 {
			line[n-6], line[n-5] = strconv.Itoa(r.Rank), strconv.Itoa(b.Ranked)
		}
		if c := r.Change; c != nil {
			line[n-3], line[n-2], line[n-1] = number(&c.Value), number(c.Percent), number(c.PerDay)
		}
		_ = out.Write(append(append(line, b.restsOn(r)...), number(r.Was), hosts(r)))
	}
}

func hosts(r *statsRow) string {
	if r.Hosts == nil {
		return ""
	}
	return strconv.FormatInt(r.Hosts.Count, 10)
}

// restsOn gives the two columns that say on what a change rests: the line's or, where
// it is not judged by itself, the whole's.
func (b *statsBody) restsOn(r *statsRow) []string {
	if r.Rests != nil {
		return []string{r.Rests.Rests, number(r.Rests.Percent)}
	}
	if b.Base == nil || b.Base.Panel == nil {
		return []string{"", ""}
	}
	return []string{b.Base.Panel.Rests, number(b.Base.Panel.Percent)}
}

// number writes what may be absent.
func number[T int64 | float64](v *T) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64)
}
