// SPDX-License-Identifier: Apache-2.0

package share

import (
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"strings"
	"time"
)

// Assets is what pages need of the front-end.
type Assets interface {
	Path(name string) string // address of an asset; empty where there is none
}

// Room is what a room's pages are made of.
type Room struct {
	Name       string // in errors
	Catalogues fs.FS  // lang/vi.json and lang/en.json
	Templates  fs.FS  // see ParsePages
	Parts      []string
	Pages      []string
}

// Based is a room's own kind of language, which holds a Language.
type Based interface{ Base() *Language }

// Base gives the language itself.
func (l *Language) Base() *Language { return l }

// ReadRoom reads a room's languages with their pages, the default language first. Own
// makes the room's kind of language, functions what its templates may use beside what
// all rooms' may: t, n, zone and asset.
func ReadRoom[L Based](room Room, zone *time.Location, assets Assets, own func(Language) L, functions func(L) template.FuncMap) ([]L, error) {
	all, err := ReadLanguages(room.Catalogues, zone)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", room.Name, err)
	}
	out := make([]L, len(all))
	for i, language := range all {
		l := own(language)
		base := l.Base()
		use := template.FuncMap{"t": base.T, "n": base.Number, "zone": zone.String, "asset": assets.Path}
		maps.Copy(use, functions(l))
		if base.Pages, err = ParsePages(room.Templates, use, room.Parts, room.Pages); err != nil {
			return nil, fmt.Errorf("%s: %w", room.Name, err)
		}
		out[i] = l
	}
	return out, nil
}

// InAddress finds the language that an address is in.
func InAddress[L Based](languages []L, path string) (l L, ok bool) {
	for _, l := range languages {
		if strings.HasPrefix(path, "/"+l.Base().Code+"/") {
			return l, true
		}
	}
	return l, false
}

// Coded finds a language by its code; the default where there is none.
func Coded[L Based](languages []L, code string) L {
	for _, l := range languages {
		if l.Base().Code == code {
			return l
		}
	}
	return languages[0]
}

// PreferredOf finds the language that somebody chose before, else the browser's.
func PreferredOf[L Based](languages []L, r *http.Request) L {
	codes := make([]string, len(languages))
	for i, l := range languages {
		codes[i] = l.Base().Code
	}
	return Coded(languages, Preferred(r, codes...))
}

// Other gives the other one of two languages.
func Other[L Based](languages []L, l L) L {
	if languages[0].Base() == l.Base() {
		return languages[1]
	}
	return languages[0]
}
