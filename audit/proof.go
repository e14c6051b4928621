// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// snapshot gives the newest checkpoint and a reader of its tree's hashes.
func (l *Log) snapshot() (Checkpoint, tlog.HashReader) {
	l.state.RLock()
	defer l.state.RUnlock()
	// The tree may be ahead of the checkpoint; what it adds are other hashes.
	return l.state.checkpoint, l.state.tree.clone().reader(readTile(l.cfg.Dir))
}

// ProveEntry gives the newest checkpoint and the proof (RFC 6962, 2.1.1) that an
// entry is in its tree. Check it with CheckEntry.
func (l *Log) ProveEntry(index int64) (Checkpoint, tlog.RecordProof, error) {
	c, r := l.snapshot()
	if index < 0 || index >= c.Size {
		return c, nil, ErrNotFound
	}
	p, err := tlog.ProveRecord(c.Size, index, r)
	return c, p, err
}

// CheckEntry checks that an entry is in the tree of a checkpoint.
func CheckEntry(c Checkpoint, e Entry, p tlog.RecordProof) error {
	return tlog.CheckRecord(p, c.Size, c.Root, e.Index, tlog.RecordHash(e.Line()))
}

// ProveConsistency gives the newest checkpoint and the proof (RFC 6962, 2.1.2)
// that its tree begins with the tree of size old. Check it with CheckConsistency.
func (l *Log) ProveConsistency(old int64) (Checkpoint, tlog.TreeProof, error) {
	c, r := l.snapshot()
	if old < 0 || old > c.Size {
		return c, nil, ErrNotFound
	}
	if old == 0 {
		return c, nil, nil
	}
	p, err := tlog.ProveTree(c.Size, old, r)
	return c, p, err
}

// CheckConsistency checks that a log only grew between two checkpoints.
func CheckConsistency(old, c Checkpoint, p tlog.TreeProof) error {
	switch {
	case old.Origin != c.Origin:
		return fmt.Errorf("audit: the checkpoints are of two logs, %s and %s", old.Origin, c.Origin)
	case old.Size > c.Size:
		return fmt.Errorf("audit: the log went back from %d entries to %d", old.Size, c.Size)
	case old.Size == 0:
		return nil
	}
	return tlog.CheckTree(p, c.Size, c.Root, old.Size, old.Root)
}

// CheckpointHandler serves the newest checkpoint to anybody. With ?from=SIZE the
// answer to who holds a checkpoint of that size is the consistency proof, one
// base64 hash a line, an empty line, and the checkpoint.
func (l *Log) CheckpointHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		c := l.Checkpoint()
		if from := r.URL.Query().Get("from"); from != "" {
			old, err := strconv.ParseInt(from, 10, 64)
			var p tlog.TreeProof
			if err == nil {
				c, p, err = l.ProveConsistency(old)
			}
			if err != nil {
				http.Error(w, fmt.Sprintf("from: the log has %d entries; name a size from 0 to that", c.Size), http.StatusBadRequest)
				return
			}
			for _, h := range p {
				body = append(base64.StdEncoding.AppendEncode(body, h[:]), '\n')
			}
			body = append(body, '\n')
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(append(body, c.Note...)) // a reader that is gone needs no answer
	})
}
