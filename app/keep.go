// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// credentials is the folder that systemd, or whatever fills it from a key vault,
// hands secrets over in; empty where there is none.
func credentials() string { return os.Getenv("CREDENTIALS_DIRECTORY") }

// keyPath is where a data folder's key is read: handed over as the credential
// haidang.NAME or, where there is none, the file of the folder's keys.
func keyPath(data, name string) (path string, handed bool) {
	if dir := credentials(); dir != "" {
		path := filepath.Join(dir, "haidang."+name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return filepath.Join(data, "keys", name), false
}

// readKey reads a data folder's key, which nobody else of the machine may read.
func readKey(data, name string) ([]byte, error) {
	path, handed := keyPath(data, name)
	if !handed {
		if err := onlyOurs(path); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}

// onlyOurs refuses a file that every user of the machine may read or change.
func onlyOurs(path string) error {
	i, err := os.Stat(path)
	if err != nil {
		return err
	}
	if i.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%s is open to everybody on this machine; make it private: chmod 600 %s", path, path)
	}
	return nil
}

// secretOf reads a secret from the file that the configuration names. A name
// without a folder is that of a credential.
func secretOf(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if dir := credentials(); dir != "" && !strings.ContainsRune(path, filepath.Separator) {
		path = filepath.Join(dir, path)
	} else if err := onlyOurs(path); err != nil {
		return "", err
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// errHanded says that a key is kept elsewhere and must be changed there.
var errHanded = errors.New("this key is handed over as a credential; change it where it is kept and start again")

func (f *folder) mayChange(name string) error {
	if path, handed := keyPath(f.path, name); handed {
		return fmt.Errorf("%w: %s", errHanded, path)
	}
	return nil
}

// missing holds for a key that was not made yet.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
