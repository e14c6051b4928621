// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Verify computes a log anew from its entries and compares everything that was
// signed or derived: tiles, the newest checkpoint, the hourly ones, changes of
// the key, and since, a checkpoint that the verifier holds (nil when none). Keys
// are verifier keys that are trusted; those that rotations join to them are too.
// The error says that it could not be verified, the report what is wrong.
func Verify(ctx context.Context, dir string, keys []string, since []byte) (Report, error) {
	v := &verifier{dir: dir, tree: new(tree), want: map[int64][]signed{}}
	v.report.Running = held(dir)
	if len(keys) == 0 {
		return v.report, errors.New("audit: no verifier key; name one that you hold, as in origin+hash+key")
	}
	v.trusted = slices.Clone(keys)
	if err := v.signatures(since); err != nil {
		return v.report, err
	}
	if err := v.walk(ctx); err != nil {
		return v.report, err
	}
	return v.report, v.strays()
}

type verifier struct {
	dir     string
	trusted []string
	report  Report
	want    map[int64][]signed // by size
	tree    *tree
	good    int64            // the largest size whose root was as signed
	leaves  []tlog.Hash      // the folder's tile of the entries being read; nil when there is none
	places  [tileWidth]place // of the entries of the unfinished tile
	tiles   map[string]bool  // finished ones, by name
	stop    bool             // what follows cannot be judged
}

// signed is a checkpoint and the file it is in.
type signed struct {
	file string
	Checkpoint
}

// signatures opens all checkpoints. Those of a running log are read oldest
// first, so that none is newer than the newest.
func (v *verifier) signatures(since []byte) error {
	chain, err := v.rotations()
	if err != nil {
		return err
	}
	if err := v.hours(); err != nil {
		return err
	}
	c, err := readNewest(v.dir, func(data []byte) (Checkpoint, error) { return ownCheckpoint(data, 1, v.trusted...) })
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
		return err
	}
	if err != nil {
		v.report.find(checkpointFile, -1, -1, "%v", err)
	} else {
		v.report.Checkpoint = c
		v.expect(checkpointFile, c)
	}
	if since != nil {
		c, err := ParseCheckpoint(since, v.trusted...)
		if err != nil {
			return fmt.Errorf("the checkpoint that you hold: %w", err)
		}
		v.report.Since = true
		v.expect("the checkpoint that you hold", c)
	}
	return v.publicKeys(chain)
}

// expect notes a root that the entries must give.
func (v *verifier) expect(file string, c Checkpoint) {
	newest := v.report.Checkpoint
	if newest.Note != nil && c.Origin != newest.Origin {
		v.report.find(file, -1, -1, "it is of the log %q, this one is %q", c.Origin, newest.Origin)
		return
	}
	v.want[c.Size] = append(v.want[c.Size], signed{file, c})
}

// rotations opens the notes of key changes and widens the trust along them.
func (v *verifier) rotations() (chain []string, err error) {
	sizes, err := numbered(filepath.Join(v.dir, rotationsDir), ".note")
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	notes := map[int64][]byte{}
	for _, size := range sizes {
		if notes[size], err = os.ReadFile(filepath.Join(v.dir, rotationName(size))); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
	}
	for grown := true; grown; {
		grown = false
		for _, size := range sizes {
			c, err := ParseCheckpoint(notes[size], v.trusted...)
			if err != nil || c.NewKey == "" {
				continue
			}
			for _, k := range []string{c.OldKey, c.NewKey} {
				if !slices.Contains(v.trusted, k) {
					v.trusted, grown = append(v.trusted, k), true
				}
			}
		}
	}
	for _, size := range sizes {
		c, err := ownCheckpoint(notes[size], 2, v.trusted...)
		switch {
		case err != nil:
			v.report.find(rotationName(size), -1, -1, "%v", err)
		case c.Size != size || c.NewKey == "":
			v.report.find(rotationName(size), -1, -1, "it is not the change of a key at this size")
		default:
			chain = append(chain, c.OldKey, c.NewKey)
			v.expect(rotationName(size), c)
		}
	}
	return slices.Compact(chain), nil
}

func (v *verifier) hours() error {
	entries, err := os.ReadDir(filepath.Join(v.dir, hoursDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit: %w", err)
	}
	for _, e := range entries {
		name := filepath.Join(hoursDir, e.Name())
		if !strings.HasSuffix(name, ".note") {
			continue // told by strays
		}
		data, err := os.ReadFile(filepath.Join(v.dir, name))
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		c, err := ownCheckpoint(data, 1, v.trusted...)
		switch {
		case err != nil:
			v.report.find(name, -1, -1, "%v", err)
		case c.Time.Format(hourLayout)+".note" != e.Name():
			v.report.find(name, -1, -1, "it was signed at %s, which is another hour", c.Time.Format(checkpointTime))
		default:
			v.expect(name, c)
		}
	}
	return nil
}

// publicKeys compares the list of keys with the rotations.
func (v *verifier) publicKeys(chain []string) error {
	data, err := os.ReadFile(filepath.Join(v.dir, keysFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit: %w", err)
	}
	listed := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	v.report.Keys = listed
	if !bytes.Equal(data, []byte(strings.Join(listed, "\n")+"\n")) || len(chain) > 0 && !slices.Equal(listed, chain) ||
		len(chain) == 0 && (len(listed) != 1 || !slices.Contains(v.trusted, listed[0])) {
		v.report.find(keysFile, -1, -1, "it does not list the keys that the changes of keys and your own key name")
	}
	return nil
}

// walk hashes all entries in order.
func (v *verifier) walk(ctx context.Context) error {
	segments, err := listSegments(v.dir)
	if err != nil {
		return err
	}
	v.tiles = map[string]bool{}
	v.compare(place{file: checkpointFile, offset: -1})
	s := &scanner{dir: v.dir, rest: segments}
	defer s.close()
	file := ""
	for !v.stop && ctx.Err() == nil {
		if v.report.Running && v.tree.size == v.report.Checkpoint.Size {
			break // the server is writing what follows
		}
		raw, at, err := s.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errTorn) {
			return fmt.Errorf("audit: %w", err)
		}
		if at.file != file && at.file != segmentName(v.tree.size) {
			v.report.find(at.file, 0, v.tree.size, "the file before it ends with entry %d: entries between are missing, or files changed places", v.tree.size-1)
			v.stop = true
			break
		}
		file = at.file
		v.entry(raw, at, err)
	}
	v.report.Entries = v.tree.size
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.at.file == "" {
		s.at.file = entriesDir
	}
	v.end(s.at)
	return nil
}

// entry takes one line.
func (v *verifier) entry(raw []byte, at place, torn error) {
	var hash tlog.Hash
	err := torn
	if err == nil {
		hash = tlog.RecordHash(raw)
		err = v.look(raw, hash)
	}
	if err != nil {
		v.report.find(at.file, at.offset, v.tree.size, "%v", err)
		v.stop = true
		return
	}
	v.places[v.tree.size%tileWidth] = at
	for _, t := range v.tree.add(hash) {
		v.tile(t)
	}
	v.compare(at)
}

// look says whether a line is the next entry. One with the hash that its tile
// holds is as it was written and need not be parsed, which is most of the work;
// whether the tile is right the signed roots say.
func (v *verifier) look(raw []byte, hash tlog.Hash) (err error) {
	at := v.tree.size % tileWidth
	if at == 0 {
		v.leaves = nil
		if data, err := readTile(v.dir)(tile{n: v.tree.size / tileWidth}); err == nil {
			v.leaves = unpack(data)
		}
	}
	var n int64
	if v.leaves != nil && v.leaves[at] == hash {
		n, err = numberOf(raw)
	} else {
		var e Entry
		e, err = Parse(raw)
		n = e.Index
	}
	if err == nil && n != v.tree.size {
		err = fmt.Errorf("entry %d stands where entry %d belongs", n, v.tree.size)
	}
	return err
}

// tile compares a tile with the one in the folder.
func (v *verifier) tile(t tile) {
	name := filepath.FromSlash(t.path())
	v.tiles[name] = true
	have, err := readTile(v.dir)(t)
	if err != nil {
		if v.tree.size <= v.report.Checkpoint.Size {
			v.report.find(name, -1, -1, "%v", err)
		}
		return
	}
	v.report.Tiles++
	for i, h := range unpack(have) {
		if bytes.Equal(h[:], t.data[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
			continue
		}
		if t.level == 0 {
			at := v.places[i]
			v.report.find(at.file, at.offset, t.n*tileWidth+int64(i), "the entry has another hash than %s holds at byte %d: one of the two was changed", name, i*tlog.HashSize)
		} else {
			v.report.find(name, int64(i*tlog.HashSize), -1, "the hash is not that of the tile below")
		}
		return
	}
}

// compare looks whether the tree has the root of the checkpoints of its size.
func (v *verifier) compare(at place) {
	for _, c := range v.want[v.tree.size] {
		root, err := v.tree.root()
		v.report.Checkpoints++
		if err == nil && root == c.Root {
			v.good = max(v.good, v.tree.size)
			continue
		}
		v.report.find(at.file, at.offset, -1, "entries up to here are not those that %s signed (%d entries); those below %d are", c.file, c.Size, v.good)
	}
	delete(v.want, v.tree.size)
}

// end judges what is missing at the end, or too much.
func (v *verifier) end(at place) {
	if v.stop {
		return
	}
	for _, size := range slices.Sorted(maps.Keys(v.want)) {
		for _, c := range v.want[size] {
			v.report.find(at.file, at.offset, v.tree.size, "the log ends with %d entries, but %s signed %d on %s: the end was cut off, or an older log put in its place",
				v.tree.size, c.file, c.Size, c.Time.Format(checkpointTime))
		}
	}
	if n := v.tree.size - v.report.Checkpoint.Size; n > 0 && v.report.Checkpoint.Note != nil {
		v.report.find(at.file, -1, v.report.Checkpoint.Size, "%d entries stand behind the newest checkpoint, unsigned: after a crash start the observatory once, which takes them in and says so; without one the checkpoint was put back", n)
	}
}
