// SPDX-License-Identifier: Apache-2.0

package store

import (
	"io"

	"haidang/event"
)

// Snapshot is one state of a store, as files that stay until Release. A store
// that keeps its state in files on this machine offers it by a method
// Snapshot() (Snapshot, error).
type Snapshot struct {
	Position event.Position
	Files    []SnapshotFile
	Release  func()
}

// SnapshotFile is one file of a state, by its name in the store's folder.
type SnapshotFile struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}
