// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"haidang/store"
	"haidang/store/duckdb/pack"
)

// keptPart is a part that somebody reads when it is needed. It holds its file
// open; where merging moves the part, it goes along.
type keptPart struct {
	at atomic.Pointer[keptPlace]
}

type keptPlace struct {
	file *os.File
	part pack.Part
}

func (k *keptPart) Size() int64 { return k.at.Load().part.Size }

func (k *keptPart) Read() ([]byte, error) {
	p := k.at.Load()
	data, err := p.part.Read(p.file)
	if err != nil {
		err = fmt.Errorf("store: %s: %w", p.file.Name(), err)
	}
	return data, err
}

func (k *keptPart) ReadAt(b []byte, off int64) (int, error) {
	p := k.at.Load()
	if off < 0 || off > p.part.Size {
		return 0, fmt.Errorf("store: %s: part %s/%s ends at %d, asked for is %d", p.file.Name(), p.part.Kind, p.part.Key, p.part.Size, off)
	}
	if n := p.part.Size - off; int64(len(b)) > n {
		read, err := p.file.ReadAt(b[:n], p.part.Offset+off)
		if err == nil {
			err = io.EOF
		}
		return read, err
	}
	return p.file.ReadAt(b, p.part.Offset+off)
}

// Kept gives slots of a kind, ordered by key, to be read when they are needed.
func (s *Store) Kept(kind, prefix string) ([]store.KeptSlot, error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	if s.index == nil {
		return nil, store.ErrStopped
	}
	keys, parts := s.index.Slots(kind)
	files := map[string]*os.File{}
	var out []store.KeptSlot
	for i, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		slot := store.KeptSlot{Key: key}
		for _, p := range parts[i] {
			k, err := s.kept.of(p, files, s.dir.Open)
			if err != nil {
				return nil, fmt.Errorf("store: %w", err)
			}
			slot.Parts = append(slot.Parts, k)
		}
		out = append(out, slot)
	}
	s.kept.forget(s.index)
	return out, nil
}

// keptParts are the parts that were given out, guarded by the store's commit lock.
type keptParts map[pack.Live]*keptPart

func (ks keptParts) of(p pack.Live, files map[string]*os.File, open func(string) (*os.File, error)) (*keptPart, error) {
	if k := ks[p]; k != nil {
		return k, nil
	}
	f := files[p.File]
	if f == nil {
		f = ks.opened(p.File)
	}
	if f == nil {
		var err error
		if f, err = open(p.File); err != nil { // closed with the last part that is known of it
			return nil, err
		}
	}
	files[p.File] = f
	k := &keptPart{}
	k.at.Store(&keptPlace{f, p.Part})
	ks[p] = k
	return k, nil
}

// opened finds a file that a part holds open already.
func (ks keptParts) opened(file string) *os.File {
	for p, k := range ks {
		if p.File == file {
			return k.at.Load().file
		}
	}
	return nil
}

// moved follows parts to the file that merging wrote them to.
func (ks keptParts) moved(from []pack.Live, file string, to []pack.Part, open func(string) (*os.File, error)) error {
	var f *os.File
	for i, p := range from {
		k := ks[p]
		if k == nil {
			continue
		}
		if f == nil {
			var err error
			if f, err = open(file); err != nil {
				return err
			}
		}
		delete(ks, p)
		ks[pack.Live{File: file, Part: to[i]}] = k
		k.at.Store(&keptPlace{f, to[i]})
	}
	return nil
}

// forget lets go of parts whose file is dead: who knows them still can read them.
func (ks keptParts) forget(index *pack.Index) {
	for p := range ks {
		if !index.IsLive(p.File) {
			delete(ks, p)
		}
	}
}
