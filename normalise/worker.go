// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"haidang/event"
)

const (
	keptBytes  = 4 << 10 // of a rejected record
	keptDetail = 500
	ahead      = event.Time(24 * time.Hour) // how far a sensor's clock may be ahead of ours
	keptSensor = 4096                       // contexts remembered
)

// Worker normalises for one goroutine; it reuses its memory.
type Worker struct {
	n        *Normaliser
	mappers  map[string]*formatMapper
	contexts map[string]*Context
	unwrap   *unwrapper
	e        event.Event
	fold     []byte
}

// formatMapper is this worker's mapper of a format.
type formatMapper struct {
	format Format
	mapper Mapper
	notice noticer // the mapper, where it is one
	lines  bool
}

// begin makes the mapper.
func (f *formatMapper) begin() {
	f.mapper = f.format.NewMapper()
	f.notice, _ = f.mapper.(noticer)
}

// Chunk maps all records of a chunk: what can be kept is appended to b, the
// rest to rejects, which it returns. Neither keeps a view into the chunk.
func (w *Worker) Chunk(c *event.Chunk, s event.Sensor, b *event.Batch, rejects []event.Reject) []event.Reject {
	job := job{
		w: w, c: c, b: b, rejects: rejects, ingested: c.Ingested,
		replay: c.Replay || s.Replay,
		f:      w.mapper(c.Format),
	}
	if !job.ingested.IsSet() {
		job.ingested = event.TimeOf(w.n.cfg.Now())
	}
	if s.Name == "" {
		s.Name = c.Sensor
	}
	job.ctx = w.context(s)
	job.ctx.Ingested = job.ingested
	job.ctx.Preamble = trimBreak(c.Preamble)
	from := b.Rows()
	for job.rest = c.Data; len(job.rest) > 0; {
		job.run()
	}
	job.share(from)
	return job.rejects
}

func (w *Worker) mapper(name string) *formatMapper {
	f := w.mappers[name]
	if f == nil {
		format := w.n.formats[name]
		if format == nil {
			return &formatMapper{lines: true}
		}
		f = &formatMapper{format: format, lines: format.Framing() == event.FramingLines}
		f.begin()
		w.mappers[name] = f
	}
	return f
}

// context gives a sensor's context, made anew when its settings have changed.
func (w *Worker) context(s event.Sensor) *Context {
	c := w.contexts[s.Name]
	if c != nil && c.Sensor.Zone == s.Zone && c.Sensor.Country == s.Country && slices.Equal(c.Sensor.Home, s.Home) {
		return c
	}
	if len(w.contexts) >= keptSensor {
		clear(w.contexts)
	}
	// A setting that cannot be read was refused when the sensor was enrolled;
	// if it is there nevertheless, records are worth more without it than none.
	c, _ = NewContext(s)
	c.Internal = w.n.cfg.Internal
	c.Drops = func(total, _ uint64) { w.n.noteDrops(s.Name, w.e.Time, total) }
	w.contexts[s.Name] = c
	return c
}

// job is one chunk under way.
type job struct {
	w        *Worker
	c        *event.Chunk
	ctx      *Context
	f        *formatMapper
	b        *event.Batch
	rejects  []event.Reject
	ingested event.Time
	replay   bool

	rest    []byte
	current []byte // the record being mapped
	ordinal uint32 // how many came before it
	wrapped bool   // by a log shipper
}

// run maps records until the chunk ends. Should a mapping panic, which would be
// our fault, that record alone is rejected, and the caller goes on behind it.
func (j *job) run() {
	defer func() {
		if fault := recover(); fault != nil {
			j.reject(&RejectError{event.ReasonField, "the mapping of this format failed on the record; that is a fault of this program: please report it with the record"})
			j.f.begin()
			j.ordinal++
		}
	}()
	for len(j.rest) > 0 {
		if j.f.lines {
			j.current, j.rest = cutLine(j.rest)
		} else {
			j.current, j.rest = cutRow(j.rest, j.w.n.cfg.MaxRecord)
		}
		if len(j.current) == 0 {
			continue
		}
		if r := j.record(); r != nil {
			j.reject(r)
		}
		j.ordinal++
	}
}

// record maps the current record into the batch, or says why not.
func (j *job) record() *RejectError {
	if n := len(j.current); n > j.w.n.cfg.MaxRecord {
		return Rejectf(event.ReasonTooLong, "longer than the limit of %d bytes; its first %d bytes are kept", j.w.n.cfg.MaxRecord, keptBytes)
	}
	if j.f.format == nil {
		return Rejectf(event.ReasonWrongFormat, "format %q is not known to this version", j.c.Format)
	}
	e := &j.w.e
	if r := j.mapped(e); r != nil {
		return r
	}
	switch {
	case !e.Time.IsSet():
		return Rejectf(event.ReasonTime, "the record has no time")
	case e.Time > j.ingested && e.Time-j.ingested > ahead:
		return Rejectf(event.ReasonFuture, "its time %s is more than a day ahead of our clock (%s); set the sensor's clock", e.Time, j.ingested)
	}
	if j.secret(e) {
		return secretReject
	}
	j.finish(e)
	j.b.AppendSet(e)
	return nil
}

// mapped asks the format; a record that is not of the format may be one that a
// log shipper wrapped.
func (j *job) mapped(e *event.Event) *RejectError {
	e.Reset()
	j.wrapped = false
	r := asReject(j.f.mapper.Map(j.current, j.ctx, e))
	if r == nil || r.Reason != event.ReasonWrongFormat || !j.f.lines {
		return r
	}
	inner, ok := j.w.unwrap.inner(j.current)
	if !ok {
		return r
	}
	e.Reset()
	j.wrapped = true
	return asReject(j.f.mapper.Map(inner, j.ctx, e))
}

func asReject(err error) *RejectError {
	if err == nil {
		return nil
	}
	var r *RejectError
	if errors.As(err, &r) {
		return r
	}
	return &RejectError{event.ReasonField, err.Error()}
}

// finish sets what all formats share and differs from record to record.
func (j *job) finish(e *event.Event) {
	e.Observer = j.ctx.Sensor.Name // part of the folding key
	e.RawOffset = j.c.Offset + j.ordinal
	e.Count = max(e.Count, 1)
	e.Hash, j.w.fold = foldKey(e, j.w.fold)
	e.Observer = "" // share sets it
}

// share sets what all records of the chunk share, and their ids, column by
// column, in the rows from one on.
func (j *job) share(from int) {
	b := j.b
	b.Pad()
	rows := b.Rows()
	if from == rows {
		return
	}
	fill(b.Ingested[from:], j.ingested)
	fill(b.Observer.Codes[from:], b.Observer.Code(j.ctx.Sensor.Name))
	fill(b.RawSeq[from:], uint64(j.c.Seq))
	fill(b.Parser[from:], j.f.format.Version())
	if j.replay {
		fill(b.Replay[from:], true)
	}
	ids := j.w.n.id.of(j.ingested, j.c.Seq)
	for row := from; row < rows; row++ {
		b.ID[row] = ids.id(b.RawOffset[row])
	}
}

func fill[T any](c []T, v T) {
	for i := range c {
		c[i] = v
	}
}

// reject notes why a record is none. Of one that carries a marking of a state
// secret nothing is kept but that it came.
func (j *job) reject(r *RejectError) {
	kept := j.current[:min(len(j.current), keptBytes)]
	if r == secretReject || j.secretRaw() {
		r, kept = secretReject, nil
	}
	out := event.Reject{
		Sensor: j.ctx.Sensor.Name, Format: j.c.Format, Door: j.c.Door, Batch: j.c.Batch,
		Line: j.c.First + int64(j.ordinal) + 1, Seq: j.c.Seq, Offset: j.c.Offset + j.ordinal,
		Reason: r.Reason, Detail: shorten(r.Detail), At: j.ingested,
		Bytes: bytes.Clone(kept),
	}
	if j.f.format != nil {
		out.Parser = j.f.format.Version()
	}
	j.rejects = append(j.rejects, out)
}

// shorten keeps a detail within its limit and valid UTF-8.
func shorten(s string) string {
	if len(s) > keptDetail {
		s = fmt.Sprintf("%s …", s[:keptDetail-8])
	}
	return string(bytes.ToValidUTF8([]byte(s), []byte("\ufffd")))
}
