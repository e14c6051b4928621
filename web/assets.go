// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
)

//go:embed dist
var dist embed.FS

//go:embed map/world.json
var world []byte

// Prefix is where the assets are served.
const Prefix = "/assets/"

// Assets serves the embedded front-end. It is immutable after New.
type Assets struct {
	names map[string]string // app.js → app-1a2b3c4d.js
	files map[string]file
}

type file struct {
	kind    string
	plain   []byte
	gzipped []byte // nil where compression gains nothing
}

// New reads the embedded dist and compresses each file once.
func New() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return load(sub)
}

func load(from fs.FS) (*Assets, error) {
	raw, err := fs.ReadFile(from, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("web: no manifest, run go run ./web/build: %w", err)
	}
	a := &Assets{files: map[string]file{}}
	if err := json.Unmarshal(raw, &a.names); err != nil {
		return nil, fmt.Errorf("web: manifest.json: %w", err)
	}
	for _, name := range a.names {
		plain, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("web: manifest.json names a missing file: %w", err)
		}
		f := file{kind: mime.TypeByExtension(path.Ext(name)), plain: plain}
		if packed := pack(plain); len(packed) < len(plain)*9/10 {
			f.gzipped = packed
		}
		a.files[name] = f
	}
	return a, nil
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return plain
	}
	// Writing to memory cannot fail.
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

// Path gives the address of an asset by its plain name, such as "app.css". An
// unknown name gives the empty string, which no browser asks for.
func (a *Assets) Path(name string) string {
	if hashed, ok := a.names[name]; ok {
		return Prefix + hashed
	}
	return ""
}

// World gives the map as web/map/make wrote it.
func (a *Assets) World() []byte { return world }

// ServeHTTP answers requests below Prefix. The names carry the hash of the
// content, so an answer never changes and may be kept for a year.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[strings.TrimPrefix(r.URL.Path, Prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}
