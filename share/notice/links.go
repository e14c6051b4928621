// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"errors"
	"net/url"
	"strings"

	"haidang/event"
)

// links lead into the portal. A link says nothing of what is behind it: an
// incident's key is a keyed hash.
type links struct{ base string }

func newLinks(base string) (links, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return links{}, errors.New("notice: url: give the portal's public address, as https://observatory.example")
	}
	return links{strings.TrimRight(u.String(), "/")}, nil
}

func (l links) overview(lang string) string {
	if lang == "vi" {
		return l.base + "/vi/toi"
	}
	return l.base + "/en/my"
}

func (l links) incident(lang string, key event.Bytes16) string {
	if lang == "vi" {
		return l.overview(lang) + "?su-co=" + key.String()
	}
	return l.overview(lang) + "?incident=" + key.String()
}

// preferences is where a contact says what it wants to hear of.
func (l links) preferences(lang string) string {
	if lang == "vi" {
		return l.overview(lang) + "/thong-bao"
	}
	return l.overview(lang) + "/notices"
}
