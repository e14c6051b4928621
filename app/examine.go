// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"haidang/config"
	"haidang/enrich"
)

// Finding is one thing that doctor looked at.
type Finding struct {
	What   string `json:"what"`
	Good   bool   `json:"good"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

// Judge makes a finding of an error, or of its absence.
func Judge(what, good string, err error, remedy string) Finding {
	if err == nil {
		return Finding{What: what, Good: true, Detail: good}
	}
	return Finding{What: what, Detail: err.Error(), Remedy: remedy}
}

// Examine looks at what can be seen without a running server: the data folder,
// its disk, and the files that the configuration names.
func Examine(cfg config.Config) []Finding {
	out := []Finding{
		Judge("data folder "+cfg.Data, "can be written", writable(cfg.Data), "choose another with --data, or change its owner"),
	}
	if s, ok := freeSpace(existing(cfg.Data)); ok {
		var err error
		if s.low(cfg.Disk) {
			err = fmt.Errorf("%d MiB of %d MiB are free; the doors answer 507", s.free>>20, s.total>>20)
		}
		out = append(out, Judge("disk", fmt.Sprintf("%d MiB free", s.free>>20), err, moreRoom))
	}
	if cfg.Enrich.Members != "" {
		_, err := enrich.ReadMembers(cfg.Enrich.Members)
		out = append(out, Judge("member networks "+cfg.Enrich.Members, "can be read", err, "correct the line it names"))
	}
	return out
}

// existing gives the nearest folder that is there.
func existing(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "."
	}
	for {
		if _, err := os.Stat(abs); err == nil || abs == filepath.Dir(abs) {
			return abs
		}
		abs = filepath.Dir(abs)
	}
}

func writable(path string) error {
	f, err := os.CreateTemp(existing(path), ".haidang-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
