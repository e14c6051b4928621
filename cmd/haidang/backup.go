// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"haidang/app/admin"
	"haidang/backup"
)

type backupCmd struct {
	settings
	To            string   `help:"The archive to write; it must not exist." placeholder:"FILE"`
	Recipient     []string `help:"Public key of who may restore it (age1…); may come several times." placeholder:"KEY"`
	RecipientFile string   `help:"File of such keys, one a line." placeholder:"FILE"`
	NewKey        string   `help:"Make a key pair instead: the secret one into FILE, the public one is printed." placeholder:"FILE"`
}

// Run writes a backup of everything, of a running observatory or a stopped one.
func (c *backupCmd) Run(ctx context.Context, s streams) error {
	if c.NewKey != "" {
		public, err := backup.NewIdentity(c.NewKey)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "haidang: keep %s away from this machine; without it nothing can be restored\n", c.NewKey)
		fmt.Fprintln(s.out, public)
		return nil
	}
	ask, err := c.question()
	if err != nil {
		return err
	}
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		b, err := admin.Call[admin.Backup](ctx, a, admin.MethodBackup, ask)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%d files, %d bytes, journal position %d; the audit log's checkpoint follows, keep it elsewhere\n",
			b.Files, b.Bytes, b.Position)
		_, err = fmt.Fprint(s.out, b.Checkpoint)
		return err
	})
}

func (c *backupCmd) question() (q admin.NewBackup, err error) {
	if c.To == "" {
		return q, errors.New("--to: name the archive to write")
	}
	keys, err := backup.RecipientKeys(c.Recipient, c.RecipientFile)
	if err != nil {
		return q, err
	}
	q.Recipients = keys
	if q.To, err = filepath.Abs(c.To); err == nil && c.Config != "" {
		q.Config, err = filepath.Abs(c.Config)
	}
	return q, err
}
