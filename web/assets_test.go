// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"

	"haidang/web/bundle"
)

// TestDistIsBuilt builds the front-end anew and compares it with what is
// committed.
func TestDistIsBuilt(t *testing.T) {
	want, err := bundle.Build("src")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		have, err := fs.ReadFile(dist, "dist/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want[e.Name()]) {
			t.Errorf("dist/%s is not what src/ gives; run go run ./web/build", e.Name())
		}
	}
	if len(entries) != len(want) {
		t.Errorf("dist has %d files, src gives %d; run go run ./web/build", len(entries), len(want))
	}
}

// TestNoOtherHost looks for addresses of other hosts in what browsers get.
func TestNoOtherHost(t *testing.T) {
	address := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^"'\s)]*`)
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range a.files {
		for _, m := range address.FindAllString(string(f.plain), -1) {
			if m != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names %s", name, m)
			}
		}
	}
}

func TestServe(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, encoding string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Result()
	}
	for name, kind := range map[string]string{"app.js": "text/javascript", "app.css": "text/css", "icon.svg": "image/svg+xml"} {
		path := a.Path(name)
		if !strings.HasPrefix(path, Prefix) {
			t.Fatalf("%s has the address %q", name, path)
		}
		plain, packed := ask("GET", path, ""), ask("GET", path, "gzip, br")
		if plain.StatusCode != 200 || !strings.HasPrefix(plain.Header.Get("Content-Type"), kind) ||
			!strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, plain.StatusCode, plain.Header)
		}
		body, err := io.ReadAll(plain.Body)
		if err != nil {
			t.Fatal(err)
		}
		var other io.Reader = packed.Body
		if packed.Header.Get("Content-Encoding") == "gzip" {
			if other, err = gzip.NewReader(packed.Body); err != nil {
				t.Fatal(err)
			}
		}
		unpacked, err := io.ReadAll(other)
		if err != nil || !bytes.Equal(body, unpacked) {
			t.Errorf("%s: the encodings differ: %v", path, err)
		}
		if head := ask("HEAD", path, ""); head.ContentLength != int64(len(body)) {
			t.Errorf("%s: HEAD says %d", path, head.ContentLength)
		}
	}
	if r := ask("GET", Prefix+"manifest.json", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("the manifest is served: %d", r.StatusCode)
	}
	if r := ask("POST", a.Path("app.js"), ""); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.StatusCode)
	}
	if a.Path("none.js") != "" {
		t.Error("an unknown asset has an address")
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, f := range map[string]fstest.MapFS{
		"no manifest":      {},
		"a broken one":     {"manifest.json": {Data: []byte("{")}},
		"one that is wide": {"manifest.json": {Data: []byte(`{"a.js":"a-1.js"}`)}},
	} {
		if _, err := load(f); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestMap holds the committed map to what it must show.
func TestMap(t *testing.T) {
	var w struct {
		Width, Height int
		Countries     []struct {
			ID, D string
			X, Y  int
		}
		Islands []struct {
			ID, Of string
			Dots   [][2]int
		}
	}
	if err := json.Unmarshal(world, &w); err != nil {
		t.Fatal(err)
	}
	at := map[string][2]int{}
	drawn := 0
	for _, c := range w.Countries {
		if _, twice := at[c.ID]; twice || len(c.ID) != 2 {
			t.Errorf("%q stands twice or is no code", c.ID)
		}
		at[c.ID] = [2]int{c.X, c.Y}
		if c.X < 0 || c.X > w.Width || c.Y < 0 || c.Y > w.Height {
			t.Errorf("%s ends outside of the sheet: %d, %d", c.ID, c.X, c.Y)
		}
		if c.D != "" {
			drawn++
		}
	}
	if drawn < 170 || len(at) < 230 {
		t.Errorf("%d countries, %d drawn", len(at), drawn)
	}
	for _, c := range []string{"VN", "SG", "HK", "US", "GB", "CD", "BJ"} {
		if at[c] == [2]int{} {
			t.Errorf("%s has no place", c)
		}
	}
	if len(w.Islands) != 2 || w.Islands[0].ID != "hoang-sa" || w.Islands[1].ID != "truong-sa" {
		t.Fatalf("islands: %+v", w.Islands)
	}
	for _, i := range w.Islands {
		if i.Of != "VN" || len(i.Dots) < 5 {
			t.Errorf("%+v", i)
		}
		for _, d := range i.Dots {
			if d[0] <= at["VN"][0] || d[0] >= at["PH"][0] {
				t.Errorf("%s: the islet at %v does not lie between Vietnam and the Philippines", i.ID, d)
			}
		}
	}
	if w.Islands[0].Dots[0][1] >= w.Islands[1].Dots[0][1] {
		t.Error("Hoàng Sa must lie north of Trường Sa")
	}
}
