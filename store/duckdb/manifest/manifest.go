// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
)

// FileName is the manifest's own file.
const FileName = "manifest.json"

// Folder is where the manifest lies.
type Folder interface {
	Read(name string) ([]byte, error)
	Replace(name string, content []byte) error // durable and in one step
	Sizes() (map[string]int64, error)
	String() string // for messages
}

// version is that of the format; from oldest on it can be read.
const version, oldest = 3, 1

// Layout is that of the segments written today: which columns they have. 0 had
// all community ids in full; since 1 those that follow from the flow are left
// out, and a column holds their beginnings; since 2 what residual JSON shares is a
// column of its own.
const Layout = 2

// Manifest is one state of the store. It is never changed once made: Clone it.
type Manifest struct {
	Version    int            `json:"version"`
	Generation uint64         `json:"generation"` // one more with every state
	NextFile   uint64         `json:"next_file"`  // numbers are never used twice
	Position   event.Position `json:"position"`
	Watermark  event.Time     `json:"watermark"`
	NextReject int64          `json:"next_reject"` // ordinal of the next quarantined record
	Segments   []Segment      `json:"segments"`    // in the order of commit
	Packs      []File         `json:"packs"`       // in the order of commit
	Rejects    []Rejects      `json:"rejects"`     // in the order of commit
}

// File is a file that lives.
type File struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	Level int    `json:"level"` // how often it was merged
}

// Segment is a Parquet file of records.
type Segment struct {
	File
	Rows   int64 `json:"rows"`
	Layout int   `json:"layout,omitempty"`
	Facts
}

// Facts is what is known of a segment's records without opening it.
type Facts struct {
	Time     Range          `json:"time"`     // @timestamp
	Ingested Range          `json:"ingested"` // event.ingested
	First    event.Position `json:"first"`    // cert.raw.sequence
	Last     event.Position `json:"last"`
	Both     int64          `json:"both"`     // records with both sides affected
	Excluded int64          `json:"excluded"` // known-benign records
	Counted  int64          `json:"counted"`  // records that stand for more or less than one
}

// Range is an inclusive range of times.
type Range struct {
	Min event.Time `json:"min"`
	Max event.Time `json:"max"`
}

// Join widens the range.
func (r Range) Join(o Range) Range { return Range{min(r.Min, o.Min), max(r.Max, o.Max)} }

// Join gives the facts of both.
func (f Facts) Join(o Facts) Facts {
	return Facts{
		Time: f.Time.Join(o.Time), Ingested: f.Ingested.Join(o.Ingested),
		First: min(f.First, o.First), Last: max(f.Last, o.Last),
		Both: f.Both + o.Both, Excluded: f.Excluded + o.Excluded, Counted: f.Counted + o.Counted,
	}
}

// Rejects is a file of quarantined records.
type Rejects struct {
	File
	First    int64          `json:"first"` // ordinal of the first
	Count    int64          `json:"count"`
	Ingested Range          `json:"ingested"`
	FirstSeq event.Position `json:"first_sequence"` // of the journal
	LastSeq  event.Position `json:"last_sequence"`
	Reasons  []event.Reason `json:"reasons,omitempty"` // that occur, ordered; none where nobody noted them
}

// May says whether a record may have been quarantined for a reason.
func (r *Rejects) May(why event.Reason) bool {
	return len(r.Reasons) == 0 || slices.Contains(r.Reasons, why)
}

// Join gives what both files hold; they are neighbours, r before o.
func (r Rejects) Join(o Rejects) Rejects {
	r.Count += o.Count
	r.Ingested = r.Ingested.Join(o.Ingested)
	r.FirstSeq, r.LastSeq = min(r.FirstSeq, o.FirstSeq), max(r.LastSeq, o.LastSeq)
	if len(r.Reasons) == 0 || len(o.Reasons) == 0 {
		r.Reasons = nil
		return r
	}
	r.Reasons = slices.Concat(r.Reasons, o.Reasons)
	slices.Sort(r.Reasons)
	r.Reasons = slices.Compact(r.Reasons)
	return r
}

// New is the manifest of an empty store.
func New() *Manifest {
	return &Manifest{Version: version, NextFile: 1, Watermark: event.TimeUnset}
}

// Clone gives the next state to fill in.
func (m *Manifest) Clone() *Manifest {
	n := *m
	n.Generation++
	n.Segments = append([]Segment(nil), m.Segments...)
	n.Packs = append([]File(nil), m.Packs...)
	n.Rejects = append([]Rejects(nil), m.Rejects...)
	return &n
}

// Files calls fn for every file named.
func (m *Manifest) Files(fn func(f File)) {
	for _, s := range m.Segments {
		fn(s.File)
	}
	for _, p := range m.Packs {
		fn(p)
	}
	for _, r := range m.Rejects {
		fn(r.File)
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Save makes m the state on disk.
func (m *Manifest) Save(d Folder) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	body = fmt.Appendf(body, "\n%08x\n", crc32.Checksum(body, castagnoli))
	return d.Replace(FileName, body)
}

// Load reads the state on disk; an empty folder gives an empty store.
func Load(d Folder) (*Manifest, error) {
	data, err := d.Read(FileName)
	if errors.Is(err, os.ErrNotExist) {
		return New(), nil
	}
	if err != nil {
		return nil, err
	}
	body, sum, _ := bytes.Cut(data, []byte("\n"))
	want, err := strconv.ParseUint(strings.TrimSpace(string(sum)), 16, 32)
	if err != nil || uint32(want) != crc32.Checksum(body, castagnoli) {
		return nil, fmt.Errorf("%s is damaged (checksum): restore it from a backup, or remove the folder %s to rebuild from the journal", FileName, d)
	}
	m := new(Manifest)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("%s: %w", FileName, err)
	}
	if m.Version < oldest || m.Version > version {
		return nil, fmt.Errorf("%s is of version %d, this program reads versions %d to %d: use the program that wrote it, or a newer one", FileName, m.Version, oldest, version)
	}
	for i := range m.Segments {
		if n := m.Segments[i].Layout; n < 0 || n > Layout {
			return nil, fmt.Errorf("%s names %s with columns of layout %d, this program knows layouts up to %d: use the program that wrote it, or a newer one", FileName, m.Segments[i].Name, n, Layout)
		}
	}
	m.Version = version
	return m, nil
}

// Check compares the state with the folder: every file named must be there in
// its full size; the names of files that nobody names are given back. Numbers
// that those carry are not used again.
func (m *Manifest) Check(d Folder) (orphans []string, err error) {
	sizes, err := d.Sizes()
	if err != nil {
		return nil, err
	}
	m.Files(func(f File) {
		size, ok := sizes[f.Name]
		switch {
		case err != nil:
		case !ok:
			err = fmt.Errorf("%s is missing from %s: restore it from a backup, or remove the folder to rebuild from the journal", f.Name, d)
		case size != f.Size:
			err = fmt.Errorf("%s in %s has %d bytes instead of %d: restore it from a backup, or remove the folder to rebuild from the journal", f.Name, d, size, f.Size)
		}
		delete(sizes, f.Name)
	})
	if err != nil {
		return nil, err
	}
	for name := range sizes {
		n, ours := number(name)
		if !ours {
			continue // not of our making: leave it alone
		}
		m.NextFile = max(m.NextFile, n+1)
		orphans = append(orphans, name)
	}
	return orphans, nil
}

// Kinds of files.
const (
	KindSegment = "events"
	KindPack    = "parts"
	KindRejects = "rejects"
)

var extensions = map[string]string{KindSegment: ".parquet", KindPack: ".pack", KindRejects: ".ndjson.zst"}

// FileNameOf makes the name of a file.
func FileNameOf(kind string, number uint64) string {
	return fmt.Sprintf("%s-%012d%s", kind, number, extensions[kind])
}

// number reads the number out of a name that FileNameOf made; a half-written
// manifest is ours too.
func number(name string) (n uint64, ours bool) {
	if name == FileName+".new" {
		return 0, true
	}
	kind, rest, _ := strings.Cut(name, "-")
	ext, ok := extensions[kind]
	if !ok || !strings.HasSuffix(rest, ext) {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(rest, ext), 10, 64)
	return n, err == nil
}
