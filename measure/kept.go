// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"io"
)

// Kept is a part where the store has it. It stays readable as long as it is known
// here, wherever the store moves it.
type Kept interface {
	Size() int64
	Read() ([]byte, error) // all of it, checked
	io.ReaderAt
}

// Slot is what the store keeps under one key, in the order cut.
type Slot struct {
	Key   string
	Parts []Kept
}

// Open puts back all that the store keeps, ordered by key, at start, before the
// first Add. A damaged part changes nothing.
func (m *Measure) Open(slots []Slot) error {
	for _, s := range slots {
		if err := m.read(s.Key, s.Parts); err != nil {
			return err
		}
	}
	return nil
}

// read loads parts one by one.
func (m *Measure) read(key string, parts []Kept) error {
	for _, p := range parts {
		data, err := p.Read()
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := m.Load(key, data); err != nil {
			return err
		}
	}
	return nil
}
