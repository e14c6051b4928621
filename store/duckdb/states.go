// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"sync"

	"haidang/store"
	"haidang/store/duckdb/manifest"
)

// states counts who reads which state. A file is handed to discard when the
// last state that names it is left.
type states struct {
	mu      sync.Mutex
	current *state
	names   map[string]int // file → states that name it
	discard func(names []string)
	running bool
	readers int
	idle    chan struct{} // closed when stopped and no reader is left
}

// state is a manifest and the number of its readers; being current counts one.
type state struct {
	*manifest.Manifest
	refs int
}

func (s *states) start(m *manifest.Manifest, discard func([]string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = &state{m, 1}
	s.names = make(map[string]int)
	m.Files(func(f manifest.File) { s.names[f.Name]++ })
	s.discard, s.running, s.readers, s.idle = discard, true, 0, make(chan struct{})
}

// stop lets no more readers in and waits for the others.
func (s *states) stop(ctx context.Context) {
	s.mu.Lock()
	if s.running && s.readers == 0 {
		close(s.idle)
	}
	s.running = false
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// manifest gives the current state's, or that of an empty store.
func (s *states) manifest() *manifest.Manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return manifest.New()
	}
	return s.current.Manifest
}

// pin keeps the files of the current state until release.
func (s *states) pin() (*state, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running {
		return nil, nil, store.ErrStopped
	}
	p := s.current
	p.refs++
	s.readers++
	return p, sync.OnceFunc(func() { s.release(p) }), nil
}

func (s *states) release(p *state) {
	s.mu.Lock()
	dead := s.unref(p)
	if s.readers--; s.readers == 0 && !s.running {
		close(s.idle)
	}
	s.mu.Unlock()
	s.discard(dead)
}

// advance makes m the current state.
func (s *states) advance(m *manifest.Manifest) {
	s.mu.Lock()
	old := s.current
	s.current = &state{m, 1}
	m.Files(func(f manifest.File) { s.names[f.Name]++ })
	dead := s.unref(old)
	s.mu.Unlock()
	s.discard(dead)
}

func (s *states) unref(p *state) (dead []string) {
	if p.refs--; p.refs > 0 {
		return nil
	}
	p.Files(func(f manifest.File) {
		if s.names[f.Name]--; s.names[f.Name] == 0 {
			delete(s.names, f.Name)
			dead = append(dead, f.Name)
		}
	})
	return dead
}
