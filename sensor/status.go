// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Status is how a spool does.
type Status struct {
	Spool     string `json:"spool"`
	Waiting   int    `json:"waiting_batches"`
	Bytes     int64  `json:"waiting_bytes"`
	Sent      uint64 `json:"sent_records"`
	Shed      uint64 `json:"shed_records"`
	Refused   uint64 `json:"refused_records"`
	Untold    uint64 `json:"shed_not_told"` // shed, not yet told to the observatory
	Following int    `json:"files"`
}

// Status tells how the spool does.
func (s *Spool) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Status{s.state.Spool, len(s.queue), s.bytes, s.state.SentAll, s.state.ShedAll, s.state.RefusedN, s.state.Pending, len(s.state.Places)}
}

// ReadStatus tells how the spool in a folder does, whether or not a sensor runs
// on it. Of a folder without a spool it gives fs.ErrNotExist.
func ReadStatus(dir string) (Status, error) {
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return Status{}, err
	}
	var h head
	if err := json.Unmarshal(raw, &h); err != nil {
		return Status{}, fmt.Errorf("%s: %w", filepath.Join(dir, stateFile), err)
	}
	st := Status{Spool: h.Spool, Sent: h.SentAll, Shed: h.ShedAll, Refused: h.RefusedN, Untold: h.Pending, Following: len(h.Places)}
	entries, err := os.ReadDir(filepath.Join(dir, batchDir))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && filepath.Ext(e.Name()) == batchExt {
			st.Waiting++
			st.Bytes += info.Size()
		}
	}
	return st, err
}
