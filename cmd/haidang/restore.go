// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"haidang/app"
	"haidang/backup"
)

type restoreCmd struct {
	From     string `help:"The archive." required:"" placeholder:"FILE"`
	Identity string `help:"File with the secret key of one of its recipients." required:"" placeholder:"FILE"`
	Data     string `help:"Data folder to make; it must not exist, or be empty." required:"" placeholder:"DIR"`
}

// Run makes a data folder of a backup.
func (c *restoreCmd) Run(ctx context.Context, s streams) error {
	identities, err := backup.Identities(c.Identity)
	if err != nil {
		return err
	}
	f, err := os.Open(c.From)
	if err != nil {
		return err
	}
	defer f.Close()
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	m, err := app.Restore(ctx, f, identities, c.Data, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d files, %d bytes, as of %s, written by version %s; start it: haidang serve --data %s\n",
		m.Files, m.Bytes, m.Created.Format(time.RFC3339), m.Program, c.Data)
	return nil
}
