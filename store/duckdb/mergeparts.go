// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/pack"
)

// maxRejects is the size to which quarantine files are joined.
const maxRejects = 32 << 20

// mergePacks writes the live parts of neighbouring packs as one.
func (s *Store) mergePacks(ctx context.Context) (bool, error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	// What is copied is little: commits wait meanwhile, so that no part dies or
	// is born between.
	if err := s.ready(ctx); err != nil {
		return false, nil
	}
	next := s.next()
	r, ok := s.duePacks(next)
	if !ok {
		return false, nil
	}
	files := make(map[string]bool)
	for _, p := range next.Packs[r.from:r.to] {
		files[p.Name] = true
	}
	from := s.index.Within(files, r.from == 0)
	name := s.name(next, manifest.KindPack)
	var to []pack.Part
	size, err := s.dir.Create(name, func(w io.Writer) (err error) {
		to, err = s.copyParts(w, from)
		return err
	})
	if err != nil {
		return false, err
	}
	merged := manifest.File{Name: name, Size: size, Level: next.Packs[r.from].Level + 1}
	for _, p := range next.Packs[r.from:r.to] {
		merged.Level = max(merged.Level, p.Level)
	}
	tail := append([]manifest.File{merged}, next.Packs[r.to:]...)
	next.Packs = append(next.Packs[:r.from], tail...)
	err = s.publish(next, func() {
		s.index.Moved(files, from, name, to)
		if err := s.kept.moved(from, name, to, s.dir.Open); err != nil {
			s.log.Warn("parts are read from a dead file until the next start", "file", name, "error", err)
		}
		s.kept.forget(s.index)
	})
	if err != nil {
		s.abandon(next)
		return false, err
	}
	return true, nil
}

const (
	// slack is how many dead bytes packs may hold beside twice what is alive.
	slack = 64 << 10
	// maxPack is up to how many live bytes packs are merged: a year's parts are
	// gigabytes, which no commit may wait for.
	maxPack = 64 << 20
)

// duePacks finds packs to merge: neighbours of one level or, when most of what
// all of them hold is dead, the one with most of that and its neighbours.
func (s *Store) duePacks(m *manifest.Manifest) (run, bool) {
	fits := func(r run, i int) bool {
		live := s.index.BytesIn(m.Packs[i].Name)
		for _, p := range m.Packs[r.from:r.to] {
			live += s.index.BytesIn(p.Name)
		}
		return live <= s.maxPack
	}
	if r, ok := due(len(m.Packs), func(i int) int { return m.Packs[i].Level }, fits); ok {
		return r, true
	}
	var total, most int64
	r := run{}
	for i, p := range m.Packs {
		dead := p.Size - 3*s.index.BytesIn(p.Name)
		if total += dead; dead > most {
			most, r = dead, run{i, i + 1}
		}
	}
	if total <= slack || most == 0 {
		return run{}, false
	}
	for r.to < len(m.Packs) && fits(r, r.to) {
		r.to++
	}
	for r.from > 0 && fits(run{r.from, r.to}, r.from-1) {
		r.from--
	}
	return r, true
}

func (s *Store) copyParts(w io.Writer, from []pack.Live) ([]pack.Part, error) {
	files := make(map[string]*os.File)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	out := pack.NewWriter(w)
	for i := range from {
		f, err := s.fileOf(files, &from[i])
		if err != nil {
			return nil, err
		}
		if err := out.Copy(&from[i].Part, f); err != nil {
			return nil, err
		}
	}
	return out.Close()
}

// mergeRejects joins neighbouring quarantine files end to end.
func (s *Store) mergeRejects(ctx context.Context) (bool, error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.ready(ctx); err != nil {
		return false, nil
	}
	next := s.next()
	r, ok := due(len(next.Rejects),
		func(i int) int { return next.Rejects[i].Level },
		func(r run, i int) bool {
			size := next.Rejects[i].Size
			for _, f := range next.Rejects[r.from:r.to] {
				size += f.Size
			}
			return size <= maxRejects
		})
	if !ok {
		return false, nil
	}
	old := next.Rejects[r.from:r.to]
	merged := old[0]
	for _, f := range old[1:] {
		merged = merged.Join(f)
	}
	merged.Level++
	merged.Name = s.name(next, manifest.KindRejects)
	var err error
	if merged.Size, err = s.dir.Create(merged.Name, func(w io.Writer) error { return s.copyFiles(w, old) }); err != nil {
		return false, err
	}
	tail := append([]manifest.Rejects{merged}, next.Rejects[r.to:]...)
	next.Rejects = append(next.Rejects[:r.from], tail...)
	if err := s.publish(next, func() {}); err != nil {
		s.abandon(next)
		return false, err
	}
	return true, nil
}

func (s *Store) copyFiles(w io.Writer, files []manifest.Rejects) error {
	for _, r := range files {
		f, err := s.dir.Open(r.Name)
		if err != nil {
			return err
		}
		n, err := io.Copy(w, f)
		if err = errors.Join(err, f.Close()); err == nil && n != r.Size {
			err = fmt.Errorf("%s has %d bytes instead of %d", r.Name, n, r.Size)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
