// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// maxSocketPath is the longest path that a Unix socket's address holds on the
// systems we run on, with room to spare (sun_path has 104 to 108 bytes).
const maxSocketPath = 100

// SocketPath gives where the socket of a data folder is: inside it, or, where
// that path is too long for a socket, in a private folder of the user's run-time
// or temporary folder, named by a hash of the data folder's path.
func SocketPath(data string) (string, error) {
	abs, err := filepath.Abs(data)
	if err != nil {
		return "", err
	}
	inside := filepath.Join(abs, "admin.sock")
	if len(inside) <= maxSocketPath {
		return inside, nil
	}
	sum := sha256.Sum256([]byte(abs))
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		short := filepath.Join(dir, "haidang-"+hex.EncodeToString(sum[:6]), "admin.sock")
		if dir != "" && len(short) <= maxSocketPath {
			return short, nil
		}
	}
	return "", fmt.Errorf("no folder with a path short enough for a socket; set XDG_RUNTIME_DIR")
}

// prepare makes the socket's folder and removes what a crash left behind. The
// folder must be ours alone: in a shared temporary folder somebody else could
// have made it first.
func prepare(socket string) error {
	dir := filepath.Dir(socket)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !ownedByUs(info) {
		return fmt.Errorf("%s is not a folder of this user's alone; remove it or set XDG_RUNTIME_DIR", dir)
	}
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
