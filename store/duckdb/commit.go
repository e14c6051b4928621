// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/disk"
	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/pack"
	"haidang/store/duckdb/quarantine"
)

// Commit makes everything in c and what was appended durable, or nothing of c.
// Segments, sidecars and rejects are written and synced under new names, then the
// folder; only then the manifest takes them in.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	start := time.Now()
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	next := s.next()
	if c.Position < next.Position {
		return fmt.Errorf("store: a commit at position %d after one at %d", c.Position, next.Position)
	}
	next.Position, next.Watermark = c.Position, c.Watermark
	before := s.mark()
	parts, err := s.writeFiles(next, &c, before)
	if err == nil {
		err = s.publish(next, func() {
			if parts != nil {
				s.index.Add(next.Packs[len(next.Packs)-1].Name, parts)
			}
		})
	}
	if err != nil {
		s.metrics.failed.Inc()
		s.abandon(next)
		return fmt.Errorf("store: %w", errors.Join(err, s.rewind(before)))
	}
	s.count(&c)
	s.close()
	s.metrics.commits.Inc()
	s.metrics.commitSeconds.Observe(time.Since(start).Seconds())
	s.wakeMerge()
	return nil
}

func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.index == nil {
		return store.ErrStopped
	}
	return s.broken
}

// writeFiles writes what c holds and names it in next. What it leaves behind on
// failure is removed at the next start.
func (s *Store) writeFiles(next *manifest.Manifest, c *store.Commit, before mark) ([]pack.Part, error) {
	if err := s.append(c.Batches); err != nil {
		return nil, err
	}
	if err := s.finish(next, before); err != nil {
		return nil, err
	}
	if err := s.writeRejects(next, c.Rejects); err != nil {
		return nil, err
	}
	return s.writePack(next, c.Sidecars)
}

// next is the state to fill in, without the packs that are dead by now.
func (s *Store) next() *manifest.Manifest {
	next := s.states.manifest().Clone()
	next.NextFile = max(next.NextFile, s.nextFile)
	kept := next.Packs[:0]
	for _, p := range next.Packs {
		if s.index.IsLive(p.Name) {
			kept = append(kept, p)
		}
	}
	next.Packs = kept
	return next
}

// publish makes next durable, lets then follow it in memory, and makes it the
// current state.
func (s *Store) publish(next *manifest.Manifest, then func()) error {
	if err := s.dir.Sync(); err != nil {
		return err
	}
	if err := next.Save(s.dir); err != nil {
		if errors.Is(err, disk.ErrUncertain) {
			// What is committed now must not build on a guess.
			s.broken = fmt.Errorf("store: the manifest could not be made durable, restart to see what is on disk: %w", err)
		}
		return err
	}
	then()
	s.states.advance(next)
	s.gauge(next)
	return nil
}

// abandon removes the files of a state that did not come to be, so that a full
// disk does not fill further.
func (s *Store) abandon(next *manifest.Manifest) {
	if s.broken != nil {
		return // the disk may hold a manifest that names them
	}
	known := make(map[string]bool)
	s.states.manifest().Files(func(f manifest.File) { known[f.Name] = true })
	if s.open != nil {
		known[s.open.file.Name()] = true // see rewind
	}
	next.Files(func(f manifest.File) {
		if known[f.Name] {
			return
		}
		if err := s.dir.Remove(f.Name); err != nil {
			s.log.Warn("a file of a failed commit stays until the next start", "file", f.Name, "error", err)
		}
	})
}

func (s *Store) count(c *store.Commit) {
	if s.open != nil {
		s.metrics.rows.Add(float64(s.open.rows))
	}
	s.metrics.rejects.Add(float64(len(c.Rejects)))
}

func (s *Store) name(next *manifest.Manifest, kind string) string {
	n := manifest.FileNameOf(kind, next.NextFile)
	next.NextFile++
	s.nextFile = next.NextFile
	return n
}

func (s *Store) writeRejects(next *manifest.Manifest, rejects []event.Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	file := rejectFacts(&rejects[0])
	for i := range rejects[1:] {
		file = file.Join(rejectFacts(&rejects[1+i]))
	}
	file.Name = s.name(next, manifest.KindRejects)
	var err error
	if file.Size, err = s.dir.Create(file.Name, func(w io.Writer) error { return quarantine.Write(w, rejects) }); err != nil {
		return err
	}
	file.First = next.NextReject
	next.Rejects = append(next.Rejects, file)
	next.NextReject += file.Count
	return nil
}

func rejectFacts(r *event.Reject) manifest.Rejects {
	return manifest.Rejects{
		Count: 1, Ingested: manifest.Range{Min: r.At, Max: r.At}, FirstSeq: r.Seq, LastSeq: r.Seq,
		Reasons: []event.Reason{r.Reason},
	}
}

func (s *Store) writePack(next *manifest.Manifest, sidecars []store.Sidecar) (parts []pack.Part, err error) {
	live := 0
	for i := range sidecars {
		if len(sidecars[i].Data) > 0 || sidecars[i].Replace {
			live++
		}
	}
	if live == 0 {
		return nil, nil
	}
	name := s.name(next, manifest.KindPack)
	size, err := s.dir.Create(name, func(w io.Writer) error {
		p := pack.NewWriter(w)
		for i := range sidecars {
			c := &sidecars[i]
			if len(c.Data) == 0 && !c.Replace {
				continue
			}
			if err := p.Add(c.Kind, c.Key, c.Replace, c.Data); err != nil {
				return err
			}
		}
		parts, err = p.Close()
		return err
	})
	if err != nil {
		return nil, err
	}
	next.Packs = append(next.Packs, manifest.File{Name: name, Size: size})
	return parts, nil
}
