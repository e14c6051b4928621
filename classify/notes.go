// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"haidang/event"
)

// Notebook keeps for ever what was decided and published: which lines of protected
// tables are shown, figures that were final. What Put wrote is on disk when it
// returns; what Later took, a key's first note, once Flush did. Either may refuse, when
// there are too many notes or the disk fails. Where Flush fails, nothing of what was
// taken is known any more.
type Notebook interface {
	Get(key string) ([]byte, bool)
	Put(key string, value []byte) error
	Later(key string, value []byte) error
	Flush() error
}

// Prefixes of notes.
const (
	maskNote    = "mask/"
	finalNote   = "final/"
	briefNote   = "brief/" // final figures of minutes and hours, of which there are many
	passedNote  = "passed"
	passedEvery = event.Time(60e9) // how much later a time is noted anew
)

// pages is a notebook in memory, for gates that are handed none.
type pages struct {
	mu    sync.Mutex
	notes map[string][]byte
}

func (p *pages) Get(key string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.notes[key]
	return v, ok
}

func (p *pages) Put(key string, value []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.notes == nil {
		p.notes = map[string][]byte{}
	}
	p.notes[key] = value
	return nil
}

// Later implements Notebook.
func (p *pages) Later(key string, value []byte) error { return p.Put(key, value) }

// Flush implements Notebook.
func (p *pages) Flush() error { return nil }

// noted reads a note; ok is false where there is none.
func (g *Gate) noted(key string, into any) (ok bool, err error) {
	raw, ok := g.lattice.Notes.Get(key)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, unreadable(key, err)
	}
	return true, nil
}

func unreadable(key string, err error) error {
	return fmt.Errorf("note %s cannot be read; restore it from a backup: %w", key, err)
}

// timeNoted reads a time as note writes it.
func timeNoted(raw []byte) (event.Time, error) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return event.Time(n), err
}

func (g *Gate) note(key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return g.lattice.Notes.Put(key, raw)
}

// Settled returns once all is on disk that makes figures final which were asked for with
// Later, and what Permalink kept. Where it fails, they are to be asked for again.
func (g *Gate) Settled() error {
	err := g.lattice.Notes.Flush()
	if g.citations != nil {
		err = errors.Join(err, g.citations.Flush())
	}
	return err
}

// passed gives the latest time that figures were ever complete up to. The
// watermark of now may lie before it: a sensor came back, or none reports. What
// was final stays so.
func (g *Gate) passed() (event.Time, error) {
	g.settling.Lock()
	defer g.settling.Unlock()
	raw, ok := g.lattice.Notes.Get(passedNote)
	kept, err := timeNoted(raw) // every question asks for it
	if ok && err != nil {
		return 0, unreadable(passedNote, err)
	}
	now := g.lattice.Watermark()
	if !now.IsSet() {
		if !ok {
			return now, nil
		}
		return kept, nil
	}
	if !ok || now >= kept+passedEvery {
		return now, g.note(passedNote, now)
	}
	return max(now, kept), nil
}
