// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whose address has the words of the other language is shown what it names, not
// something else in its place; the page's own words come first.
func TestAddressesAreReadInBothLanguages(t *testing.T) {
	for _, l := range newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).langs {
		for address, want := range map[string]asked{
			"period=2026-11&country=VN":          {"period": "2026-11", "country": "VN"},
			"ky=2026-11&nuoc=VN&voi=2026-10":     {"period": "2026-11", "country": "VN", "with": "2026-10"},
			"so-lieu=attacks&utm_source=x":       {"figure": "attacks"},
			"figure=attacks&with=":               {"figure": "attacks"},
			"period=&ky=2026-11":                 {"period": "2026-11"},
			"with=US&voi=CN&period=2026&ky=2026": {"with": map[string]string{"vi": "CN", "en": "US"}[l.Code], "period": "2026"},
			"":                                   {},
		} {
			v, err := url.ParseQuery(address)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := l.read(v); err != nil || !cmp.Equal(got, want) {
				t.Errorf("%s: %s is read as %v, want %v (%v)", l.Code, address, got, want, err)
			}
		}
	}
}
