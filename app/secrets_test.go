// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestFolderIsHeldOnceAndKeepsItsSecrets(t *testing.T) {
	dir := t.TempDir()
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir); !errors.Is(err, ErrRunning) {
		t.Fatalf("second opening: %v", err)
	}
	first, err := f.secret("event-id", 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	f, err = openFolder(dir)
	if err != nil {
		t.Fatalf("after closing: %v", err)
	}
	defer f.close()
	again, err := f.secret("event-id", 32)
	if err != nil || !bytes.Equal(first, again) {
		t.Fatalf("the key changed: %v", err)
	}
	if err := os.WriteFile(f.join("keys", "event-id"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.secret("event-id", 32); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged key: %v", err)
	}
}
