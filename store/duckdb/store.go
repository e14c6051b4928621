// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/disk"
	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/pack"
	"haidang/store/duckdb/parquetfile"
)

// Store is the default store. It satisfies store.Store.
type Store struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	dir     *disk.Dir
	states  states
	engine  engine
	tallies chan struct{} // one for each question that is being counted for

	// commit is held while the next state is made: by Commit, by the last step
	// of a merge, by Expire.
	commit   sync.Mutex
	index    *pack.Index
	kept     keptParts
	maxPack  int64
	writer   *parquetfile.Writer
	open     *openSegment // what was appended since the last commit; nil for nothing
	nextFile uint64       // names are not used twice, even those of failed commits
	broken   error        // a state may or may not be on disk: nothing may follow

	merging sync.WaitGroup
	wake    chan struct{}
	stop    context.CancelFunc
}

// New makes a store; Start opens it.
func New(cfg Config, dep Dependencies) *Store {
	if cfg.MemoryLimit == "" {
		cfg.MemoryLimit = DefaultMemoryLimit
	}
	if cfg.SpillLimit == "" {
		cfg.SpillLimit = DefaultSpillLimit
	}
	if cfg.SegmentRows <= 0 {
		cfg.SegmentRows = DefaultSegmentRows
	}
	if cfg.Threads <= 0 {
		cfg.Threads = runtime.GOMAXPROCS(0)
	}
	if dep.Log == nil {
		dep.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{
		cfg: cfg, log: dep.Log, metrics: newMetrics(dep.Metrics),
		dir:     &disk.Dir{Path: cfg.Dir, Hook: dep.Hook},
		tallies: make(chan struct{}, maxTallies),
		wake:    make(chan struct{}, 1), kept: keptParts{}, maxPack: maxPack,
	}
}

// Start opens the folder: it reads the manifest, checks that what it names is
// there, and removes what a crash left behind.
func (s *Store) Start(ctx context.Context) error {
	if err := s.dir.Make(); err != nil {
		return err
	}
	m, err := manifest.Load(s.dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	orphans, err := m.Check(s.dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if len(orphans) > 0 {
		// What is there now must be there for good before anything goes.
		if err := s.dir.Sync(); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	for _, name := range orphans {
		if err := s.dir.Remove(name); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		s.log.Info("removed a file of an unfinished commit", "file", name)
	}
	if s.index, err = s.readIndex(m); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if s.writer, err = parquetfile.NewWriter(parquetfile.Quick); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := s.engine.start(&s.cfg); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	s.states.start(m, s.discard)
	s.gauge(m)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if !s.cfg.NoMerge {
		s.merging.Go(func() { s.mergeLoop(run) })
	}
	return nil
}

// Stop ends merging and closes the engine.
func (s *Store) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	s.merging.Wait()
	s.states.stop(ctx)
	s.commit.Lock()
	defer s.commit.Unlock()
	return errors.Join(s.rewind(mark{}), s.engine.stop())
}

func (s *Store) readIndex(m *manifest.Manifest) (*pack.Index, error) {
	x := pack.NewIndex()
	for _, p := range m.Packs {
		f, err := s.dir.Open(p.Name)
		if err != nil {
			return nil, err
		}
		parts, err := pack.ReadIndex(f, p.Size)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		x.Add(p.Name, parts)
	}
	return x, nil
}

// Position is the journal position of the last commit.
func (s *Store) Position() event.Position { return s.states.manifest().Position }

// Watermark is that of the last commit.
func (s *Store) Watermark() event.Time { return s.states.manifest().Watermark }

// Stats describes what is kept.
func (s *Store) Stats() store.Stats {
	m := s.states.manifest()
	out := store.Stats{Segments: len(m.Segments), Oldest: event.TimeUnset, Newest: event.TimeUnset}
	for i, g := range m.Segments {
		out.Rows += g.Rows
		out.Bytes += g.Size
		if i == 0 || g.Time.Min < out.Oldest {
			out.Oldest = g.Time.Min
		}
		out.Newest = max(out.Newest, g.Time.Max)
	}
	for _, p := range m.Packs {
		out.SidecarBytes += p.Size
	}
	for _, r := range m.Rejects {
		out.RejectBytes += r.Size
		out.Rejects += r.Count
	}
	return out
}

func (s *Store) gauge(m *manifest.Manifest) {
	var size int64
	for _, g := range m.Segments {
		size += g.Size
	}
	s.metrics.segments.Set(float64(len(m.Segments)))
	s.metrics.bytes.Set(float64(size))
}

// discard deletes files that no state names any more.
func (s *Store) discard(names []string) {
	for _, name := range names {
		s.engine.forget(name)
		if err := s.dir.Remove(name); err != nil {
			s.log.Warn("a dead file stays until the next start", "file", name, "error", err)
		}
	}
}
