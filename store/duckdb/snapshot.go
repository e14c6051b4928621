// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"bytes"
	"fmt"
	"io"

	"haidang/store"
	"haidang/store/duckdb/manifest"
)

// Snapshot pins the current state and names its files, the manifest last. A
// store that is started on a folder of just these files is in that state.
func (s *Store) Snapshot() (store.Snapshot, error) {
	p, release, err := s.states.pin()
	if err != nil {
		return store.Snapshot{}, err
	}
	var body content
	if err := p.Save(&body); err != nil {
		release()
		return store.Snapshot{}, fmt.Errorf("store: %w", err)
	}
	out := store.Snapshot{Position: p.Position, Release: release}
	p.Files(func(f manifest.File) {
		out.Files = append(out.Files, store.SnapshotFile{
			Name: f.Name, Size: f.Size, Open: func() (io.ReadCloser, error) { return s.dir.Open(f.Name) },
		})
	})
	out.Files = append(out.Files, store.SnapshotFile{
		Name: manifest.FileName, Size: int64(len(body.saved)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body.saved)), nil },
	})
	return out, nil
}

// content is a manifest's folder that keeps what is saved.
type content struct {
	manifest.Folder
	saved []byte
}

func (c *content) Replace(_ string, data []byte) error {
	c.saved = data
	return nil
}
