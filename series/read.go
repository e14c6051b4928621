// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/event"
	"haidang/figure"
)

// Columns of a file, in the order in which they are documented. The first twelve say
// what a series is and must be the same on all its lines.
var Columns = []string{
	"series", "name_vi", "name_en", "source", "method_vi", "method_en", "licence", "url", "unit_vi", "unit_en", "population_vi", "population_en",
	"period", "country", "value", "low", "high", "active", "status",
}

// optional columns may be empty or missing.
var optional = []string{"country", "low", "high", "active"}

// Limits of a file.
const (
	maxLines = 20_000
	maxText  = 2000 // bytes of a field
	maxFile  = 16 << 20
)

// Share is the unit whose numbers are percentages: their changes are told in points,
// and they have no mean by the day.
const Share = "%"

// FieldError says what is wrong with a file.
type FieldError struct {
	Line   int // from 1; 0 for the whole file
	Field  string
	Remedy string
}

func (e *FieldError) Error() string {
	if e.Line == 0 {
		return e.Remedy
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Field, e.Remedy)
}

// File is a file that was read: series by id with their points, unsorted, none with
// what is worked out.
type File struct {
	Series []event.Series
	Lines  int
}

// Read reads CSV with a header line or NDJSON; which it is tells the first byte.
// Periods are cut in a zone, and have begun by now. Faults are told together, at most 20.
func Read(r io.Reader, zone *time.Location, now time.Time) (File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return File{}, err
	}
	switch text = bytes.TrimPrefix(text, []byte("\ufeff")); {
	case len(text) > maxFile:
		return File{}, &FieldError{Remedy: fmt.Sprintf("the file is longer than %d bytes; cut it into several", maxFile)}
	case !utf8.Valid(text):
		return File{}, &FieldError{Remedy: "the file is not UTF-8; save it as UTF-8"}
	}
	in := reading{zone: zone, now: now, at: map[string]int{}, seen: map[string]int{}}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		err = in.ndjson(text)
	} else {
		err = in.csv(text)
	}
	if err != nil {
		return File{}, err
	}
	if len(in.faults) == 0 && in.file.Lines == 0 {
		in.fault(0, "", "the file holds no line; the columns are %s", strings.Join(Columns, ","))
	}
	return in.file, errors.Join(in.faults...)
}

// reading is a file being read.
type reading struct {
	zone   *time.Location
	now    time.Time
	file   File
	at     map[string]int // place of a series
	first  []int          // its first line
	seen   map[string]int // line of a point
	faults []error
}

const maxFaults = 20

func (in *reading) fault(line int, field, remedy string, args ...any) {
	if len(in.faults) < maxFaults {
		in.faults = append(in.faults, &FieldError{line, field, fmt.Sprintf(remedy, args...)})
	}
}

func (in *reading) csv(text []byte) error {
	c := csv.NewReader(bytes.NewReader(text))
	head, err := c.Read()
	if err != nil {
		return &FieldError{1, "header", "write the names of the columns, separated by commas: " + strings.Join(Columns, ",")}
	}
	for i, name := range head {
		if !slices.Contains(Columns, name) || slices.Contains(head[:i], name) {
			return &FieldError{1, name, "is no column, or comes twice; the columns are " + strings.Join(Columns, ",")}
		}
	}
	for _, name := range Columns {
		if !slices.Contains(head, name) && !slices.Contains(optional, name) {
			return &FieldError{1, name, "the column is missing"}
		}
	}
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return &FieldError{wrong.Line, "line", wrong.Err.Error() + "; quote fields that hold commas, quotes or line breaks"}
		}
		line, _ := c.FieldPos(0)
		fields := map[string]string{}
		for i, cell := range cells {
			fields[head[i]] = cell
		}
		if err := in.line(line, fields); err != nil {
			return err
		}
	}
}

func (in *reading) ndjson(text []byte) error {
	line := 0
	for l := range bytes.Lines(text) {
		if line++; len(bytes.TrimSpace(l)) == 0 {
			continue
		}
		fields, err := object(l)
		if err != nil {
			return &FieldError{line, "line", err.Error()}
		}
		for name := range fields {
			if !slices.Contains(Columns, name) {
				return &FieldError{line, name, "is no field; the fields are " + strings.Join(Columns, ", ")}
			}
		}
		if err := in.line(line, fields); err != nil {
			return err
		}
	}
	return nil
}

// object reads one flat object of texts and numbers; a number keeps its digits.
func object(line []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("write one JSON object a line")
	}
	out := map[string]string{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errors.New("it is no JSON object")
		}
		key := name.(string)
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		value, err := d.Token()
		if err != nil {
			return nil, errors.New("it is no JSON object")
		}
		switch v := value.(type) {
		case string:
			out[key] = v
		case json.Number:
			out[key] = v.String()
		case nil:
			out[key] = ""
		default:
			return nil, fmt.Errorf("%s: write a text or a number", key)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("it is no JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("write one JSON object a line")
	}
	return out, nil
}

// line takes one line whose fields are known ones.
func (in *reading) line(n int, f map[string]string) error {
	if in.file.Lines++; in.file.Lines > maxLines {
		return &FieldError{n, "line", fmt.Sprintf("there are more than %d lines; cut the file into several", maxLines)}
	}
	before := len(in.faults)
	in.check(n, f)
	s := described(f)
	p := in.point(n, f)
	if len(in.faults) > before || len(in.faults) >= maxFaults {
		return nil
	}
	i, known := in.at[s.ID]
	if !known {
		i = len(in.file.Series)
		in.at[s.ID], in.first, in.file.Series = i, append(in.first, n), append(in.file.Series, s)
	}
	have := &in.file.Series[i]
	if field := differs(have, &s); field != "" {
		in.fault(n, field, "differs from line %d, where series %s is described first; make them the same", in.first[i], s.ID)
		return nil
	}
	key := s.ID + "\x00" + p.Period.Name + "\x00" + p.Country
	if at, twice := in.seen[key]; twice {
		in.fault(n, "period", "%s of %q is on line %d already; keep one of them", p.Period.Name, p.Country, at)
		return nil
	}
	in.seen[key] = n
	have.Points = append(have.Points, p)
	return nil
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check looks at the fields one by one.
func (in *reading) check(n int, f map[string]string) {
	for _, name := range Columns {
		v := f[name]
		switch {
		case v == "" && !slices.Contains(optional, name):
			in.fault(n, name, "is empty; it is needed")
		case len(v) > maxText:
			in.fault(n, name, "is longer than %d bytes; shorten it", maxText)
		case strings.TrimSpace(v) != v || strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
			in.fault(n, name, "holds spaces at its ends, control characters or line breaks; take them out")
		}
	}
	if id := f["series"]; id != "" && (!idForm.MatchString(id) || len(id) > 80) {
		in.fault(n, "series", "%.90q is no id; use small letters, digits and hyphens, at most 80", id)
	}
	if u, err := url.Parse(f["url"]); f["url"] != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		in.fault(n, "url", "%.90q is no address of a page; write https://…", f["url"])
	}
	if c := f["country"]; c != "" && c != world {
		if code, ok := event.ParseCountry(c); !ok || code.String() != c {
			in.fault(n, "country", "%.20q is no country; write a code of two capital letters (ISO 3166-1), world, or nothing", c)
		}
	}
	if s := f["status"]; s != "" && !slices.Contains(statuses, s) {
		in.fault(n, "status", "%.20q is no status; write one of %s", s, strings.Join(statuses, ", "))
	}
	in.checkNumbers(n, f)
}

const world = "world"

var statuses = []string{string(event.FigureProvisional), string(event.FigureFinal), string(event.FigureRevised)}

func (in *reading) checkNumbers(n int, f map[string]string) {
	whole := true
	for _, name := range []string{"value", "low", "high"} {
		if v := f[name]; v != "" && !decimalForm.MatchString(v) {
			in.fault(n, name, "%.40q is no number; write digits, a point before decimals and no marks between thousands", v)
			whole = false
		}
	}
	if a := f["active"]; a != "" && (!decimalForm.MatchString(a) || strings.Contains(a, ".")) {
		in.fault(n, "active", "%.40q is no whole number", a)
	}
	low, high, value := f["low"], f["high"], f["value"]
	switch {
	case (low == "") != (high == ""):
		in.fault(n, "low", "low and high are given together or not at all")
	case whole && low != "" && value != "" && (exact(low).Cmp(exact(value)) > 0 || exact(value).Cmp(exact(high)) > 0):
		in.fault(n, "value", "%s does not lie between low %s and high %s", value, low, high)
	}
	if whole && f["unit_en"] == Share && value != "" && exact(value).Cmp(exact("100")) > 0 {
		in.fault(n, "value", "%s %% is more than all; shares are 0 to 100", value)
	}
	if (f["unit_en"] == Share) != (f["unit_vi"] == Share) {
		in.fault(n, "unit_vi", "a share has the unit %s in both languages", Share)
	}
}

func described(f map[string]string) event.Series {
	two := func(name string) event.SeriesText { return event.SeriesText{VI: f[name+"_vi"], EN: f[name+"_en"]} }
	return event.Series{
		ID: f["series"], Name: two("name"), Source: f["source"], Method: two("method"), Licence: f["licence"], URL: f["url"],
		Unit: two("unit"), Population: two("population"),
	}
}

// differs names the first field in which two descriptions of a series differ.
func differs(a, b *event.Series) string {
	for _, f := range []struct{ name, a, b string }{
		{"name_vi", a.Name.VI, b.Name.VI}, {"name_en", a.Name.EN, b.Name.EN}, {"source", a.Source, b.Source}, {"method_vi", a.Method.VI, b.Method.VI},
		{"method_en", a.Method.EN, b.Method.EN}, {"licence", a.Licence, b.Licence}, {"url", a.URL, b.URL}, {"unit_vi", a.Unit.VI, b.Unit.VI},
		{"unit_en", a.Unit.EN, b.Unit.EN}, {"population_vi", a.Population.VI, b.Population.VI}, {"population_en", a.Population.EN, b.Population.EN},
	} {
		if f.a != f.b {
			return f.name
		}
	}
	return ""
}

func (in *reading) point(n int, f map[string]string) event.SeriesPoint {
	p := event.SeriesPoint{Country: f["country"], Value: f["value"], Low: f["low"], High: f["high"], Active: f["active"], Status: f["status"]}
	if f["period"] == "" {
		return p
	}
	c, err := figure.ParsePeriod(f["period"], in.zone)
	switch {
	case err != nil:
		in.fault(n, "period", "%s", err)
	case c.From.After(in.now):
		in.fault(n, "period", "%s has not begun; look at the year", c)
	}
	p.Period = event.FigurePeriod{
		Name: c.String(), Kind: c.Kind.String(), Zone: in.zone.String(), From: event.TimeOf(c.From), To: event.TimeOf(c.To), Days: c.Days(), Ended: !in.now.Before(c.To),
	}
	return p
}
