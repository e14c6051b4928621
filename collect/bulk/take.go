// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"haidang/collect"
	"haidang/event"
	"haidang/strictjson"
)

const (
	batchChunk = 512 << 10 // handed to the journal once a delivery holds this much
	itemStep   = 256       // items that memory is asked for at a time
)

// readers check that a source line is a strict JSON object.
var readers = sync.Pool{New: func() any { return strictjson.NewReader(strictjson.MustTable(nil), 0) }}

// load is one bulk request being read.
type load struct {
	h       *Handler
	r       *request
	index   string // of the path, for actions that name none
	request string // format that pipeline or format in the query name
	actions actions
	strict  *strictjson.Reader
	found   map[string]string // formats of names that were looked up
	items   []item
	to      []*bound
	pending *item // its action was read, its source not yet
	line    int64
	header  event.Delivery // what deliveries of this request have in common
}

func (h *Handler) newLoad(r *request, index string) *load {
	l := &load{
		h: h, r: r, index: index, found: map[string]string{},
		strict: readers.Get().(*strictjson.Reader),
	}
	q := r.URL.Query()
	for _, name := range []string{q.Get("pipeline"), q.Get("format")} {
		if f, ok := h.names.format(name); ok {
			l.request = f
		}
	}
	return l
}

// close gives up what was not committed.
func (l *load) close() {
	for _, b := range l.to {
		if b.batch != nil {
			b.batch.Abort()
		}
	}
	readers.Put(l.strict)
}

func (h *Handler) bulk(r *request, index string) {
	l := h.newLoad(r, index)
	defer l.close()
	err := l.read()
	if err == nil {
		err = l.commit()
	}
	if err != nil {
		r.refuse(err)
		return
	}
	l.count()
	r.visit.Answered()
	r.w.Header().Set("Content-Type", "application/json")
	// The records are safe whether or not the sender still listens.
	_, _ = r.w.Write(encode(time.Since(r.began).Milliseconds(), l.items, l.to))
}

// read reads the body's lines: journals what is good, notes what is not.
func (l *load) read() error {
	var err error
	if l.header, err = l.r.visit.Delivery(""); err != nil {
		return err
	}
	body, err := l.r.visit.Open()
	if err != nil {
		return err
	}
	lines := l.r.visit.Cut(body, event.FramingLines)
	for {
		chunk, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for line := range collect.Lines(chunk.Data) {
			l.line++
			if err := l.take(line, chunk.Long); err != nil {
				return err
			}
		}
	}
	if l.pending != nil {
		l.refuse("illegal_argument_exception", "the body ends after an action line; its source line is missing")
	}
	if len(l.items) == 0 {
		return collect.Empty()
	}
	return nil
}

func (l *load) take(line []byte, long bool) error {
	if l.pending == nil || l.pending.op == opNone && l.isAction(line) {
		l.pending = nil
		return l.action(line)
	}
	l.source(line, long)
	return nil
}

// isAction tells, after an action line that could not be read, whether the next
// line begins a new pair or is the source of the broken one.
func (l *load) isAction(line []byte) bool {
	_, err := l.actions.read(line)
	return err == nil
}

func (l *load) action(line []byte) error {
	if len(l.items) >= l.h.config.MaxItems {
		p := collect.ProblemFor(http.StatusRequestEntityTooLarge)
		p.Detail = fmt.Sprintf("One request may hold %d items. Nothing was accepted; send the records in several smaller requests.", l.h.config.MaxItems)
		return p
	}
	if len(l.items)%itemStep == 0 {
		if err := l.r.visit.Reserve(itemStep * itemBytes); err != nil {
			return err
		}
	}
	a, err := l.actions.read(line)
	if a.index == "" {
		a.index = l.index
	}
	l.items = append(l.items, item{op: a.op, index: a.index, id: a.id, bound: -1})
	l.pending = &l.items[len(l.items)-1]
	switch {
	case err != nil:
		l.note("illegal_argument_exception", fmt.Sprintf("Malformed action/metadata line [%d]: %v", l.line, err))
		return nil
	case a.op == opDelete:
		l.refuse("illegal_argument_exception", "records can be added only (index, create); what was sent stays as it came")
		return nil
	case a.op == opUpdate:
		l.note("illegal_argument_exception", "records can be added only (index, create), not updated")
		return nil
	}
	return l.bind(a)
}

// bind finds the delivery that the pending item's record belongs to.
func (l *load) bind(a action) error {
	format, ok := l.format(a)
	if !ok {
		l.note("index_not_found_exception", fmt.Sprintf(
			"no format is called like index [%.100s]; name the index, the pipeline or ?format= after one of %v", a.index, l.h.intake.Formats.Names()))
		return nil
	}
	l.pending.bound = slices.IndexFunc(l.to, func(b *bound) bool { return b.format == format })
	if l.pending.bound >= 0 {
		return nil
	}
	if framing, _ := l.h.intake.Formats.Framing(format); framing != event.FramingLines {
		l.note("illegal_argument_exception", fmt.Sprintf("format %s is CSV; send it to /api/v1/ingest/%s", format, format))
		return nil
	}
	l.pending.bound = len(l.to)
	l.to = append(l.to, &bound{format: format})
	return nil
}

// begin begins a delivery with its first record.
func (l *load) begin(b *bound) {
	d := l.header
	d.Format = b.format
	// A request may become several deliveries: its key is made one for each, its
	// numbering cannot be kept, and what was shed is told once.
	d.Spool, d.SpoolSeq, l.header.Shed = "", 0, 0
	if d.Key != "" {
		d.Key += "/" + b.format
	}
	if b.batch, b.err = l.h.intake.Journal.Begin(d); b.err != nil {
		b.batch = nil
	}
}

// format finds the format of a record: by the action's pipeline, the query, the
// index. A pipeline that is called like no format is one of the shipper's own.
func (l *load) format(a action) (string, bool) {
	if f := l.look(a.pipeline); f != "" {
		return f, true
	}
	if l.request != "" {
		return l.request, true
	}
	f := l.look(a.index)
	return f, f != ""
}

// maxFound bounds the names that are remembered within a request.
const maxFound = 256

func (l *load) look(name string) string {
	if name == "" {
		return ""
	}
	f, ok := l.found[name]
	if !ok {
		f, _ = l.h.names.format(name)
		if len(l.found) < maxFound {
			l.found[name] = f
		}
	}
	return f
}

// note says why the pending item is refused; its source line is still to come.
func (l *load) note(kind, reason string) { l.pending.cause = &cause{kind, reason} }

// refuse says why the pending item is refused, and ends it.
func (l *load) refuse(kind, reason string) {
	if l.pending.cause == nil {
		l.note(kind, reason)
	}
	l.pending = nil
}

func (l *load) source(line []byte, long bool) {
	defer func() { l.pending = nil }()
	it := l.pending
	switch {
	case it.cause != nil:
		return
	case long:
		l.refuse("document_parsing_exception", fmt.Sprintf("the source line is longer than %d bytes", l.h.intake.Limits().MaxRecord))
		return
	}
	if err := l.strict.Read(line); err != nil {
		l.refuse("document_parsing_exception", fmt.Sprintf("the source line is no strict JSON object: %v", err))
		return
	}
	b := l.to[it.bound]
	if b.batch == nil && b.err == nil {
		l.begin(b)
	}
	b.add(it, line, l.r.visit)
}

// add gives a record to the delivery. A delivery that failed takes nothing more;
// its items are answered with what it failed of.
func (b *bound) add(it *item, line []byte, v *collect.Visit) {
	it.number = b.total
	b.total++
	if b.err != nil {
		return
	}
	if need := len(b.buf) + len(line) + 1; need > cap(b.buf) {
		size := max(16<<10, 2*cap(b.buf), need)
		if b.err = v.Reserve(size - cap(b.buf)); b.err != nil {
			return
		}
		b.buf = append(make([]byte, 0, size), b.buf...)
	}
	b.buf = append(append(b.buf, line...), '\n')
	b.records++
	if len(b.buf) >= batchChunk {
		b.flush()
	}
}

func (b *bound) flush() {
	if b.err == nil && b.records > 0 {
		if w := b.batch.Body(); w != nil {
			_, _ = w.Write(b.buf) // never fails
		}
		b.err = b.batch.Write(b.buf, b.records, nil)
	}
	b.buf, b.records = b.buf[:0], 0
}

// commit makes every delivery count. When none does, and for one reason, the
// request is answered as a whole: shippers then send all of it again.
func (l *load) commit() error {
	good, failed := 0, error(nil)
	for _, b := range l.to {
		b.flush()
	}
	for _, b := range l.to {
		if b.err == nil && b.total > 0 {
			b.receipt, b.err = l.r.visit.Commit(b.batch)
		}
		switch {
		case b.err != nil:
			failed = b.err
			b.problem = l.r.visit.Problem(b.err)
		case b.total > 0:
			good++
			l.r.visit.Acknowledged(b.format, b.receipt)
		}
	}
	if good == 0 && failed != nil {
		return failed
	}
	return nil
}

// count counts the items that were refused.
func (l *load) count() {
	refused := map[int]int64{}
	for i := range l.items {
		if it := &l.items[i]; it.cause != nil {
			refused[http.StatusBadRequest]++
		} else if b := l.to[it.bound]; b.err != nil {
			refused[b.problem.Status]++
		}
	}
	for status, n := range refused {
		l.r.visit.RefuseItems(status, n)
	}
}
