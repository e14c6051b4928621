// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A key that is handed over as a credential wins over the folder's, is never
// written there, and cannot be changed here.
func TestKeysMayBeKeptElsewhere(t *testing.T) {
	handed := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", handed)
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	key := bytes.Repeat([]byte{7}, 32)
	if err := os.WriteFile(filepath.Join(handed, "haidang.webhook"), key, 0o440); err != nil {
		t.Fatal(err)
	}
	if got, err := f.secret("webhook", 32); err != nil || !bytes.Equal(got, key) {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := os.Stat(f.join("keys", "webhook")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a copy lies in the folder: %v", err)
	}
	if err := f.mayChange("webhook"); !errors.Is(err, errHanded) {
		t.Errorf("%v", err)
	}
	if own, err := f.secret("incident", 32); err != nil || len(own) != 32 || f.mayChange("incident") != nil {
		t.Errorf("a key that is not handed over: %x, %v", own, err)
	}
	if err := os.WriteFile(filepath.Join(handed, "relay"), []byte("s3cret\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	if got, err := secretOf("relay"); err != nil || got != "s3cret" {
		t.Errorf("%q, %v", got, err)
	}
}

// A secret that everybody on the machine may read is refused, with the remedy.
func TestSecretsOfOthersAreRefused(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if _, err := f.secret("webhook", 32); err != nil {
		t.Fatal(err)
	}
	path := f.join("keys", "webhook")
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o604, 0o644, 0o602} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := f.secret("webhook", 32); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%o: %v", mode, err)
		}
		if _, err := secretOf(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := f.secret("webhook", 32); err != nil {
		t.Errorf("the service's own group: %v", err)
	}
}
