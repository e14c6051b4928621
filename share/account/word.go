// SPDX-License-Identifier: Apache-2.0

package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"haidang/identity"
)

// word is what a provider says of who signs in, and how (OpenID Connect Core 1.0,
// section 2).
type word struct {
	identity.Subject
	Session string   `json:"sid"` // its own session's name, if it has one
	ACR     string   `json:"acr"`
	AMR     []string `json:"amr"`
	At      int64    `json:"auth_time"` // Unix seconds
}

// clocks may differ by so much.
const clockSkew = time.Minute

// check finds what the configuration demands of a provider's word and is not said.
func (w *word) check(c Provider, now time.Time) error {
	switch {
	case len(c.ACR) > 0 && !slices.Contains(c.ACR, w.ACR):
		return fmt.Errorf("the provider's level of assurance is %.80q, wanted is one of %q", w.ACR, c.ACR)
	case len(c.AMR) > 0 && !slices.ContainsFunc(w.AMR, func(m string) bool { return slices.Contains(c.AMR, m) }):
		return fmt.Errorf("the provider's methods are %.200q, wanted is one of %q", w.AMR, c.AMR)
	case c.MaxAge > 0 && w.At == 0:
		return errors.New("the provider does not say when it asked who it is")
	case c.MaxAge > 0 && now.Sub(time.Unix(w.At, 0)) > c.MaxAge+clockSkew:
		return fmt.Errorf("the provider asked who it is at %s, too long ago", time.Unix(w.At, 0).UTC())
	}
	return nil
}

// way is how a session began that rests on the provider's word: one that was made to
// ask for several factors is as good as a passkey's.
func (c Provider) way() string {
	if len(c.ACR)+len(c.AMR) > 0 {
		return identity.ByFactors
	}
	return identity.ByOIDC
}

// demands is what a provider is asked for beside who it is.
func (c Provider) demands() (out []oauth2.AuthCodeOption) {
	if len(c.ACR) > 0 {
		out = append(out, oauth2.SetAuthURLParam("acr_values", strings.Join(c.ACR, " ")))
	}
	if c.MaxAge > 0 {
		out = append(out, oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(c.MaxAge.Seconds()))))
	}
	return out
}
