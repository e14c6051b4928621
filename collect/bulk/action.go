// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// op is what an action line asks for.
type op uint8

const (
	opNone op = iota // the line cannot be read
	opIndex
	opCreate
	opUpdate
	opDelete
)

var ops = [...]string{"index", "index", "create", "update", "delete"}

func (o op) String() string { return ops[o] }

// action is an action line, read. Other members (routing, version …) mean
// nothing here.
type action struct {
	op       op
	index    string
	id       string
	pipeline string
}

// actions reads action lines. Shippers repeat theirs, so the last one is kept.
type actions struct {
	line []byte
	last action
	err  error
	src  bytes.Reader
	dec  *jsontext.Decoder
}

var errAction = errors.New("an action line is one object with one member, index or create, as in {\"create\":{\"_index\":\"eve\"}}")

func (a *actions) read(line []byte) (action, error) {
	if a.dec != nil && bytes.Equal(line, a.line) {
		return a.last, a.err
	}
	a.line = append(a.line[:0], line...)
	a.src.Reset(line)
	if a.dec == nil {
		a.dec = jsontext.NewDecoder(&a.src)
	} else {
		a.dec.Reset(&a.src)
	}
	a.last, a.err = a.parse()
	if a.err != nil {
		a.last = action{}
	}
	return a.last, a.err
}

func (a *actions) parse() (action, error) {
	var got action
	if t, err := a.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return got, errAction
	}
	t, err := a.dec.ReadToken()
	if err != nil || t.Kind() != '"' {
		return got, errAction
	}
	name := t.String()
	for o := opIndex; o <= opDelete; o++ {
		if name == ops[o] {
			got.op = o
		}
	}
	if got.op == opNone {
		return got, fmt.Errorf("%.32q is no action; %w", name, errAction)
	}
	if t, err := a.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return got, errAction
	}
	for a.dec.PeekKind() == '"' {
		if err := a.member(&got); err != nil {
			return got, err
		}
	}
	for range 2 {
		if t, err := a.dec.ReadToken(); err != nil || t.Kind() != '}' {
			return got, errAction
		}
	}
	if _, err := a.dec.ReadToken(); err != io.EOF {
		return got, errAction
	}
	return got, nil
}

// maxName bounds index names and ids, as Elasticsearch does (255 and 512 bytes).
const maxName = 512

func (a *actions) member(got *action) error {
	t, err := a.dec.ReadToken()
	if err != nil {
		return errAction
	}
	name := t.String()
	v, err := a.dec.ReadValue()
	if err != nil {
		return errAction
	}
	var into *string
	switch name {
	case "_index":
		into = &got.index
	case "_id":
		into = &got.id
	case "pipeline":
		into = &got.pipeline
	default:
		return nil
	}
	switch v.Kind() {
	case 'n':
		return nil
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return errAction
		}
		*into = string(text)
	case '0':
		*into = string(v)
	default:
		return fmt.Errorf("%s is no string; %w", name, errAction)
	}
	if len(*into) > maxName {
		*into = ""
		return fmt.Errorf("%s is longer than %d bytes", name, maxName)
	}
	return nil
}
