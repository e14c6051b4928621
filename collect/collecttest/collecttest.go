// SPDX-License-Identifier: Apache-2.0

// Package collecttest stands in for the neighbours of the doors in their tests:
// a journal in memory, enrolled sensors, known formats. What a door hands over
// comes in; what a test may look at goes out. It panics on calls that the
// journal's contract forbids, and may be used by tests only.
package collecttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"haidang/event"
)

// Batch is what was delivered in one Append.
type Batch struct {
	event.Delivery
	Data     []byte // all chunks, one after the other
	Chunks   []int  // records of each
	Longest  int    // bytes of the longest chunk
	Records  int
	Kept     int // bytes that came packed and were kept so
	Preamble string
	Done     string // "", "committed", "aborted"
}

// Journal keeps batches in memory. The errors, when set, are what its calls
// answer. Discard keeps counts only.
type Journal struct {
	BeginErr, WriteErr, CommitErr error
	Discard                       bool
	Hold                          chan struct{} // Commit waits until it is closed

	mu      sync.Mutex
	batches []*Batch
}

// Batches gives what was begun, in order.
func (j *Journal) Batches() []*Batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.batches)
}

// Committed gives what was acknowledged.
func (j *Journal) Committed() []*Batch {
	return slices.DeleteFunc(j.Batches(), func(b *Batch) bool { return b.Done != "committed" })
}

// Append is a batch under way.
type Append struct {
	j    *Journal
	b    *Batch
	body hash.Hash
}

// Open begins a batch.
func (j *Journal) Open(d event.Delivery) (*Append, error) {
	if j.BeginErr != nil {
		return nil, j.BeginErr
	}
	if d.Sensor == "" || d.Door == "" || d.Format == "" || !d.Received.IsSet() {
		panic(fmt.Sprintf("delivery without a name: %+v", d))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	b := &Batch{Delivery: d}
	j.batches = append(j.batches, b)
	a := &Append{j: j, b: b}
	if d.Key != "" || d.Spool != "" {
		a.body = sha256.New()
	}
	return a, nil
}

// Body is there for batches that have a key or a number.
func (a *Append) Body() io.Writer {
	if a.body == nil {
		return nil
	}
	return a.body
}

// Give is Write; what was given is overwritten, as the journal may do.
func (a *Append) Give(data []byte, records int, preamble []byte, release func()) error {
	err := a.Write(data, records, preamble)
	clear(data)
	if release != nil {
		release()
	}
	return err
}

// Keep is Give; what the records were packed in must hold just them.
func (a *Append) Keep(data []byte, records int, packed []byte, release, done func()) error {
	if !a.j.Discard {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		defer d.Close()
		if got, err := d.DecodeAll(packed, nil); err != nil || !bytes.Equal(got, data) {
			panic(fmt.Sprintf("%d bytes of zstd do not unpack to the %d given: %v", len(packed), len(data), err))
		}
	}
	a.b.Kept += len(packed)
	err := a.Give(data, records, nil, release)
	clear(packed)
	if done != nil {
		done()
	}
	return err
}

// Write takes whole records.
func (a *Append) Write(data []byte, records int, preamble []byte) error {
	if a.b.Done != "" {
		panic("Write after " + a.b.Done)
	}
	if records < 1 || len(data) == 0 {
		panic("Write of nothing")
	}
	if len(data) > 1<<20 && records > 1 {
		panic(fmt.Sprintf("chunk of %d bytes holds %d records", len(data), records))
	}
	if a.j.WriteErr != nil {
		return a.j.WriteErr
	}
	if !a.j.Discard {
		a.b.Data = append(a.b.Data, data...)
	}
	a.b.Longest = max(a.b.Longest, len(data))
	a.b.Chunks = append(a.b.Chunks, records)
	a.b.Records += records
	a.b.Preamble = string(preamble)
	return nil
}

// Commit makes the batch count.
func (a *Append) Commit(ctx context.Context) (event.Receipt, error) {
	if a.b.Done != "" {
		panic("Commit after " + a.b.Done)
	}
	if a.j.Hold != nil {
		select {
		case <-a.j.Hold:
		case <-ctx.Done():
			return event.Receipt{}, ctx.Err()
		}
	}
	a.j.mu.Lock()
	defer a.j.mu.Unlock()
	if a.j.CommitErr != nil {
		a.b.Done = "failed"
		return event.Receipt{}, a.j.CommitErr
	}
	a.b.Done = "committed"
	if a.body != nil {
		a.b.Digest = [32]byte(a.body.Sum(nil))
	}
	id := fmt.Sprintf("b%d", slices.Index(a.j.batches, a.b)+1)
	return event.Receipt{Batch: id, Bytes: int64(len(a.b.Data)), Records: int64(a.b.Records)}, nil
}

// Abort gives the batch up, unless it is over.
func (a *Append) Abort() {
	a.j.mu.Lock()
	defer a.j.mu.Unlock()
	if a.b.Done == "" {
		a.b.Done = "aborted"
	}
}

// Sensors are enrolled sensors by token.
type Sensors map[string]event.Sensor

// StatusError is an error of a neighbour with an HTTP status of its own.
type StatusError struct {
	Status int
	Text   string
}

func (e StatusError) Error() string { return e.Text }

// HTTPStatus is what the sender is answered.
func (e StatusError) HTTPStatus() int { return e.Status }

// Authenticate knows the tokens of the map; those that begin with "revoked" are
// refused for good.
func (s Sensors) Authenticate(token string) (event.Sensor, error) {
	if strings.HasPrefix(token, "revoked") {
		return event.Sensor{}, StatusError{403, "revoked at the operator's wish"}
	}
	if n, ok := s[token]; ok {
		return n, nil
	}
	return event.Sensor{}, StatusError{401, "no such token in bucket sensors"}
}

// Formats are known formats and their framing.
type Formats map[string]event.Framing

// Framing tells how a format's bodies are cut.
func (f Formats) Framing(name string) (event.Framing, bool) { fr, ok := f[name]; return fr, ok }

// Names lists the formats.
func (f Formats) Names() []string {
	out := make([]string, 0, len(f))
	for n := range f {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
