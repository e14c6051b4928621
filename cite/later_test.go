// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// slowShelf lets a write go on when it is told to.
type slowShelf struct {
	shelf
	next chan error
}

func (s *slowShelf) Put(ctx context.Context, key string, value []byte) error {
	if key[:2] == documentKey {
		if err := <-s.next; err != nil {
			return err
		}
	}
	return s.shelf.Put(ctx, key, value)
}

func (s *slowShelf) documents() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.kept {
		if key[:2] == documentKey {
			n++
		}
	}
	return n
}

// What is kept later can be read at once, is found again, and is on disk when Flush
// returns; who cites the same meanwhile waits for it.
func TestCitationsKeptLater(t *testing.T) {
	s := &slowShelf{next: make(chan error)}
	b := opened(t, s, Config{OfOne: 100}, time.Now)
	var ids []string
	for n := range 5 {
		id, err := b.Later(t.Context(), small(1+n, 5), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		if c, err := b.Get(t.Context(), id); err != nil || c.ID != id {
			t.Errorf("%v, %q", err, c.ID)
		}
	}
	if again, err := b.Later(t.Context(), small(4, 5), netip.Addr{}); err != nil || again != ids[3] {
		t.Errorf("%q, %v", again, err)
	}
	if n := s.documents(); n != 0 {
		t.Errorf("%d are on disk", n)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if c, err := b.Cite(t.Context(), small(5, 5), netip.Addr{}); err != nil || c.ID != ids[4] || s.documents() != 5 {
			t.Errorf("%v, %q: %d are on disk", err, c.ID, s.documents())
		}
	})
	for range ids {
		s.next <- nil
	}
	if err := b.Flush(); err != nil || s.documents() != 5 {
		t.Errorf("%d are on disk, %v", s.documents(), err)
	}
	wait.Wait()
	again := opened(t, s, Config{OfOne: 100}, time.Now)
	for _, id := range ids {
		if _, err := again.Get(t.Context(), id); err != nil {
			t.Errorf("%s after a start: %v", id, err)
		}
	}
}

// What cannot be written is not known, and who waited is told; then documents are
// written before Later returns, until one could be.
func TestCitationsThatCannotBeKeptAreForgotten(t *testing.T) {
	s := &slowShelf{next: make(chan error, 10)}
	b := opened(t, s, Config{OfOne: 100}, time.Now)
	full := errors.New("no space left on device")
	s.next <- nil
	s.next <- full
	var ids []string
	for n := range 2 {
		id, err := b.Later(t.Context(), small(1+n, 5), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := b.Flush(); !errors.Is(err, full) {
		t.Errorf("a full disk is told of as %v", err)
	}
	if _, err := b.Get(t.Context(), ids[0]); err != nil {
		t.Error(err)
	}
	if _, err := b.Get(t.Context(), ids[1]); !errors.Is(err, ErrNotFound) {
		t.Errorf("what is not on disk is known: %v", err)
	}
	if id, err := b.Known(small(2, 5)); id != "" || err != nil {
		t.Errorf("what is not on disk is found: %q, %v", id, err)
	}
	s.next <- full
	if _, err := b.Later(t.Context(), small(2, 5), netip.Addr{}); !errors.Is(err, full) {
		t.Errorf("a full disk is told of as %v", err)
	}
	s.next <- nil
	s.next <- nil
	for n := range 2 {
		if _, err := b.Later(t.Context(), small(7+n, 5), netip.Addr{}); err != nil {
			t.Error(err)
		}
	}
	if err := b.Flush(); err != nil || s.documents() != 3 {
		t.Errorf("%d are on disk, %v", s.documents(), err)
	}
}
