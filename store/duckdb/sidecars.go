// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
	"os"

	"haidang/store"
	"haidang/store/duckdb/pack"
)

// Sidecars gives all slots of a kind, ordered by key.
func (s *Store) Sidecars(kind string) ([]store.Slot, error) {
	s.commit.Lock()
	if s.index == nil {
		s.commit.Unlock()
		return nil, store.ErrStopped
	}
	keys, parts := s.index.Slots(kind)
	_, release, err := s.states.pin()
	s.commit.Unlock()
	if err != nil {
		return nil, err
	}
	defer release()
	files := make(map[string]*os.File)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	out := make([]store.Slot, len(keys))
	for i, key := range keys {
		out[i].Key = key
		for _, p := range parts[i] {
			data, err := s.readPart(files, &p)
			if err != nil {
				return nil, fmt.Errorf("store: %s: %w", p.File, err)
			}
			out[i].Data = append(out[i].Data, data)
		}
	}
	return out, nil
}

// maxOpen bounds the files that one reading keeps open.
const maxOpen = 64

func (s *Store) readPart(files map[string]*os.File, p *pack.Live) ([]byte, error) {
	f, err := s.fileOf(files, p)
	if err != nil {
		return nil, err
	}
	return p.Read(f)
}

// fileOf opens the file of a part, unless it is among files, to which it is added.
func (s *Store) fileOf(files map[string]*os.File, p *pack.Live) (*os.File, error) {
	if f := files[p.File]; f != nil {
		return f, nil
	}
	if len(files) >= maxOpen {
		for name, old := range files {
			if err := old.Close(); err != nil {
				return nil, err
			}
			delete(files, name)
		}
	}
	f, err := s.dir.Open(p.File)
	if err != nil {
		return nil, err
	}
	files[p.File] = f
	return f, nil
}
