// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// strays finds files that do not belong, and tiles of entries that are not there.
func (v *verifier) strays() error {
	return filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a server renames beside us
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(v.dir, path)
		if err != nil {
			return err
		}
		if !v.known(name, d) && !v.stop {
			v.report.find(name, -1, -1, "it does not belong into the log")
		}
		return nil
	})
}

func (v *verifier) known(name string, d fs.DirEntry) bool {
	if !d.Type().IsRegular() {
		return false
	}
	if strings.HasSuffix(name, freshSuffix) {
		return true // a crash left it; a start that takes it for newer says what it took in
	}
	folder, file := filepath.Split(name)
	ok := false
	switch filepath.Clean(folder) {
	case ".":
		return file == checkpointFile || file == keysFile || file == lockFile
	case entriesDir:
		_, ok = number(file, ".jsonl")
		return ok
	case rotationsDir:
		_, ok = number(file, ".note")
		return ok
	case hoursDir:
		return strings.HasSuffix(file, ".note")
	}
	return v.tiles[name] || v.report.Running && strings.HasPrefix(name, tilesDir+string(filepath.Separator))
}
