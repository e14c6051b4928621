// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	cldr "golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var update = flag.Bool("update", false, "write lang/countries.json anew")

// shorter names than CLDR's, where those are too long for a ranking, and names
// that changed since the version of CLDR that x/text carries.
var shorter = map[string]map[string]string{
	"en": {"HK": "Hong Kong", "MO": "Macao", "MM": "Myanmar", "PS": "Palestine", "MK": "North Macedonia", "SZ": "Eswatini"},
	"vi": {"HK": "Hồng Kông", "MO": "Ma Cao", "MM": "Myanmar", "PS": "Palestine", "AE": "UAE", "AS": "Samoa thuộc Mỹ",
		"MK": "Bắc Macedonia", "SZ": "Eswatini"},
}

// TestCountryNames holds the committed names against the Unicode CLDR.
func TestCountryNames(t *testing.T) {
	want := map[string]map[string]string{}
	for code, names := range map[string]display.Namer{"en": display.English.Regions(), "vi": display.Vietnamese.Regions()} {
		want[code] = map[string]string{}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				id := string([]rune{a, b})
				r, err := cldr.ParseRegion(id)
				if err != nil || !r.IsCountry() || r.Canonicalize() != r || r.String() != id {
					continue
				}
				if name := names.Name(r); name != "" {
					want[code][id] = name
				}
			}
		}
		for id, name := range shorter[code] {
			want[code][id] = name
		}
	}
	raw, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, '\n')
	if *update {
		if err := os.WriteFile("lang/countries.json", raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("lang/countries.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(raw) {
		t.Error("lang/countries.json differs from CLDR; run go test ./share/portal -run TestCountryNames -update")
	}
}
