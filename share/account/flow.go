// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// flowTime is how long somebody may take at a provider or with a passkey.
	flowTime = 10 * time.Minute
	// maxFlows that are under way at a time; the oldest gives way.
	maxFlows = 1 << 14
)

// Purposes of a flow.
const (
	toSignIn   = "sign-in"
	toLink     = "link"     // another account of a provider
	toRegister = "register" // another passkey
	toStepUp   = "step-up"
)

// flow is something that began with us and is to end with us, in the same
// browser: a way to a provider and back, or a challenge to a passkey.
type flow struct {
	purpose  string
	browser  string // whose it is
	session  string // the session that it began in, if any
	next     string
	lang     string
	provider string
	nonce    string
	verifier string
	passkey  webauthn.SessionData
	expires  time.Time
}

// flows remembers what is under way. Each can be taken once.
type flows struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]*flow
	order []string // by age; may name flows that were taken
}

func newFlows(now func() time.Time) *flows { return &flows{now: now, known: map[string]*flow{}} }

// random gives 256 bits as text.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// add keeps a flow and gives its name.
func (f *flows) add(x flow) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	x.expires = now.Add(flowTime)
	for len(f.order) > 0 {
		oldest := f.known[f.order[0]]
		if oldest != nil && now.Before(oldest.expires) && len(f.order) < maxFlows {
			break
		}
		delete(f.known, f.order[0])
		f.order = f.order[1:]
	}
	name := random()
	f.known[name], f.order = &x, append(f.order, name)
	return name
}

// take gives a flow to the browser that it belongs to, once.
func (f *flows) take(name, browser string) (flow, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.known[name]
	if x == nil || browser == "" || subtle.ConstantTimeCompare([]byte(x.browser), []byte(browser)) != 1 {
		return flow{}, false
	}
	delete(f.known, name)
	return *x, f.now().Before(x.expires)
}
