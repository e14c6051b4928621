// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/http"
	"slices"
)

// Routed is a handler that tells the patterns it answers, as http.ServeMux
// writes them.
type Routed interface {
	http.Handler
	Patterns() []string
}

// Mux is an http.ServeMux that tells what was registered.
type Mux struct {
	mux      *http.ServeMux
	patterns []string
}

// NewMux makes a router without routes.
func NewMux() *Mux { return &Mux{mux: http.NewServeMux()} }

// Handle registers a handler for a pattern.
func (m *Mux) Handle(pattern string, h http.Handler) {
	m.mux.Handle(pattern, h)
	m.patterns = append(m.patterns, pattern)
}

// HandleFunc registers a function for a pattern.
func (m *Mux) HandleFunc(pattern string, f func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(f))
}

// Mount registers a router for a pattern; what it tells are its own patterns.
func (m *Mux) Mount(pattern string, h Routed) {
	m.mux.Handle(pattern, h)
	m.patterns = append(m.patterns, h.Patterns()...)
}

// Patterns lists what was registered, in order of the alphabet.
func (m *Mux) Patterns() []string {
	out := slices.Clone(m.patterns)
	slices.Sort(out)
	return slices.Compact(out)
}

func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Around puts a handler around a router that goes on telling its patterns.
func Around(outer http.Handler, inner Routed) Routed { return around{outer, inner} }

type around struct {
	http.Handler
	inner Routed
}

func (a around) Patterns() []string { return a.inner.Patterns() }
