// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	plain, packed []byte
	tag           string
	at            time.Time
}

// cache keeps what was made for nobody for a moment, so that a thousand
// visitors in one second cost one rendering. Its keys come from a fixed set of
// pages, languages and themes, which bounds it.
type cache struct {
	keep time.Duration
	now  func() time.Time
	mu   sync.Mutex
	kept map[string]*slot
}

type slot struct {
	mu   sync.Mutex
	made *answer
}

func newCache(keep time.Duration, now func() time.Time) *cache {
	return &cache{keep: keep, now: now, kept: map[string]*slot{}}
}

// get gives the kept answer or makes it; others who ask for the same wait.
func (c *cache) get(key string, render func() (*answer, error)) (*answer, error) {
	c.mu.Lock()
	s := c.kept[key]
	if s == nil {
		s = &slot{}
		c.kept[key] = s
	}
	c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := c.now(); s.made == nil || now.Sub(s.made.at) >= c.keep || now.Before(s.made.at) {
		a, err := render()
		if err != nil {
			return nil, err
		}
		a.at = now
		s.made = a
	}
	return s.made, nil
}

func finish(kind string, plain []byte) (*answer, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, 6)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	return &answer{kind: kind, plain: plain, packed: b.Bytes(), tag: `"` + hex.EncodeToString(sum[:9]) + `"`}, nil
}

// send writes an answer, or 304 where the browser has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Add("Vary", "Accept-Encoding")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	body, tag := a.plain, a.tag
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, tag = a.packed, strings.TrimSuffix(a.tag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	if status == http.StatusOK {
		h.Set("ETag", tag)
		if seen := r.Header.Get("If-None-Match"); seen != "" && strings.Contains(seen, tag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
