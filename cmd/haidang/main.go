// SPDX-License-Identifier: Apache-2.0

// Command haidang is Hải Đăng, a national cyber-threat observatory, in one
// binary: the server, its administration, and what a sensor's machine runs.
//
// Flags, environment and signals come in, an exit code goes out. It holds no
// logic of its own: app and the client-side rooms do the work. Whatever a
// script needs is printed on standard output alone; everything else goes to
// standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"haidang/vitals"
)

// cli is the command line; each field is a command in a file of its own.
type cli struct {
	Serve        serveCmd         `cmd:"" help:"Run the observatory."`
	Sensor       sensorCmd        `cmd:"" help:"Follow log files and send them; enrol, list, revoke, rotate, test sensors."`
	Agent        agentCmd         `cmd:"" help:"Send heartbeats of a machine or a fleet, and what ClamAV finds there."`
	Organisation organisationCmd  `cmd:"" help:"Keep organisations: their networks and whom they want to be told."`
	Person       personCmd        `cmd:"" help:"Invite people, give and take roles, end access."`
	Group        groupCmd         `cmd:"" help:"Keep the register of sharing groups."`
	Token        tokenCmd         `cmd:"" help:"Create, list and revoke operators' tokens."`
	Import       importCmd        `cmd:"" help:"Load archives of a format (plain, gzip, zstd; JSON arrays too)."`
	Replay       replayCmd        `cmd:"" help:"Send the embedded recording to a running observatory, marked as a replay."`
	Quarantine   quarantineCmd    `cmd:"" help:"List, show and replay quarantined records."`
	Backup       backupCmd        `cmd:"" help:"Write everything into one encrypted archive, while the observatory runs or not."`
	Restore      restoreCmd       `cmd:"" help:"Make a data folder of such an archive."`
	Audit        auditCmd         `cmd:"" help:"Verify the audit log; print its checkpoint, its key, a person's pseudonym."`
	Verify       verifyCmd        `cmd:"" help:"Check the signature of a cited figure, offline; with --replay work it out again."`
	Key          keyCmd           `cmd:"" help:"Change the key that citations of figures are signed with."`
	Rollup       rollupCmd        `cmd:"" help:"Rebuild the counts that are kept in memory."`
	Config       configCmd        `cmd:"" help:"Check a configuration, or show every setting."`
	Reload       reloadCmd        `cmd:"" help:"Read the tables and member networks again."`
	Doctor       doctorCmd        `cmd:"" help:"Look for the usual mistakes and say what to do."`
	Version      kong.VersionFlag `help:"Print the version."`
}

// streams is where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr, os.Environ()})
	stop()
	os.Exit(code)
}

// exit is how kong ends a run early, for --help.
type exit int

// untilStopped is the end of a command that runs until it is told to stop: then it
// is done. Any other that is told to stop before its end has failed.
func untilStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// run carries out one command: 0 done, 1 it failed, 2 the call is
// wrong; a command may have codes of its own.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if e := recover(); e != nil {
			c, ok := e.(exit)
			if !ok {
				panic(e)
			}
			code = int(c)
		}
	}()
	var c cli
	k, err := kong.New(&c,
		kong.Name("haidang"),
		kong.Description("Hải Đăng, national cyber-threat observatory. Documentation: docs/ and the portal's own pages."),
		kong.Vars{"version": vitals.Version},
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		fmt.Fprintln(s.err, "haidang:", err)
		return 2
	}
	parsed, err := k.Parse(args)
	if err != nil {
		fmt.Fprintln(s.err, "haidang:", err)
		fmt.Fprintln(s.err, "haidang: `haidang --help` lists the commands")
		return 2
	}
	if err := parsed.Run(); err != nil {
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("told to stop before it was done: %w", err)
		}
		fmt.Fprintln(s.err, "haidang:", err)
		if c := kong.ExitCoder(nil); errors.As(err, &c) {
			return c.ExitCode()
		}
		return 1
	}
	return 0
}
