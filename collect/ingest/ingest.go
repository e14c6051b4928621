// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"crypto/sha256"
	"encoding/json"
	"hash"
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
	body, err := v.Open()
	if err != nil {
		return none, "", err
	}
	sum := sha256.New()
	records := v.Cut(io.TeeReader(body, sum), framing)
	receipt, err := d.journal(v, delivery, records, sum)
	return receipt, format, err
}

func formatOf(r *http.Request) string {
	if f := r.PathValue("format"); f != "" {
		return f
	}
	return strings.TrimPrefix(r.URL.Path, Prefix)
}

// journal hands the records on and waits until they are on disk. Until the
// first chunk is cut nothing is begun: an unreadable body leaves no trace.
func (d *Door) journal(v *collect.Visit, delivery event.Delivery, records *collect.Cutter, sum hash.Hash) (event.Receipt, error) {
	chunk, err := records.Next()
	if err == io.EOF {
		return event.Receipt{}, collect.Empty()
	}
	if err != nil {
		return event.Receipt{}, err
	}
	batch, err := d.intake.Journal.Begin(delivery)
	if err != nil {
		return event.Receipt{}, err
	}
	defer batch.Abort() // does nothing once committed
	for ; err == nil; chunk, err = records.Next() {
		if err := batch.Write(chunk.Data, chunk.Records, chunk.Preamble); err != nil {
			return event.Receipt{}, err
		}
	}
	if err != io.EOF {
		return event.Receipt{}, err
	}
	v.Release() // the journal may take its time; others need the memory
	return v.Commit(batch, [32]byte(sum.Sum(nil)))
}
