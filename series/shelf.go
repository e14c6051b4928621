// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// Config of the shelf.
type Config struct {
	Zone *time.Location // in which periods are cut
	Most int            // points that are kept, of all series and versions; 500,000
}

// Bucket keeps small state; what Put did is on disk when it returns.
type Bucket interface {
	Put(ctx context.Context, key string, value []byte) error
	List(ctx context.Context) (map[string][]byte, error)
}

// Dependencies of the shelf.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
	Bucket  Bucket
	// Record writes an import down before it takes effect; its error prevents it.
	Record func(ctx context.Context, ids []string) error
}

// Shelf keeps series. Questions are answered from a snapshot in memory.
type Shelf struct {
	cfg    Config
	dep    Dependencies
	change sync.Mutex // held by one import at a time
	last   int        // number of the last import
	kept   int        // points, with those that were replaced
	now    atomic.Pointer[map[string]event.Series]
}

// Imported says what an import did.
type Imported struct {
	Lines   int      `json:"lines"`
	Series  []string `json:"series"`  // ids of those that changed
	New     int      `json:"new"`     // points
	Revised int      `json:"revised"` // points whose numbers changed
	Same    int      `json:"same"`
}

// entry is one import as it is kept: all that it changed, so that it is there as a
// whole or not at all.
type entry struct {
	At     time.Time      `json:"at"`
	Series []event.Series `json:"series"` // with the points that are new or changed
}

// New makes a shelf. Start reads it.
func New(c Config, d Dependencies) (*Shelf, error) {
	if d.Bucket == nil || c.Zone == nil {
		return nil, errors.New("series: a bucket and a zone must be handed in")
	}
	c.Most = cmp.Or(c.Most, 500_000)
	s := &Shelf{cfg: c, dep: d}
	if s.dep.Now == nil {
		s.dep.Now = time.Now
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_series_kept_count", Help: "Series of others that are kept.",
		}, func() float64 { return float64(len(*s.now.Load())) }))
	}
	s.now.Store(&map[string]event.Series{})
	return s, nil
}

const importKey = "i/" // i/N

// Start reads all imports in their order.
func (s *Shelf) Start(ctx context.Context) error {
	all, err := s.dep.Bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("series: %w", err)
	}
	entries := map[int]entry{}
	for key, value := range all {
		n, err := strconv.Atoi(strings.TrimPrefix(key, importKey))
		var e entry
		if err == nil {
			e, err = unpack(value)
		}
		if err != nil {
			return fmt.Errorf("series: entry %s cannot be read; restore the journal from a backup: %w", key, err)
		}
		entries[n] = e
	}
	state := map[string]event.Series{}
	for _, n := range slices.Sorted(maps.Keys(entries)) {
		e := entries[n]
		for i := range e.Series {
			s.take(state, &e.Series[i], e.At)
		}
		s.last = n
	}
	s.publish(state)
	return nil
}

// Stop has nothing to do: what was taken is on disk.
func (s *Shelf) Stop(context.Context) error { return nil }

// List gives all series by id, without their points.
func (s *Shelf) List() []event.Series {
	all := *s.now.Load()
	out := make([]event.Series, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		x := all[id]
		x.Points = nil
		out = append(out, x)
	}
	return out
}

// Series gives a series with its points by period and country. Nobody may change it.
func (s *Shelf) Series(id string) (event.Series, bool) {
	x, ok := (*s.now.Load())[id]
	return x, ok
}

// Import takes a file as a whole or not at all. Points that it does not hold stay as
// they are; a number that it changes is a revision, and a description that it changes
// makes another version too. Its errors say what is wrong with the file.
func (s *Shelf) Import(ctx context.Context, r io.Reader) (out Imported, err error) {
	s.change.Lock()
	defer s.change.Unlock()
	now := s.dep.Now().UTC()
	f, err := Read(r, s.cfg.Zone, now)
	if err != nil {
		return out, err
	}
	out = Imported{Lines: f.Lines, Series: []string{}}
	e := entry{At: now}
	state := maps.Clone(*s.now.Load())
	for i := range f.Series {
		if changed := s.compare(state, &f.Series[i], &out); changed != nil {
			e.Series = append(e.Series, *changed)
			out.Series = append(out.Series, changed.ID)
		}
	}
	slices.Sort(out.Series)
	if len(e.Series) == 0 {
		return out, nil
	}
	return out, s.keep(ctx, state, &e, out)
}

// compare gives of a series what a file changes in it, nil where that is nothing.
func (s *Shelf) compare(state map[string]event.Series, x *event.Series, out *Imported) *event.Series {
	old, known := state[x.ID]
	at := map[string]*event.SeriesPoint{}
	for i := range old.Points {
		at[pointKey(&old.Points[i])] = &old.Points[i]
	}
	changed := *x
	changed.Points = nil
	for _, p := range x.Points {
		switch before := at[pointKey(&p)]; {
		case before == nil:
			out.New++
		case sameNumbers(before, &p):
			out.Same++
			continue
		default:
			out.Revised++
		}
		changed.Points = append(changed.Points, p)
	}
	if known && len(changed.Points) == 0 && differs(&old, x) == "" {
		return nil
	}
	return &changed
}

// sameNumbers holds where a file says nothing new of a point. One that was revised
// stays so, whatever an older file calls it.
func sameNumbers(old, p *event.SeriesPoint) bool {
	status := old.Status == p.Status || old.Status == string(event.FigureRevised) && p.Status == string(event.FigureFinal)
	return old.Value == p.Value && old.Low == p.Low && old.High == p.High && old.Active == p.Active && status
}

func (s *Shelf) keep(ctx context.Context, state map[string]event.Series, e *entry, did Imported) error {
	if s.kept+did.New+did.Revised > s.cfg.Most {
		return fmt.Errorf("no more than %d points are kept, with their earlier versions; %d are", s.cfg.Most, s.kept)
	}
	value, err := pack(e)
	if err != nil {
		return err
	}
	if s.dep.Record != nil {
		if err := s.dep.Record(ctx, did.Series); err != nil {
			return fmt.Errorf("series: nothing was imported since that could not be written down: %w", err)
		}
	}
	if err := s.dep.Bucket.Put(ctx, importKey+strconv.Itoa(s.last+1), value); err != nil {
		return fmt.Errorf("series: %w", err)
	}
	s.last++
	for i := range e.Series {
		s.take(state, &e.Series[i], e.At)
	}
	s.publish(state)
	return nil
}

// take puts what an import changed into a state, as a new version of the series.
func (s *Shelf) take(state map[string]event.Series, x *event.Series, at time.Time) {
	old := state[x.ID]
	out := *x
	out.Version, out.Imported = old.Version+1, event.TimeOf(at)
	out.Points = slices.Clone(old.Points)
	place := map[string]int{}
	for i := range out.Points {
		place[pointKey(&out.Points[i])] = i
	}
	s.kept += len(x.Points)
	for _, p := range x.Points {
		p.Version = out.Version
		i, known := place[pointKey(&p)]
		if !known {
			out.Points = append(out.Points, p)
			continue
		}
		out.Points[i] = revise(out.Points[i], p)
	}
	derive(&out, s.cfg.Zone)
	state[x.ID] = out
}

// revise puts a number in the place of another, which stays beside it. What was final
// and changes is revised.
func revise(old, p event.SeriesPoint) event.SeriesPoint {
	p.Before = append(slices.Clone(old.Before), event.SeriesBefore{
		Version: old.Version, Value: old.Value, Low: old.Low, High: old.High, Status: old.Status,
	})
	if old.Status != string(event.FigureProvisional) && (old.Value != p.Value || old.Low != p.Low || old.High != p.High) {
		p.Status = string(event.FigureRevised)
	}
	return p
}

func (s *Shelf) publish(state map[string]event.Series) { s.now.Store(&state) }

// maxEntry is the largest value that the bucket takes in one piece.
const maxEntry = 900 << 10

func pack(e *entry) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(e), z.Close()); err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	if b.Len() > maxEntry {
		return nil, fmt.Errorf("the file changes too much at once (%d bytes packed of at most %d); cut it into several", b.Len(), maxEntry)
	}
	return b.Bytes(), nil
}

func unpack(value []byte) (e entry, err error) {
	z, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		return e, err
	}
	return e, json.NewDecoder(z).Decode(&e)
}
