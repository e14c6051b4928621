// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"haidang/classify"
	"haidang/collect"
	"haidang/identity"
)

// recheckEvery is how often answers under way are looked at again.
const recheckEvery = time.Second

// errRevoked is what a writer gets whose reader lost the right to read on.
var errRevoked = errors.New("the reader's rights changed while the answer was being sent")

// revocation ends answers that take long when who reads them lost the right: a
// person was disabled, a token or session ended, an organisation was disabled, an
// agreement or a sharing group became stricter. Without it such a change would
// hold from the next request on only, and a slow reader could take hours.
type revocation struct {
	app  *App
	mu   sync.Mutex
	open map[*answering]struct{}
}

// answering is one answer under way to somebody who showed a token or a cookie.
type answering struct {
	http.ResponseWriter
	who     identity.Principal
	grounds classify.Grounds
	end     context.CancelFunc
	gone    atomic.Bool
}

func (w *answering) Write(b []byte) (int, error) {
	if w.gone.Load() {
		return 0, errRevoked
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *answering) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for handlers that send piece by piece.
func (w *answering) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// watchRevocation starts looking and gives the handler that is looked after.
func (a *App) watchRevocation(next http.Handler) http.Handler {
	if ungated {
		return next
	}
	v := &revocation{app: a, open: map[*answering]struct{}{}}
	go v.run()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := a.principal(r)
		if !ok || r.Method != http.MethodGet {
			next.ServeHTTP(w, r) // visitors have nothing to lose, and what changes something is short
			return
		}
		ctx, end := context.WithCancel(r.Context())
		defer end()
		x := &answering{ResponseWriter: w, who: who, grounds: a.gate.Grounds(a.viewerOf(who)), end: end}
		v.add(x)
		defer v.remove(x)
		next.ServeHTTP(x, r.WithContext(ctx))
		if x.gone.Load() {
			panic(http.ErrAbortHandler) // what was sent is not a whole answer and must not look like one
		}
	})
}

// principal finds whose token or cookie a request shows; sensors read nothing
// that takes long.
func (a *App) principal(r *http.Request) (identity.Principal, bool) {
	if token := presented(r); token != "" {
		p, err := a.identity.Token(r.Context(), token)
		return p, err == nil
	}
	if a.account == nil || len(r.Cookies()) == 0 && collect.BearerToken(r.Header) == "" {
		return identity.Principal{}, false
	}
	return a.account.Who(r)
}

func (v *revocation) add(x *answering) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open[x] = struct{}{}
}

func (v *revocation) remove(x *answering) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, x)
}

// run looks again every second: rights end by changes and by time.
func (v *revocation) run() { every(v.app.stopping, recheckEvery, v.look) }

func (v *revocation) look() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for x := range v.open {
		who, err := v.app.identity.Still(x.who)
		if err == nil && v.app.gate.Holds(x.grounds, v.app.viewerOf(who)) {
			continue
		}
		delete(v.open, x)
		x.gone.Store(true)
		x.end()
		// A write that waits for a slow reader ends too.
		_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now())
	}
}
