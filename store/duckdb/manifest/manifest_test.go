// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
)

// folder is a Folder in memory.
type folder map[string][]byte

func (f folder) Read(name string) ([]byte, error) {
	if b, ok := f[name]; ok {
		return b, nil
	}
	return nil, os.ErrNotExist
}

func (f folder) Replace(name string, content []byte) error { f[name] = content; return nil }

func (f folder) Sizes() (map[string]int64, error) {
	out := map[string]int64{}
	for n, b := range f {
		out[n] = int64(len(b))
	}
	return out, nil
}

func (f folder) String() string { return "the folder" }

func TestSaveAndLoad(t *testing.T) {
	d := folder{}
	m, err := Load(d)
	if err != nil || m.Position != 0 || m.Watermark.IsSet() {
		t.Fatalf("%+v, %v", m, err)
	}
	m = m.Clone()
	m.Position, m.Watermark, m.NextFile, m.NextReject = 17, event.Time(-5), 9, 4
	m.Segments = append(m.Segments, Segment{File: File{"events-000000000001.parquet", 10, 2}, Rows: 5, Facts: Facts{Time: Range{1, 2}, First: 3, Last: 1 << 63, Both: 1}})
	m.Packs = append(m.Packs, File{"parts-000000000002.pack", 1, 0})
	m.Rejects = append(m.Rejects, Rejects{File: File{"rejects-000000000003.ndjson.zst", 1, 0}, First: 2, Count: 2})
	if err := m.Save(d); err != nil {
		t.Fatal(err)
	}
	got, err := Load(d)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Fatalf("%+v, %v, want %+v", got, err, m)
	}
	clone := m.Clone()
	clone.Segments[0].Rows = 99
	if m.Segments[0].Rows != 5 || clone.Generation != m.Generation+1 {
		t.Error("a clone shares memory with its origin, or has its generation")
	}
}

func TestCheck(t *testing.T) {
	d := folder{
		"events-000000000001.parquet": []byte("12345"), "events-000000000007.parquet": nil,
		"manifest.json.new": nil, "notes.txt": nil, "parts-x.pack": nil,
	}
	m := New()
	m.Segments = []Segment{{File: File{Name: "events-000000000001.parquet", Size: 5}}}
	orphans, err := m.Check(d)
	if err != nil || len(orphans) != 2 || m.NextFile != 8 {
		t.Errorf("orphans %v, next %d, %v: want the unnamed segment and the half-written manifest, and 8", orphans, m.NextFile, err)
	}
	m.Segments[0].Size = 6
	if _, err := m.Check(d); err == nil || !strings.Contains(err.Error(), "5 bytes instead of 6") {
		t.Errorf("a short file: %v", err)
	}
	delete(d, "events-000000000001.parquet")
	if _, err := m.Check(d); err == nil || !strings.Contains(err.Error(), "is missing from the folder") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestDamage(t *testing.T) {
	for what, content := range map[string]string{
		"checksum": `{"version":1}` + "\n00000000\n", "empty": "", "no sum": `{"version":1}`,
	} {
		if _, err := Load(folder{FileName: []byte(content)}); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := folder{}
	m := New()
	m.Version = version + 1
	if err := errors.Join(m.Save(d)); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(d); err == nil || !strings.Contains(err.Error(), "version 4") {
		t.Errorf("a newer manifest: %v", err)
	}
	m.Version, m.Segments = version, []Segment{{Layout: Layout + 1}}
	if err := m.Save(d); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(d); err == nil || !strings.Contains(err.Error(), "columns") {
		t.Errorf("segments of a newer layout: %v", err)
	}
	m.Version, m.Segments = oldest, nil
	if err := m.Save(d); err != nil {
		t.Fatal(err)
	}
	if got, err := Load(d); err != nil || got.Version != version {
		t.Errorf("an older manifest is not taken over: %v", err)
	}
}

func FuzzLoad(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	d := folder{}
	if err := New().Save(d); err != nil {
		f.Fatal(err)
	}
	f.Add(d[FileName])
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := Load(folder{FileName: in})
		if (m == nil) == (err == nil) {
			t.Fatalf("%v, %v", m, err)
		}
	})
}
