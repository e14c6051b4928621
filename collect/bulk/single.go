// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"haidang/collect"
)

// single takes one document: POST or PUT /{index}/_doc[/{id}] and _create/{id}.
func (h *Handler) single(r *request, index string) {
	l := h.newLoad(r, index)
	defer l.close()
	if err := l.readOne(); err != nil {
		r.refuse(err)
		return
	}
	it := &l.items[0]
	if it.cause == nil {
		if err := l.commit(); err != nil {
			r.refuse(err)
			return
		}
	}
	l.count()
	r.visit.Answered()
	if c := it.cause; c != nil {
		r.reply(http.StatusBadRequest, map[string]any{
			"error":  map[string]any{"root_cause": []*cause{c}, "type": c.Type, "reason": c.Reason},
			"status": http.StatusBadRequest,
		})
		return
	}
	receipt := &l.to[0].receipt
	r.reply(http.StatusCreated, map[string]any{
		"_index": it.index, "_id": json.RawMessage(it.appendName(nil, receipt)), "_version": 1, "result": "created",
		"_shards": map[string]int{"total": 1, "successful": 1, "failed": 0}, "_seq_no": 0, "_primary_term": 1,
	})
}

func (l *load) readOne() error {
	var err error
	if l.header, err = l.r.visit.Delivery(""); err != nil {
		return err
	}
	body, err := l.r.visit.Open()
	if err != nil {
		return err
	}
	limit := l.h.intake.Limits().MaxRecord
	if err := l.r.visit.Reserve(2 * limit); err != nil {
		return err
	}
	doc, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		return collect.Empty()
	}
	a := action{op: opIndex, index: l.index}
	if l.r.path[1] == "_create" {
		a.op = opCreate
	}
	if len(l.r.path) == 3 && len(l.r.path[2]) <= maxName {
		a.id = l.r.path[2]
	}
	l.items = append(l.items, item{op: a.op, index: a.index, id: a.id, bound: -1})
	l.pending = &l.items[0]
	if err := l.bind(a); err != nil {
		return err
	}
	if err := l.strict.Read(doc); err != nil && len(doc) <= limit && l.pending.cause == nil {
		l.note("document_parsing_exception", fmt.Sprintf("the document is no strict JSON object: %v", err))
	}
	// A document may span lines, a record may not. In valid JSON a line break is
	// white space wherever it stands.
	l.source(bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, doc), len(doc) > limit)
	return nil
}
