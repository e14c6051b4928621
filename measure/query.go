// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"haidang/event"
)

// Where keeps the cells whose dimension has one of the values, in the text form
// of the record; "" is unknown.
type Where struct {
	Dim    Dim
	Values []string
}

// Is makes a Where of one dimension.
func Is(d Dim, values ...string) Where { return Where{d, values} }

// Step divides a period.
type Step uint8

// Steps. Days are local days of Config.Zone.
const (
	StepNone Step = iota
	StepMinute
	StepHour
	StepDay
)

// maxSteps bounds the points of one answer.
const maxSteps = 20000

// Query asks for counts of one cube. From is inclusive, To exclusive, both by
// @timestamp and cut to whole minutes.
type Query struct {
	Cube     Cube
	By       []Dim
	Where    []Where
	From, To event.Time
	Step     Step
}

// Row is one group of an answer. Start is the step's, From where there are none.
type Row struct {
	Start event.Time
	Group []string
	Cell  Cell
}

// Answer holds rows by start, then in no order. Whole is false where part of
// the period is no longer kept in memory at the fineness asked for; Replay is
// true where anything of the period was sent by a replay.
type Answer struct {
	Rows   []Row
	Whole  bool
	Replay bool
}

// QueryError says what a question got wrong.
type QueryError struct{ Field, Problem string }

func (e *QueryError) Error() string { return "measure: " + e.Field + ": " + e.Problem }

// CubeWith finds the cube that holds all the dimensions. CubeSeen is not among them:
// it knows no minutes.
func CubeWith(dims ...Dim) (Cube, bool) {
next:
	for cube := range CubeSeen {
		for _, d := range dims {
			if _, ok := cube.field(d); !ok {
				continue next
			}
		}
		return cube, true
	}
	return 0, false
}

func (c Cube) field(d Dim) (field, bool) {
	if c >= cubes {
		return field{}, false
	}
	for _, f := range layouts[c] {
		if f.dim == d {
			return f, true
		}
	}
	return field{}, false
}

// matcher selects and groups packed keys.
type matcher struct {
	by    []field
	tests []test
}

type test struct {
	field
	values []uint64
}

func (m *matcher) match(key uint64) bool {
	for i := range m.tests {
		if !slices.Contains(m.tests[i].values, m.tests[i].of(key)) {
			return false
		}
	}
	return true
}

// above reports whether all that is asked for lies above some bits of a key.
func (m *matcher) above(bits uint8) bool {
	return !slices.ContainsFunc(m.by, func(f field) bool { return f.shift < bits }) &&
		!slices.ContainsFunc(m.tests, func(t test) bool { return t.shift < bits })
}

// admits reports whether a dimension may have one of some values.
func (m *matcher) admits(f field, first, last uint64) bool {
	return !slices.ContainsFunc(m.tests, func(t test) bool {
		return t.field == f && !slices.ContainsFunc(t.values, func(v uint64) bool { return first <= v && v <= last })
	})
}

// group keeps of a key only what is grouped by.
func (m *matcher) group(key uint64) (g uint64) {
	for _, f := range m.by {
		g |= f.of(key) << f.shift
	}
	return g
}

// texter names groups, in few pieces of memory.
type texter struct {
	match *matcher
	texts *texts
	room  []string
}

const textsRoom = 256

func (x *texter) of(group uint64) []string {
	n := len(x.match.by)
	if n == 0 {
		return []string{}
	}
	if len(x.room)+n > cap(x.room) {
		x.room = make([]string, 0, max(n, min(2*cap(x.room), textsRoom)))
	}
	from := len(x.room)
	for _, f := range x.match.by {
		x.room = append(x.room, x.texts.text(f.dim, f.of(group)))
	}
	return x.room[from:len(x.room):len(x.room)]
}

func (m *Measure) compile(cube Cube, by []Dim, where []Where, t *texts) (*matcher, error) {
	c := &matcher{}
	for _, d := range by {
		f, ok := cube.field(d)
		if !ok {
			return nil, &QueryError{string(d), "is no dimension of the cube; CubeWith finds one that has it"}
		}
		c.by = append(c.by, f)
	}
	for _, w := range where {
		f, ok := cube.field(w.Dim)
		if !ok {
			return nil, &QueryError{string(w.Dim), "is no dimension of the cube; CubeWith finds one that has it"}
		}
		test := test{field: f}
		for _, s := range w.Values {
			v, ok, err := t.parse(w.Dim, s)
			if err != nil {
				return nil, err
			}
			if ok {
				test.values = append(test.values, v)
			}
		}
		c.tests = append(c.tests, test)
	}
	return c, nil
}

// parse reads a dimension's value; ok is false for a name never seen.
func (t *texts) parse(d Dim, s string) (v uint64, ok bool, err error) {
	switch d {
	case DimAffectedCountry, DimHostingCountry:
		c, good := event.ParseCountry(s)
		if !good && s != "" {
			return 0, false, &QueryError{string(d), fmt.Sprintf("%q is no two-letter country code", s)}
		}
		return place(c), true, nil
	case DimKind:
		return parseEnum(d, &event.RSITs, s)
	case DimWay:
		return parseEnum(d, &event.Ways, s)
	case DimSector:
		return parseEnum(d, &event.Sectors, s)
	case DimBand:
		return parseEnum(d, &event.Bands, s)
	case DimConfirmed, DimHome, DimOnce, DimAffects:
		if s != "yes" && s != "no" {
			return 0, false, &QueryError{string(d), "is yes or no"}
		}
		return uint64(len(s) - 2), true, nil // "no" 0, "yes" 1
	case DimAffectedAS, DimHostingAS, DimOrg:
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return 0, false, &QueryError{string(d), fmt.Sprintf("%q is no number below 2^32", s)}
		}
		return n, true, nil
	}
	if s == OtherName {
		return otherID, true, nil
	}
	i := slices.Index(t[namedAt(d)], s)
	return uint64(max(i, 0)), i >= 0, nil
}

func parseEnum(d Dim, e *event.Enum, s string) (uint64, bool, error) {
	v, err := e.Parse(s)
	if err != nil {
		return 0, false, &QueryError{string(d), err.Error()}
	}
	return uint64(v), true, nil
}

// Query answers from memory, without holding up Add.
func (m *Measure) Query(q Query) (Answer, error) { return m.query(m.look(), q) }

func (m *Measure) query(v *view, q Query) (Answer, error) {
	match, err := m.compile(q.Cube, q.By, q.Where, &v.texts)
	if err != nil {
		return Answer{}, err
	}
	m.asked[q.Cube].Store(v.built.Unix())
	a := Answer{Whole: true}
	s := summings.Get().(*summing)
	defer s.done()
	s.groups, s.match, s.cube, s.shape = &m.grouped, match, q.Cube, fmt.Sprint(q.Cube, match.by, match.tests)
	if q.Step == StepNone {
		from, to := span(q.From, q.To)
		err := a.take(v, s, from, to)
		return a, err
	}
	edges, err := m.edges(q)
	if err != nil {
		return Answer{}, err
	}
	for i := 1; i < len(edges); i++ {
		if err := a.take(v, s, edges[i-1], edges[i]); err != nil {
			return Answer{}, err
		}
	}
	return a, nil
}

// span gives a period in minutes; ends not set lie beyond all data.
func span(from, to event.Time) (int64, int64) {
	a, b := int64(0), int64(1)<<40
	if from.IsSet() {
		a = minuteOf(from)
	}
	if to.IsSet() {
		b = minuteOf(to)
	}
	return a, b
}

// summing is how a question's cells are summed.
type summing struct {
	groups *groupedCubes
	match  *matcher
	cube   Cube
	shape  string // tells this kind of question from others
	order  cellOrder
	sums   table
	one    table // of one image
}

// another gives an empty table for one image. A large one is not used again: to clear
// it costs more than what most images need.
func (s *summing) another() *table {
	const large = 1 << 10 // slots
	if len(s.one.slots) > large {
		s.one = table{}
	}
	s.one.reset()
	return &s.one
}

// summings are those of questions that were answered: their memory serves the next.
var summings = sync.Pool{New: func() any { return new(summing) }}

// done leaves the memory to the next question, unless it is much.
func (s *summing) done() {
	if len(s.sums.slots) <= 1<<15 {
		summings.Put(s)
	}
}

// take adds the groups of one step.
func (a *Answer) take(v *view, s *summing, from, to int64) error {
	t := &s.sums
	t.reset()
	images, whole := v.planOf(s.cube, from, to)
	a.Whole = a.Whole && whole
	for _, b := range images {
		a.Replay = a.Replay || b.replay
		if err := s.each(b, func(group uint64, c *Cell) { t.cell(group).add(c) }); err != nil {
			return err
		}
	}
	a.Rows = slices.Grow(a.Rows, len(t.keys))
	x := texter{match: s.match, texts: &v.texts}
	for i, g := range t.keys {
		if !t.cells[i].zero() {
			a.Rows = append(a.Rows, Row{timeOf(from), x.of(g), t.cells[i]})
		}
	}
	return nil
}

// edges gives the steps' starts and the last one's end.
func (m *Measure) edges(q Query) ([]int64, error) {
	if !q.From.IsSet() || !q.To.IsSet() {
		return nil, &QueryError{"from, to", "a series needs both ends"}
	}
	from, to := span(q.From, q.To)
	edges := []int64{from}
	for at := from; at < to; {
		switch q.Step {
		case StepMinute:
			at++
		case StepHour:
			at = ByHour.floor(at) + 60
		default:
			day := midnight(time.Unix(at*60, 0), m.cfg.Zone)
			at = day.AddDate(0, 0, 1).Unix() / 60
		}
		if len(edges) > maxSteps {
			return nil, &QueryError{"step", fmt.Sprintf("gives more than %d points; take a longer step or a shorter period", maxSteps)}
		}
		edges = append(edges, min(at, to))
	}
	return edges, nil
}

// Ranking orders the values of one dimension by folded events of a stage. A
// ranking by hosting side is of confirmed addresses, unless where says otherwise.
func (m *Measure) Ranking(d Dim, from, to event.Time, stage event.Stage, where ...Where) ([]event.Count, bool, error) {
	return m.ranking(m.look(), d, from, to, stage, where)
}

func (m *Measure) ranking(v *view, d Dim, from, to event.Time, stage event.Stage, where []Where) ([]event.Count, bool, error) {
	if d == DimHostingCountry || d == DimHostingAS {
		if !slices.ContainsFunc(where, func(w Where) bool { return w.Dim == DimConfirmed }) {
			where = append(slices.Clone(where), Is(DimConfirmed, "yes"))
		}
	}
	dims := []Dim{d}
	for _, w := range where {
		dims = append(dims, w.Dim)
	}
	cube, ok := CubeWith(dims...)
	if !ok {
		return nil, false, &QueryError{string(d), "no cube holds it together with the conditions"}
	}
	a, err := m.query(v, Query{Cube: cube, By: []Dim{d}, Where: where, From: from, To: to})
	if err != nil {
		return nil, false, err
	}
	return a.Counts(stage), a.Whole, nil
}

// Counts turns the rows of a query by one dimension into a ranking: events
// descending, then key ascending; rows without such records are left out.
func (a *Answer) Counts(stage event.Stage) []event.Count {
	out := make([]event.Count, 0, len(a.Rows))
	for i := range a.Rows {
		r := &a.Rows[i]
		if n := r.Cell.Records(stage); n != 0 || r.Cell.Events(stage) != 0 {
			out = append(out, event.Count{Key: r.Group[0], Events: r.Cell.Events(stage), Records: n})
		}
	}
	slices.SortFunc(out, byEvents)
	return out
}

func byEvents(x, y event.Count) int {
	return cmp.Or(cmp.Compare(y.Events, x.Events), cmp.Compare(x.Key, y.Key))
}

// Point is one step of a series.
type Point struct {
	Start event.Time
	Cell  Cell
}

// Series gives every step of a period, also those without any record.
func (m *Measure) Series(step Step, from, to event.Time, where ...Where) ([]Point, bool, error) {
	dims := make([]Dim, len(where))
	for i, w := range where {
		dims[i] = w.Dim
	}
	cube, ok := CubeWith(dims...)
	if !ok {
		return nil, false, &QueryError{"where", "no cube holds all these dimensions"}
	}
	q := Query{Cube: cube, Where: where, From: from, To: to, Step: max(step, StepMinute)}
	return m.series(m.look(), q)
}

func (m *Measure) series(v *view, q Query) ([]Point, bool, error) {
	a, err := m.query(v, q)
	if err != nil {
		return nil, false, err
	}
	edges, err := m.edges(q)
	if err != nil {
		return nil, false, err
	}
	out := make([]Point, len(edges)-1)
	row := 0
	for i := range out {
		out[i].Start = timeOf(edges[i])
		if row < len(a.Rows) && a.Rows[row].Start == out[i].Start {
			out[i].Cell = a.Rows[row].Cell
			row++
		}
	}
	return out, a.Whole, nil
}
