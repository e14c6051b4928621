// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/collect"
	"haidang/event"
)

// item is one pair of lines and what became of it.
type item struct {
	op     op
	index  string // shared by items of the same index
	id     string // as the sender gave it
	bound  int    // which delivery it went to, when not refused
	number int    // its record's ordinal there, from 0
	cause  *cause // why it was refused; nil when it was not
}

// itemBytes is what an item and its answer cost in memory.
const itemBytes = 320

// bound is the delivery of one format within a request.
type bound struct {
	format  string
	batch   collect.Append
	buf     []byte
	records int // in buf
	total   int
	receipt event.Receipt
	err     error
	problem collect.Problem // err, as the sender may read it
}

// encode writes the answer: {"took":…,"errors":…,"items":[…]}. Items that were
// not refused share the fate of the delivery they went to.
func encode(took int64, items []item, to []*bound) []byte {
	failed := slices.ContainsFunc(items, func(it item) bool { return it.cause != nil || to[it.bound].err != nil })
	b := make([]byte, 0, 64+len(items)*itemBytes/2)
	b = append(b, `{"took":`...)
	b = strconv.AppendInt(b, took, 10)
	b = append(b, `,"errors":`...)
	b = strconv.AppendBool(b, failed)
	b = append(b, `,"items":[`...)
	for i := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = items[i].append(b, to)
	}
	return append(b, "]}\n"...)
}

func (it *item) append(b []byte, to []*bound) []byte {
	b = append(b, `{"`...)
	b = append(b, it.op.String()...)
	b = append(b, `":{"_index":`...)
	b = quote(b, it.index)
	switch {
	case it.cause != nil:
		return it.appendCause(b, http.StatusBadRequest, *it.cause)
	case to[it.bound].err != nil:
		return it.appendCause(b, to[it.bound].problem.Status, causeOf(to[it.bound].problem))
	}
	r := &to[it.bound].receipt
	b = append(b, `,"_id":`...)
	b = it.appendName(b, r)
	result, status := "created", http.StatusCreated
	if r.Duplicate {
		result, status = "noop", http.StatusOK
	}
	b = append(b, `,"_version":1,"result":"`...)
	b = append(b, result...)
	b = append(b, `","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":`...)
	b = strconv.AppendInt(b, int64(it.number), 10)
	b = append(b, `,"_primary_term":1,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	return append(b, "}}"...)
}

func (it *item) appendCause(b []byte, status int, c cause) []byte {
	b = append(b, `,"_id":`...)
	if it.id == "" {
		b = append(b, "null"...)
	} else {
		b = quote(b, it.id)
	}
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"error":{"type":`...)
	b = quote(b, c.Type)
	b = append(b, `,"reason":`...)
	b = quote(b, c.Reason)
	return append(b, "}}}"...)
}

// appendName appends the item's id: the sender's, or its batch and ordinal, by
// which GET /api/v1/batches/{batch} tells what became of it.
func (it *item) appendName(b []byte, r *event.Receipt) []byte {
	if it.id != "" {
		return quote(b, it.id)
	}
	b = quote(b, r.Batch)
	b = append(b[:len(b)-1], '-')
	b = strconv.AppendInt(b, int64(it.number+1), 10)
	return append(b, '"')
}

// quote appends a JSON string. The text came in valid JSON or in a path; what is
// no UTF-8 there is replaced.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // an error means replaced bytes
	return b
}
