// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"haidang/mutant"
)

func TestFlows(t *testing.T) {
	now := time.Unix(1e9, 0)
	f := newFlows(func() time.Time { return now })
	name := f.add(flow{browser: "mine", next: "/x"})
	if _, ok := f.take(name, "other"); ok {
		t.Error("another browser's flow")
	}
	if _, ok := f.take(name, ""); ok {
		t.Error("no browser's flow")
	}
	if x, ok := f.take(name, "mine"); !ok || x.next != "/x" {
		t.Error("it is gone")
	}
	if _, ok := f.take(name, "mine"); ok {
		t.Error("taken twice")
	}
	name = f.add(flow{browser: "mine"})
	now = now.Add(flowTime)
	if _, ok := f.take(name, "mine"); ok {
		t.Error("taken too late")
	}
	for range maxFlows + 100 {
		f.add(flow{browser: "x"})
	}
	if len(f.known) > maxFlows || len(f.order) > maxFlows {
		t.Errorf("%d and %d are remembered", len(f.known), len(f.order))
	}
	now = now.Add(flowTime)
	f.add(flow{})
	if len(f.known) != 1 || len(f.order) != 1 {
		t.Errorf("%d and %d are remembered after all are over", len(f.known), len(f.order))
	}
}

func TestLocal(t *testing.T) {
	for to, ok := range map[string]bool{
		"/": true, "/vi/tai-khoan?x=1&y=/a//b": true, "/en/": true,
		"": false, "//evil.example": false, "https://evil.example": false, "/\\evil.example": false, "\\/evil.example": false,
		"/\t/evil.example": false, "/\n/evil.example": false, "javascript:alert(1)": false, "/a b": false, "evil": false,
		"/%0d%0aSet-Cookie:x": true, // stays encoded
	} {
		if got, is := local(to); is != ok || is && got != to {
			t.Errorf("%q: %q %v", to, got, is)
		}
	}
}

// FuzzLocal resolves what is let through as a browser does (WHATWG URL: tabs and
// line breaks vanish, a backslash is a slash) and must stay on this host.
func FuzzLocal(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"/vi/", "//x", "/\\x", "/\t/x", "/a?b=//c", "/.//x", "/%5cx"} {
		f.Add(s)
	}
	here, err := url.Parse("https://example.vn/vi/dang-nhap")
	if err != nil {
		f.Fatal(err)
	}
	asBrowser := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/")
	f.Fuzz(func(t *testing.T, s string) {
		to, ok := local(s)
		if !ok {
			return
		}
		read := asBrowser.Replace(strings.TrimFunc(to, func(r rune) bool { return r <= ' ' }))
		u, err := here.Parse(read)
		if err != nil {
			return // Location would be refused too
		}
		if u.Host != here.Host || u.Scheme != here.Scheme || u.User != nil {
			t.Errorf("%q leads to %s", s, u)
		}
	})
}
