// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuOf is the processor time of a finished process and its children.
func cpuOf(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// pgBin finds the newest installed PostgreSQL.
func pgBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			return "", fmt.Errorf("%w: apt-get install postgresql", errAbsent)
		}
		found = []string{path}
	}
	return filepath.Dir(slices.Max(found)), nil
}

// unprivileged makes a command run as the user postgres where we are root,
// which PostgreSQL refuses to be.
func unprivileged(cmd *exec.Cmd) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("%w: there is no user postgres", errAbsent)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return nil
}

const pgSettings = "fsync on, shared_buffers 512MB, max_wal_size 4GB, no index"

func postgres(ctx context.Context, in *inputs) (f figures, err error) {
	bin, err := pgBin()
	if err != nil {
		return f, err
	}
	dir := filepath.Join(in.dir, "postgres")
	if err := os.Mkdir(dir, 0o777); err != nil {
		return f, err
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		return f, err
	}
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
		cmd.Dir = dir
		if err := unprivileged(cmd); err != nil {
			return "", err
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return strings.TrimSpace(string(out)), err
	}
	if _, err := run("initdb", "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C", "-D", data); err != nil {
		return f, err
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB")
	server.Dir = dir
	if err := errors.Join(unprivileged(server), server.Start()); err != nil {
		return f, err
	}
	psql := func(q string) (string, error) {
		return run("psql", "-X", "-q", "-t", "-A", "-h", dir, "-U", "bench", "-d", "postgres", "-c", q)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if f.version, err = psql("SHOW server_version"); err == nil || time.Now().After(deadline) {
			break
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return f, err
		}
	}
	err = copyIn(psql, in, &f)
	stop := server.Process.Signal(syscall.SIGINT)
	if err := errors.Join(err, stop, server.Wait()); err != nil {
		return f, err
	}
	f.version, f.settings = "PostgreSQL "+f.version, pgSettings+", its start and stop included"
	f.cpu, f.records = cpuOf(server), in.records // what its processes share cannot be told apart: no peak
	return f, nil
}

func copyIn(psql func(string) (string, error), in *inputs, f *figures) error {
	if _, err := psql("CREATE TABLE events (" + columnsSQL + ")"); err != nil {
		return err
	}
	began := time.Now()
	if _, err := psql("COPY events FROM '" + in.tabs + "'"); err != nil {
		return err
	}
	f.took = time.Since(began)
	size, err := psql("SELECT pg_total_relation_size('events')")
	if err != nil {
		return err
	}
	f.disk, err = strconv.ParseInt(size, 10, 64)
	return err
}
