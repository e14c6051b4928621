// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

// asked lists what templates and code ask the catalogue for.
func asked(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	inTemplates := regexp.MustCompile(`\bt "([^"]+)"`)
	inCode := regexp.MustCompile(`(?:\.T\(|, |\{)"(unset|(?:error|same|import|raw|routing|timeline|period)\.[\w-]+(?:\.[\w-]+)*)"`)
	for _, pattern := range []string{"templates/*.tmpl", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			re := inCode
			if strings.HasSuffix(name, ".tmpl") {
				re = inTemplates
			}
			for _, m := range re.FindAllStringSubmatch(string(raw), -1) {
				out[m[1]] = true
			}
		}
	}
	add := func(prefix string, names ...string) {
		for _, n := range names {
			out[prefix+n] = true
		}
	}
	add("facet.", facets...)
	add("op.", opWords...)
	add("end.", ends...)
	add("type.", identity.OrganisationTypes...)
	add("side.", event.Sides.Names...)
	add("personal.", event.Personals.Names...)
	add("outcome.", classify.Outcomes.Names...)
	add("network.", identity.Claimed, identity.Confirmed, identity.Refused)
	add("language.", identity.Languages...)
	add("band.", event.Bands.Names[1:]...)
	add("import.", stepAdd, stepKnown, stepConflict, stepWrong)
	add("result.", "", "done", "refused", "failed")
	add("said.", "created", "claim", "confirm", "refuse", "prove", "add-contact", "remove-contact", "described", "disable", "enable")
	add("said.", "ruled-tighten", "ruled-release", "ruled-benign", "withdrawn")
	for _, d := range classify.Decided {
		add("does.", d.String())
	}
	add("of.", "record", "sensor", "period", "host", "rule", "kind")
	add("state.", "holds", "expired", "withdrawn")
	add("eyes.", classify.Onlookers...)
	add("eyes.", "gains", "loses", "both")
	add("", "ruling.wrong", "minute", "hour", "day")
	for _, p := range periods {
		add("period.", p.name)
	}
	for _, g := range groups {
		add("group.", g.name)
	}
	for _, r := range reasons {
		add("reason.", string(r))
	}
	for _, p := range paths {
		if p.door {
			add(p.Page, ".nav")
		}
		if p.role != classify.Visitor {
			add("role.", p.role.String())
		}
	}
	return out
}

func TestWordsExist(t *testing.T) {
	all, err := readLanguages(time.UTC, noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	wanted := asked(t)
	for key := range wanted {
		if _, ok := all[0].Words[key]; !ok {
			t.Errorf("no text %q", key)
		}
	}
	for key := range all[0].Words {
		if !wanted[key] && !strings.HasPrefix(key, "action.") {
			t.Errorf("nobody asks for %q", key)
		}
	}
}
