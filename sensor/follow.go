// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// linger is how long a file that was rotated away may still be written.
const linger = 5 * time.Second

// Follower reads whole lines from files as they grow. It belongs to one
// goroutine and keeps nothing on disk: Places is what it has to be given when
// it goes on later.
type Follower struct {
	patterns []string
	fromEnd  bool // skip what is in files that are there at the very first start
	log      *slog.Logger
	tails    []*tail
	window   []byte
	warned   map[string]bool
	linger   time.Duration
	moved    bool // files came, went or were cut since Moved was asked
}

// NewFollower follows the files that match the patterns, beginning where places
// say. Files that places do not know are read from their begin, or, if fromEnd
// is set and there are no places at all, from their end.
func NewFollower(patterns []string, places []place, fromEnd bool, log *slog.Logger) (*Follower, error) {
	for _, p := range patterns {
		if _, err := filepath.Match(p, ""); err != nil {
			return nil, errors.New(p + ": this is no file name or pattern")
		}
	}
	f := &Follower{patterns: patterns, log: log, warned: map[string]bool{}, linger: linger, window: make([]byte, mostLine)}
	for _, p := range places {
		if f.wanted(p.Path) {
			f.resume(p)
		}
	}
	f.fromEnd = fromEnd && len(places) == 0
	f.discover(time.Now())
	f.fromEnd = false
	return f, nil
}

// wanted tells whether a file that was followed before still is to be: it, or
// what rotation made it of, matches a pattern.
func (f *Follower) wanted(path string) bool {
	unrotated := rotatedSuffix.ReplaceAllString(path, "")
	return slices.ContainsFunc(f.patterns, func(p string) bool {
		for _, name := range []string{path, unrotated} {
			if ok, _ := filepath.Match(p, name); ok || p == name {
				return true
			}
		}
		return false
	})
}

// Close gives the files up.
func (f *Follower) Close() {
	for _, t := range f.tails {
		_ = t.f.Close() // was only read
	}
	f.tails = nil
}

// Places says where to go on, for every file.
func (f *Follower) Places() []place {
	out := make([]place, 0, len(f.tails))
	for _, t := range f.tails {
		out = append(out, t.place)
	}
	return out
}

// Moved tells, once, that places changed though no line was read.
func (f *Follower) Moved() bool {
	m := f.moved
	f.moved = false
	return m
}

// Behind gives the bytes that are in the files and not yet read.
func (f *Follower) Behind() (n int64) {
	for _, t := range f.tails {
		n += max(0, t.size-t.Offset)
	}
	return n
}

// Read adds whole lines to r until it holds most bytes or no more are there. It
// reports whether the batch should be closed.
func (f *Follower) Read(r *records, most int, now time.Time) (full bool) {
	f.discover(now)
	for _, t := range f.tails {
		truncated, err := t.look(now)
		if err == nil && truncated {
			f.truncated(t, now)
			return len(r.raw) > 0 // the places of before and after do not share a batch
		}
		if err == nil {
			full, err = t.read(r, most, f.window)
		}
		if err != nil {
			f.warn(t.Path, err)
			continue
		}
		if full {
			f.later(t)
			return true
		}
		if t.Gone && t.size <= t.Offset+mostLine && f.over(t, now) {
			if err := t.rest(r, f.window); err != nil {
				f.warn(t.Path, err)
			}
			f.drop(t)
			return len(r.raw) > 0
		}
	}
	return false
}

// later lets the other files have their turn before this one's next.
func (f *Follower) later(t *tail) {
	f.tails = append(slices.DeleteFunc(f.tails, func(o *tail) bool { return o == t }), t)
}

// over tells whether a file that was rotated away is written no more.
func (f *Follower) over(t *tail, now time.Time) bool {
	idle := now.Sub(t.changed)
	if t.renewed {
		return idle >= f.linger
	}
	// As long as no new file is there, the writer still has the old one.
	return idle >= 12*f.linger
}

func (f *Follower) drop(t *tail) {
	_ = t.f.Close() // was only read
	f.moved = true
	f.tails = slices.DeleteFunc(f.tails, func(o *tail) bool { return o == t })
	f.log.Info("a file that was rotated away is read to its end", "file", t.Path)
}

// discover finds new files, and files whose path became another's.
func (f *Follower) discover(now time.Time) {
	held := map[*tail]bool{}
	for _, path := range f.paths() {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				f.warn(path, err)
			}
			continue
		}
		device, inode := inodeOf(info)
		i := slices.IndexFunc(f.tails, func(t *tail) bool { return t.Device == device && t.Inode == inode })
		if i < 0 {
			if t := f.open(path, info, now); t != nil {
				held[t] = true
			}
			continue
		}
		t := f.tails[i]
		held[t] = true
		t.Path, t.Gone, t.renewed = path, false, false
	}
	for _, t := range f.tails {
		if !held[t] && !t.Gone {
			t.Gone, t.changed = true, now
			f.log.Info("file was rotated away", "file", t.Path)
		}
		if t.Gone && !t.renewed {
			_, err := os.Stat(t.Path)
			t.renewed = err == nil
		}
	}
	// What was rotated away is read first.
	slices.SortStableFunc(f.tails, func(a, b *tail) int {
		return cmp.Compare(rank(a), rank(b))
	})
}

func rank(t *tail) int {
	if t.Gone {
		return 0
	}
	return 1
}

// paths gives what matches the patterns, without packed files.
func (f *Follower) paths() []string {
	var out []string
	for _, p := range f.patterns {
		match, _ := filepath.Glob(p) // checked when made
		if len(match) == 0 && !strings.ContainsAny(p, "*?[") {
			match = []string{p}
		}
		for _, m := range match {
			if !packed(m) && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// packed tells a packed file by its name: a rotated sibling that was read
// before it was packed.
func packed(name string) bool {
	switch filepath.Ext(name) {
	case ".gz", ".zst", ".xz", ".bz2", ".lz4", ".zip":
		return true
	}
	return false
}

// open begins a file that was not followed before.
func (f *Follower) open(path string, info fs.FileInfo, now time.Time) *tail {
	file, err := os.Open(path)
	if err != nil {
		f.warn(path, err)
		return nil
	}
	if again, err := file.Stat(); err != nil || !os.SameFile(again, info) {
		_ = file.Close() // replaced in between: the next look finds it
		return nil
	}
	delete(f.warned, path)
	t := &tail{f: file, changed: now}
	t.Path = path
	t.Device, t.Inode = inodeOf(info)
	t.Print, _, _ = headOf(file, 0)
	if f.fromEnd {
		t.Offset = info.Size()
		last := make([]byte, 1)
		if n, _ := file.ReadAt(last, t.Offset-1); t.Offset > 0 && (n != 1 || last[0] != '\n') {
			t.Skip = true
		}
		t.note(file)
	}
	f.tails = append(f.tails, t)
	f.moved = true
	f.log.Info("following", "file", path, "from", t.Offset, "size", info.Size())
	return t
}

// truncated begins a file again that was cut (copytruncate). What was copied
// away before it was read is finished first.
func (f *Follower) truncated(t *tail, now time.Time) {
	old := t.place
	f.moved = true
	t.Offset, t.Head, t.Skip, t.tried = 0, 0, false, 0
	t.Print, _, _ = headOf(t.f, 0)
	f.log.Info("file was truncated; reading it from its begin", "file", t.Path, "was_at", old.Offset)
	if old.Head < sureHead {
		return
	}
	for _, s := range siblings(old.Path) {
		if c := f.openAt(old, s.path); c != nil {
			c.Gone, c.renewed, c.changed = true, true, now
			f.tails = append([]*tail{c}, f.tails...)
			return
		}
	}
}

// openAt opens the path if it is the file of the place.
func (f *Follower) openAt(p place, path string) *tail {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !p.is(file, info) {
		_ = file.Close() // was only read
		return nil
	}
	t := &tail{place: p, f: file, changed: time.Now()}
	t.Path = path
	t.Device, t.Inode = inodeOf(info)
	return t
}

// resume goes on with a file that was read before: at its path, or wherever
// rotation has put it meanwhile. Rotated files that came after it were written
// while nobody followed; they are read from their begin.
func (f *Follower) resume(p place) {
	if t := f.openAt(p, p.Path); t != nil {
		f.tails = append(f.tails, t)
		return
	}
	list := siblings(p.Path)
	at := slices.IndexFunc(list, func(s sibling) bool {
		t := f.openAt(p, s.path)
		if t != nil {
			t.Gone = true
			f.tails = append(f.tails, t)
		}
		return t != nil
	})
	if at < 0 {
		if p.Offset > 0 {
			f.log.Warn("a file that was being read is gone; lines that were written to it since are lost", "file", p.Path, "was_at", p.Offset)
		}
		return
	}
	for _, s := range list[at+1:] {
		if t := f.open(s.path, s.info, time.Now()); t != nil {
			t.Gone = true
		}
	}
}

// sibling is a file that rotation made of another.
type sibling struct {
	path string
	info fs.FileInfo
}

var (
	rotatedName   = regexp.MustCompile(`^[.-][0-9][-0-9._T]*$`)
	rotatedSuffix = regexp.MustCompile(`[.-][0-9][-0-9._T]*$`)
)

// siblings lists what rotation made of a path (eve.json.1, eve.json-20261121),
// oldest first, without packed files.
func siblings(path string) []sibling {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	var out []sibling
	for _, e := range entries {
		suffix, ok := strings.CutPrefix(e.Name(), filepath.Base(path))
		if !ok || !rotatedName.MatchString(suffix) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			out = append(out, sibling{filepath.Join(filepath.Dir(path), e.Name()), info})
		}
	}
	slices.SortStableFunc(out, func(a, b sibling) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	return out
}

// warn says once what is wrong with a file.
func (f *Follower) warn(path string, err error) {
	if !f.warned[path] {
		f.warned[path] = true
		f.log.Warn("a file cannot be read; trying again", "file", path, "error", err.Error())
	}
}
