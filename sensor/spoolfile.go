// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// head is the first line of a batch file, and, without a batch, the whole of
// the state file. Whichever of them has the highest step says where to go on.
type head struct {
	Version int     `json:"version"`
	Step    uint64  `json:"step"`
	Places  []place `json:"places"`
	Pending uint64  `json:"pending_shed"` // records shed since the last batch

	// Of a batch file.
	Seq     uint64 `json:"seq,omitempty"`
	Format  string `json:"format,omitempty"`
	Records int    `json:"records,omitempty"`
	Raw     int    `json:"raw,omitempty"`
	Shed    uint64 `json:"shed,omitempty"` // told with this batch
	Length  int    `json:"length,omitempty"`
	Sum     []byte `json:"sum,omitempty"`

	// Of the state file.
	Spool    string `json:"spool,omitempty"`
	Next     uint64 `json:"next,omitempty"` // number of the next batch, at least
	Acked    uint64 `json:"acked,omitempty"`
	ShedAll  uint64 `json:"shed_all,omitempty"`
	SentAll  uint64 `json:"sent_all,omitempty"`
	RefusedN uint64 `json:"refused_all,omitempty"`
}

const stateVersion = 1

var errDamaged = errors.New("the file is damaged")

func encodeBatch(h head, body []byte) ([]byte, error) {
	sum := sha256.Sum256(body)
	h.Version, h.Length, h.Sum = stateVersion, len(body), sum[:]
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return append(append(line, '\n'), body...), nil
}

// decodeBatch gives the head and body of a batch file, checked.
func decodeBatch(data []byte) (head, []byte, error) {
	line, body, ok := bytes.Cut(data, []byte("\n"))
	var h head
	if !ok || json.Unmarshal(line, &h) != nil {
		return h, nil, errDamaged
	}
	if h.Version != stateVersion {
		return h, nil, fmt.Errorf("the file is of version %d, this program reads version %d", h.Version, stateVersion)
	}
	if sum := sha256.Sum256(body); len(body) != h.Length || !bytes.Equal(sum[:], h.Sum) {
		return h, nil, errDamaged
	}
	return h, body, nil
}

// disk is how the spool writes; tests look at every step.
type disk struct {
	step func(string) // called after each durable step; may be nil
}

func (d disk) did(what string) {
	if d.step != nil {
		d.step(what)
	}
}

// put writes a file so that it is there wholly or not at all, and on disk when
// it returns.
func (d disk) put(path string, data []byte) (err error) {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	d.did("written")
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp) // what is left of it is no use
		return err
	}
	d.did("renamed")
	err = syncDir(filepath.Dir(path))
	d.did("synced")
	return err
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
