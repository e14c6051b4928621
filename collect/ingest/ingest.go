// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"haidang/collect"
	"haidang/event"
)

// Prefix is the path below which the door stands; the format follows it.
const Prefix = "/api/v1/ingest/"

// Door is the handler of POST /api/v1/ingest/{format}.
type Door struct{ intake *collect.Intake }

// New makes the door.
func New(i *collect.Intake) *Door { return &Door{i} }

// Answer is what a sender is told once its batch is on disk.
type Answer struct {
	Batch     string `json:"batch"`
	Bytes     int64  `json:"bytes"`
	Records   int64  `json:"records"`
	Duplicate bool   `json:"duplicate"`
}

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := d.intake.Visit(w, r, "http")
	defer v.Close()
	receipt, format, err := d.take(v, r)
	if err != nil {
		refuse(v, w, err)
		return
	}
	v.Acknowledged(format, receipt)
	v.Answered()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// The batch is safe whether or not the sender still listens.
	_ = json.NewEncoder(w).Encode(Answer(receipt))
}

func refuse(v *collect.Visit, w http.ResponseWriter, err error) {
	p := v.Refuse(err)
	switch p.Status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="haidang"`
		if p.Code != "token-missing" {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	case http.StatusForbidden:
		w.Header().Set("WWW-Authenticate", `Bearer realm="haidang", error="insufficient_scope"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusRequestTimeout:
		w.Header().Set("Connection", "close")
	}
	p.Write(w, v.Instance())
}

func (d *Door) take(v *collect.Visit, r *http.Request) (event.Receipt, string, error) {
	var none event.Receipt
	if r.Method != http.MethodPost {
		return none, "", collect.ProblemFor(http.StatusMethodNotAllowed)
	}
	if err := v.Authenticate(collect.BearerToken(r.Header)); err != nil {
		return none, "", err
	}
	format := formatOf(r)
	framing, known := d.intake.Formats.Framing(format)
	if !known {
		return none, "", v.UnknownFormat(format)
	}
	delivery, err := v.Delivery(format)
	if err != nil {
		return none, "", err
	}
	// The journal is asked before the body is read: one that is behind, or has
	// the key under way, costs neither side more than a header.
	batch, err := d.intake.Journal.Begin(delivery)
	if err != nil {
		return none, "", err
	}
	defer batch.Abort() // does nothing once committed
	receipt, err := journal(v, batch, framing)
	return receipt, format, err
}

func formatOf(r *http.Request) string {
	if f := r.PathValue("format"); f != "" {
		return f
	}
	return strings.TrimPrefix(r.URL.Path, Prefix)
}

// journal hands the records on and waits until they are on disk.
func journal(v *collect.Visit, batch collect.Append, framing event.Framing) (event.Receipt, error) {
	var none event.Receipt
	records, err := v.Records(framing, batch.Body())
	if err != nil {
		return none, err
	}
	empty := true
	for {
		chunk, err := records.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return none, err
		}
		empty = false
		if err := give(batch, records, &chunk); err != nil {
			return none, err
		}
	}
	if empty {
		return none, collect.Empty()
	}
	v.Release() // the journal may take its time; others need the memory
	return v.Commit(batch)
}

// give hands a chunk over, with what it was packed in where that is of use.
func give(batch collect.Append, records *collect.Cutter, chunk *collect.Chunk) error {
	if k, ok := batch.(collect.Keeper); ok {
		if packed, done, ok := records.Packed(); ok {
			data, release := records.Detach()
			return k.Keep(data, chunk.Records, packed, release, done)
		}
	}
	data, release := records.Detach()
	return batch.Give(data, chunk.Records, chunk.Preamble, release)
}
