// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Place is a page's address in both languages.
type Place struct{ Page, VI, EN string }

// In gives the address in a language.
func (p Place) In(code string) string {
	if code == "vi" {
		return p.VI
	}
	return p.EN
}

// Places are the pages that a room has or links to.
type Places []Place

// Path gives the address of a page in a language; of one that is not there, the
// first page's.
func (all Places) Path(code, page string) string {
	for _, p := range all {
		if p.Page == page {
			return p.In(code)
		}
	}
	return "/" + code + "/"
}

// ToSignIn sends who is not signed in to the page for that and, where a page was asked
// for, back afterwards; where something was sent, to the page back, if there is one.
func ToSignIn(w http.ResponseWriter, r *http.Request, signIn, back string) {
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	if back != "" {
		signIn += "?next=" + url.QueryEscape(back)
	}
	http.Redirect(w, r, signIn, http.StatusSeeOther)
}

// Zone gives the zone of the times shown, Vietnam's where none is set: it keeps
// one offset all year, so that no table of zones is needed, and browsers know it
// by this name.
func Zone(set *time.Location) *time.Location {
	if set != nil {
		return set
	}
	return time.FixedZone("Asia/Ho_Chi_Minh", 7*3600)
}

// Preferred gives the language that somebody chose before, else the one that
// their browser prefers; the first of those spoken where nothing is said.
func Preferred(r *http.Request, spoken ...string) string {
	if c, err := r.Cookie("lang"); err == nil && slices.Contains(spoken, c.Value) {
		return c.Value
	}
	return Accepted(r.Header.Get("Accept-Language"), spoken...)
}

// Accepted reads Accept-Language (RFC 9110 section 12.5.4): of the languages
// spoken that with the greatest weight, of equals the one named first, the first spoken
// where none is asked for.
func Accepted(header string, spoken ...string) string {
	best, weight := spoken[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = f
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		for _, code := range spoken {
			if code == primary && q > weight {
				best, weight = code, q
			}
		}
	}
	return best
}
