// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v4"

	"haidang/event"
)

//go:embed advice/*.yaml
var adviceFiles embed.FS

// Handbook is the advice for every type of the taxonomy, in both languages.
type Handbook struct {
	version string
	advice  map[string][]event.Advice // by language and RSIT type
}

var handbook = must(readHandbook(adviceFiles))

// Advise gives the advice for a type in a language ("vi" or "en"; another
// reads as English). A type that is not known is advised as undetermined.
func Advise(lang string, kind event.RSIT) event.Advice {
	return handbook.Advise(lang, kind)
}

// AdviceVersion names the edition of the advice.
func AdviceVersion() string { return handbook.version }

// Advise is the package's function on this handbook.
func (h *Handbook) Advise(lang string, kind event.RSIT) event.Advice {
	all, ok := h.advice[lang]
	if !ok {
		all = h.advice["en"]
	}
	if kind == event.RSITUnset || int(kind) >= len(all) {
		kind = event.RSITUndetermined
	}
	return all[kind]
}

type sourcesFile struct {
	Version string                  `yaml:"version"`
	Sources map[string]event.Source `yaml:"sources"`
}

// advicePage is one class: types without their class, each in both languages.
type advicePage map[string]struct {
	Sources []string   `yaml:"sources"`
	EN      adviceText `yaml:"en"`
	VI      adviceText `yaml:"vi"`
}

type adviceText struct {
	Title  string   `yaml:"title"`
	Means  string   `yaml:"means"`
	Steps  []string `yaml:"steps"`
	Verify string   `yaml:"verify"`
}

// readHandbook reads sources.yaml and a file a class, and refuses one that
// leaves a type, a language or a part out.
func readHandbook(files fs.FS) (*Handbook, error) {
	var s sourcesFile
	if err := readYAML(files, "advice/sources.yaml", &s); err != nil {
		return nil, err
	}
	h := &Handbook{version: s.Version, advice: map[string][]event.Advice{}}
	for _, lang := range []string{"en", "vi"} {
		h.advice[lang] = make([]event.Advice, len(event.RSITs.Names))
	}
	var faults []error
	pages := map[string]advicePage{}
	for kind := 1; kind < len(event.RSITs.Names); kind++ {
		class, name, _ := strings.Cut(event.RSITs.Names[kind], "/")
		if pages[class] == nil {
			var p advicePage
			if err := readYAML(files, "advice/"+class+".yaml", &p); err != nil {
				return nil, err
			}
			pages[class] = p
		}
		faults = append(faults, h.entry(pages[class], name, event.RSIT(kind), s.Sources))
		delete(pages[class], name)
	}
	for class, rest := range pages {
		for name := range rest {
			faults = append(faults, fmt.Errorf("advice/%s.yaml: %s is not a type of the taxonomy", class, name))
		}
	}
	return h, errors.Join(faults...)
}

func readYAML(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("incident: %w", err)
	}
	if err := yaml.Load(raw, into, yaml.WithKnownFields()); err != nil {
		return fmt.Errorf("incident: %s: %w", name, err)
	}
	return nil
}

func (h *Handbook) entry(p advicePage, name string, kind event.RSIT, sources map[string]event.Source) error {
	e, ok := p[name]
	if !ok {
		return fmt.Errorf("advice: %s is missing", kind)
	}
	var read []event.Source
	for _, id := range e.Sources {
		s, ok := sources[id]
		if !ok {
			return fmt.Errorf("advice: %s: source %q is not in sources.yaml", kind, id)
		}
		read = append(read, s)
	}
	for lang, text := range map[string]adviceText{"en": e.EN, "vi": e.VI} {
		if text.Title == "" || text.Means == "" || text.Verify == "" || len(text.Steps) < 3 || len(read) == 0 {
			return fmt.Errorf("advice: %s: %s needs a title, what it means, at least three steps, how to verify, and a source", kind, lang)
		}
		h.advice[lang][kind] = event.Advice{Title: text.Title, Means: text.Means, Steps: text.Steps, Verify: text.Verify, Sources: read}
	}
	if len(e.EN.Steps) != len(e.VI.Steps) {
		return fmt.Errorf("advice: %s: %d steps in English, %d in Vietnamese", kind, len(e.EN.Steps), len(e.VI.Steps))
	}
	return nil
}
