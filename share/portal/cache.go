// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// answer is a finished body in both encodings.
type answer struct {
	kind          string
	plain, packed []byte // plain is nil where it is unpacked for the few who ask for it
	size          int    // of plain
	tag           string
	changed       time.Time // zero where that is not known
}

// packers are kept: a new one is a megabyte of tables.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, 6)
	if err != nil {
		panic(err) // there is no such level
	}
	return w
}}

func finish(kind string, plain []byte) (*answer, error) {
	b := drafts.Get().(*bytes.Buffer)
	defer drafts.Put(b)
	b.Reset()
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(b)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	return &answer{kind: kind, plain: plain, packed: bytes.Clone(b.Bytes()), size: len(plain), tag: `"` + hex.EncodeToString(sum[:9]) + `"`}, nil
}

// send writes an answer, or 304 where the browser has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Add("Vary", "Accept-Encoding")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	body, size, tag := a.plain, a.size, a.tag
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, size, tag = a.packed, len(a.packed), strings.TrimSuffix(a.tag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	if status == http.StatusOK {
		h.Set("ETag", tag)
		if !a.changed.IsZero() {
			h.Set("Last-Modified", a.changed.UTC().Format(http.TimeFormat))
		}
		if seen := r.Header.Get("If-None-Match"); seen != "" && strings.Contains(seen, tag) || a.same(r) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(status)
	switch {
	case r.Method == http.MethodHead:
	case body == nil:
		a.unpack(w)
	default:
		_, _ = w.Write(body)
	}
}

func (a *answer) unpack(w io.Writer) {
	z, err := gzip.NewReader(bytes.NewReader(a.packed))
	if err != nil {
		panic(err) // finish packed it
	}
	_, _ = io.Copy(w, z)
}
