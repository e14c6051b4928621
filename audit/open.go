// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// open reads the folder and gives the entries that tell of what was put right.
func (l *Log) open() (first []Entry, err error) {
	list, err := readNotes(l.cfg.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, l.create()
	}
	if err != nil {
		return nil, err
	}
	c, rotate, err := l.newest(list)
	if err != nil {
		return nil, err
	}
	r, err := l.recover(c)
	if err != nil {
		return nil, err
	}
	if r.adopted > 0 || r.cut > 0 {
		l.log.Warn("the audit log was put right after a crash", "entries_taken_in", r.adopted, "torn_bytes_cut_off", r.cut)
		first = append(first, Entry{Action: Recovery, Actor: System, Outcome: Done, Count: r.cut,
			Object: Object{Kind: "entries", More: r.adopted}})
	}
	if rotate {
		e, err := l.rotate()
		if err != nil {
			return nil, err
		}
		return append(first, e), nil
	}
	if err := l.saveKeys(); err != nil {
		return nil, err
	}
	if r.adopted > 0 {
		return first, l.checkpoint()
	}
	l.state.checkpoint = c
	if l.head, err = openNotes(l.cfg.Dir, c.Note); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return first, nil
}

// newest trusts the note that covers most. After a crash one of two may be torn.
func (l *Log) newest(list [][]byte) (c Checkpoint, rotate bool, err error) {
	best := list[0]
	for i, data := range list {
		got, _, fault := l.trust(data)
		if fault == nil && (c.Note == nil || got.Size > c.Size) {
			c, best = got, data
		}
		if fault != nil && i == 0 && len(list) > 1 {
			l.log.Warn("the newest checkpoint of the audit log cannot be used; is the one before it whole?", "reason", fault)
		}
	}
	return l.trust(best)
}

// create begins a new log.
func (l *Log) create() error {
	segments, err := numbered(filepath.Join(l.cfg.Dir, entriesDir), ".jsonl")
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if len(segments) > 0 {
		return fmt.Errorf("%w: %s holds entries, but the checkpoint is missing; restore the log from a backup", ErrTampered, l.cfg.Dir)
	}
	if l.origin = l.cfg.Origin; l.origin == "" {
		public, _ := publicKey(l.dep.Key)
		sum := sha256.Sum256(public)
		l.origin = "haidang-audit-" + hex.EncodeToString(sum[:4])
	}
	s, key, err := newSigner(l.origin, l.dep.Key)
	if err != nil {
		return err
	}
	l.signer, l.keys, l.state.tree = s, []string{key}, new(tree)
	if err := l.saveKeys(); err != nil {
		return err
	}
	return l.checkpoint()
}

// trust opens the newest checkpoint with the key or, at the first start after a
// change, the previous one.
func (l *Log) trust(data []byte) (c Checkpoint, rotate bool, err error) {
	l.origin = originOf(data)
	s, key, err := newSigner(l.origin, l.dep.Key)
	if err != nil {
		return c, false, err
	}
	l.signer = s
	known, err := ReadKeys(l.cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, false, err
	}
	if c, err = ownCheckpoint(data, 1, key); err == nil {
		if len(known) == 0 || known[len(known)-1] != key {
			known = append(known, key)
		}
		l.keys = known
		return c, false, nil
	}
	if l.dep.Previous != nil {
		previous, verr := VerifierKey(l.origin, l.dep.Previous)
		if verr != nil {
			return c, false, verr
		}
		if c, verr = ownCheckpoint(data, 1, previous); verr == nil {
			if len(known) == 0 || known[len(known)-1] == key { // a crash in the midst of a change
				known = []string{previous}
			}
			l.keys = append(known, key)
			return c, true, nil
		}
	}
	return c, false, fmt.Errorf("%w: the checkpoint in %s is not signed by this observatory's key (%w); restore keys and log from a backup", ErrTampered, l.cfg.Dir, err)
}

// rotate notes that the key changed: a checkpoint that names both,
// signed by both, so that who trusts one of them can trust the other.
func (l *Log) rotate() (Entry, error) {
	root, err := l.state.tree.root()
	if err != nil {
		return Entry{}, err
	}
	old, oldKey, err := newSigner(l.origin, l.dep.Previous)
	if err != nil {
		return Entry{}, err
	}
	newKey := l.keys[len(l.keys)-1]
	c := Checkpoint{
		Origin: l.origin, Size: l.state.tree.size, Root: root, Time: l.now().UTC().Truncate(time.Second),
		OldKey: oldKey, NewKey: newKey,
	}
	if err := c.sign(old, l.signer); err != nil {
		return Entry{}, err
	}
	if err := replace(l.cfg.Dir, rotationName(c.Size), c.Note); err != nil {
		return Entry{}, fmt.Errorf("audit: %w", err)
	}
	if err := l.saveKeys(); err != nil {
		return Entry{}, err
	}
	l.log.Warn("the audit log's signing key changed", "old", keyID(oldKey), "new", keyID(newKey))
	e := Entry{Action: Key, Actor: System, Outcome: Done, Object: Object{Kind: "key", IDs: []string{keyID(oldKey), keyID(newKey)}}}
	return e, l.checkpoint()
}

// Origin reads the log's name off its newest checkpoint, unverified.
func Origin(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	return originOf(data), nil
}

// keyID is the middle part of a verifier key, with a letter before it so that it
// never looks like a number of a person.
func keyID(verifier string) string {
	parts := strings.SplitN(verifier, "+", 3)
	return "key:" + parts[1]
}

// ReadKeys gives the verifier keys that a log's folder names, oldest first. They
// are worth as much as the folder.
func ReadKeys(dir string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, keysFile))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(data)), nil
}

func (l *Log) saveKeys() error {
	want := []byte(strings.Join(l.keys, "\n") + "\n")
	if have, err := os.ReadFile(filepath.Join(l.cfg.Dir, keysFile)); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := replace(l.cfg.Dir, keysFile, want); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
