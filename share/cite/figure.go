// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"haidang/classify"
	"haidang/event"
)

// Forms that an answer has.
const (
	asPage = ""
	asJSON = "json"
	asCSV  = "csv"
)

// formOf takes a suffix off a name or, where there is none, looks at what the
// browser or tool prefers.
func formOf(r *http.Request, name string) (rest, form string) {
	for _, f := range []string{asJSON, asCSV} {
		if rest, ok := strings.CutSuffix(name, "."+f); ok {
			return rest, f
		}
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch strings.ToLower(kind) {
		case "text/html", "application/xhtml+xml":
			return name, asPage
		case "application/json":
			return name, asJSON
		case "text/csv":
			return name, asCSV
		}
	}
	return name, asPage
}

// figure answers with a citation.
func (s *Server) figure(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept, Accept-Language, Cookie")
	id, form := formOf(r, r.PathValue("id"))
	released, err := s.dep.Gate.Citation(r.Context(), classify.Nobody(), id)
	if err != nil {
		s.without(w, r, err)
		return
	}
	c := released.Value()
	switch form {
	case asJSON:
		s.figureJSON(w, &c)
	case asCSV:
		s.figureCSV(w, &c)
	default:
		s.figurePage(w, r, &c)
	}
}

// permalink is the address of a citation.
func (s *Server) permalink(id string) string { return s.cfg.Origin + "/f/" + id }

// later is what a document says beside what is signed.
type later struct {
	Permalink   string       `json:"permalink"`
	Revises     string       `json:"revises,omitempty"`
	RevisedBy   string       `json:"revised_by,omitempty"`
	Differences []difference `json:"differences,omitempty"`
}

type difference struct {
	What  string   `json:"what"`
	Group []string `json:"group,omitempty"`
	Old   *int64   `json:"old,omitempty"`
	New   *int64   `json:"new,omitempty"`
	From  string   `json:"from,omitempty"`
	To    string   `json:"to,omitempty"`
}

func (s *Server) later(c *event.Citation) later {
	out := later{Permalink: s.permalink(c.ID)}
	if c.Revises != "" {
		out.Revises = s.permalink(c.Revises)
	}
	if c.RevisedBy != "" {
		out.RevisedBy = s.permalink(c.RevisedBy)
	}
	for _, d := range c.Differences {
		out.Differences = append(out.Differences, difference{d.What, d.Group, d.Old, d.New, d.From, d.To})
	}
	return out
}

// figureJSON writes the signed document as it is kept, with what is known since
// beside it.
func (s *Server) figureJSON(w http.ResponseWriter, c *event.Citation) {
	var d struct {
		Figure   json.RawMessage `json:"figure"`
		Envelope json.RawMessage `json:"envelope"`
		Unsigned later           `json:"unsigned"`
	}
	if err := json.Unmarshal(c.Document, &d); err != nil {
		panic(err)
	}
	d.Unsigned = s.later(c)
	text, err := marshal(d)
	if err != nil {
		panic(err)
	}
	send(w, "application/json", text)
}

// marshal leaves < and > as they are, so that the canonical form keeps its bytes.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// figureCSV repeats on every line what makes its value readable, its permalink
// among it.
func (s *Server) figureCSV(w http.ResponseWriter, c *event.Citation) {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	f := &c.Figure
	head := append([]string{"permalink", "definition", "unit", "of", "period", "zone", "from", "to", "status", "revision", "replay", "revised_by", "base_kind", "base"}, f.By...)
	_ = out.Write(append(head, "value", "per_day", "numerator", "denominator", "low", "high", "rank", "ranked", "hidden", "base_value", "change_percent", "change_per_day_percent", "change_rests", "panel_percent", "estimated", "hosting_addresses"))
	newer := s.later(c).RevisedBy
	for i := range f.Rows {
		line := []string{s.permalink(c.ID), f.Definition, f.Unit, f.Of, f.Period.Name, f.Period.Zone, f.Period.From.String(), f.Period.To.String(),
			string(f.Status), strconv.Itoa(f.Revision), strconv.FormatBool(f.Replay), newer, f.BaseKind, ""}
		if f.Base != nil {
			line[len(line)-1] = f.Base.Name
		}
		for _, g := range f.Rows[i].Group {
			line = append(line, event.Inert(g))
		}
		_ = out.Write(append(line, numbers(f, &f.Rows[i])...))
	}
	out.Flush()
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.ID+`.csv"`)
	send(w, "text/csv; charset=utf-8", b.Bytes())
}

func numbers(f *event.Figure, r *event.FigureRow) []string {
	out := make([]string, 16)
	if p := f.Panel; p != nil {
		if out[12] = p.Rests; p.Percent != nil {
			out[13] = tenths(*p.Percent)
		}
	}
	if s := r.Rests; s != nil {
		if out[12], out[13] = s.Rests, ""; s.Percent != nil {
			out[13] = tenths(*s.Percent)
		}
	}
	if out[14] = strconv.FormatBool(r.Estimated); r.Hosts != nil {
		out[15] = strconv.FormatInt(r.Hosts.Count, 10)
	}
	if !r.Hidden && !r.Few {
		out[0], out[1] = strconv.FormatInt(r.Value, 10), decimal(r.PerDay)
	}
	if x := r.Ratio; x != nil && !r.Few {
		out[0], out[1], out[2], out[3] = tenths(x.Value), "", strconv.FormatInt(x.Numerator, 10), strconv.FormatInt(x.Denominator, 10)
		if x.High > 0 {
			out[4], out[5] = tenths(x.Low), tenths(x.High)
		}
	}
	if r.Rank > 0 {
		out[6], out[7] = strconv.Itoa(r.Rank), strconv.Itoa(f.Ranked)
	}
	out[8] = strconv.FormatBool(r.Hidden)
	if c := r.Change; c != nil {
		out[9] = strconv.FormatInt(c.Value, 10)
		if c.Ratio != nil {
			out[9] = tenths(c.Ratio.Value)
		}
		if c.Value != 0 {
			out[10], out[11] = decimal(c.Percent), decimal(c.PerDay)
		}
	}
	return out
}

// tenths writes a ratio as it is signed.
func tenths(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// decimal writes a number as it is signed.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
