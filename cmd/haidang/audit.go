// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"haidang/app"
	"haidang/audit"
)

type auditCmd struct {
	Verify     auditVerifyCmd     `cmd:"" help:"Compute an audit log anew and compare it with everything that was signed."`
	Checkpoint auditCheckpointCmd `cmd:"" help:"Print the newest signed checkpoint, to be kept elsewhere."`
	Key        auditKeyCmd        `cmd:"" help:"Print the key that verifies checkpoints, to be kept elsewhere."`
	Pseudonym  auditPseudonymCmd  `cmd:"" help:"Print the name under which the log knows a person, by the person's id."`
}

// tampered is the exit code of a log that is not as it was signed; 1 says that it
// could not be verified.
const tampered = 3

// coded is an error with an exit code of its own.
type coded struct {
	error
	code int
}

func (c coded) ExitCode() int { return c.code }
func (c coded) Unwrap() error { return c.error }

type auditVerifyCmd struct {
	Dir   string   `arg:"" help:"The data folder, or the audit log's own."`
	Since string   `help:"A checkpoint that you hold: the log must have grown out of it." placeholder:"FILE"`
	Key   []string `help:"Verifier key that you hold; without one the folder's own is believed." placeholder:"KEY"`
}

// Run verifies: exit code 0 when everything is as it was signed, 3 when not, 1
// when that could not be found out.
func (c *auditVerifyCmd) Run(ctx context.Context, s streams) error {
	dir := auditFolder(c.Dir)
	keys := c.Key
	if len(keys) == 0 {
		var err error
		var own bool
		if keys, own, err = app.AuditKeys(dir); err != nil {
			return err
		}
		if fmt.Fprintln(s.err, "haidang: believing the folder's own key; name the one that you hold with --key"); !own {
			fmt.Fprintln(s.err, "haidang: it is the one that the log names, which whoever changed the log may have changed too")
		}
	}
	var since []byte
	if c.Since != "" {
		var err error
		if since, err = os.ReadFile(c.Since); err != nil {
			return err
		}
	}
	r, err := audit.Verify(ctx, dir, keys, since)
	if err != nil {
		return err
	}
	return printReport(s, r)
}

// auditFolder finds the log in a data folder.
func auditFolder(dir string) string {
	if inside := filepath.Join(dir, "audit"); isFolder(inside) {
		return inside
	}
	return filepath.Clean(dir)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func printReport(s streams, r audit.Report) error {
	for _, f := range r.Findings {
		fmt.Fprintln(s.out, f)
	}
	if err := r.Err(); err != nil {
		return coded{err, tampered}
	}
	fmt.Fprintf(s.out, "%d entries are as they were signed; compared: %d checkpoints, %d tiles, %d keys\n",
		r.Entries, r.Checkpoints, r.Tiles, len(r.Keys))
	if !r.Since {
		fmt.Fprintln(s.err, "haidang: without --since a log that was put back as a whole is not noticed")
	}
	return nil
}

type auditCheckpointCmd struct {
	settings
}

// Run prints the newest checkpoint, after looking at its signature.
func (c *auditCheckpointCmd) Run(s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	keys, _, err := app.AuditKeys(filepath.Join(cfg.Data, "audit"))
	if err != nil {
		return err
	}
	newest, err := audit.Newest(filepath.Join(cfg.Data, "audit"), keys...)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
		return err
	}
	if err != nil {
		return coded{err, tampered}
	}
	_, err = s.out.Write(newest.Note)
	return err
}

type auditKeyCmd struct {
	settings
}

// Run prints the verifier key.
func (c *auditKeyCmd) Run(s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	keys, own, err := app.AuditKeys(filepath.Join(cfg.Data, "audit"))
	if err != nil {
		return err
	}
	if !own {
		return errors.New("the data folder holds no signing key; run this where the observatory runs")
	}
	fmt.Fprintln(s.out, keys[0])
	return nil
}

type auditPseudonymCmd struct {
	settings
	ID string `arg:"" help:"The person's id."`
}

// Run prints a pseudonym.
func (c *auditPseudonymCmd) Run(s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	name, err := app.AuditPseudonym(cfg.Data, c.ID)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, name)
	return nil
}
