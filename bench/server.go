// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"haidang/app/admin"
	"haidang/event"
	"haidang/replay/generate"
)

// build makes a binary that is measured, with flags beside those that all have.
func build(ctx context.Context, to string, flags ...string) error {
	args := append([]string{"build", "-trimpath", "-pgo=bench/path.pgo", "-ldflags", "-s -w", "-o", to}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "haidang/cmd/haidang")...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// server is the observatory in a process of its own.
type server struct {
	cmd      *exec.Cmd
	data     string
	address  string
	desk     admin.Caller
	operator string
	up       time.Duration // from its start to the first page
	enrolled map[string]bool
}

// serve starts the binary on a data folder and waits until a page comes.
func (b *bench) serve(ctx context.Context, data string, settings ...string) (*server, error) {
	s := &server{data: data, enrolled: map[string]bool{}, cmd: exec.Command(b.binary, "serve", "--data", data, "--listen", "127.0.0.1:0")}
	s.cmd.Env = append(os.Environ(), "HAIDANG_LOG_LEVEL="+b.log, "HAIDANG_DISK_MIN_FREE_PERCENT=0")
	s.cmd.Env = append(s.cmd.Env, settings...)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("the observatory did not start"), s.cmd.Wait())
	}
	s.address = lines.Text()
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if err := fetch(ctx, s.address+"/en/", ""); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.up = time.Since(began)
	if s.desk, err = admin.Remote(data); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	t, err := admin.Call[admin.Token](ctx, s.desk, admin.MethodTokenCreate, admin.NewToken{Name: fmt.Sprint("bench-", began.UnixNano()), Role: "operator"})
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.operator = t.Token
	return s, nil
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// kill ends the server as a power cut would, but for the page cache.
func (s *server) kill() error {
	err := s.cmd.Process.Kill()
	_ = s.cmd.Wait() // says that it was killed
	return err
}

func (s *server) status(ctx context.Context) (admin.Status, error) {
	return admin.Call[admin.Status](ctx, s.desk, admin.MethodStatus, admin.None{})
}

// stored waits until so many records are committed.
func (s *server) stored(ctx context.Context, records int64) error {
	last, since := int64(-1), time.Now()
	for {
		st, err := s.status(ctx)
		switch {
		case err != nil:
			return err
		case st.Records >= records:
			return nil
		case st.Records != last:
			last, since = st.Records, time.Now()
		case time.Since(since) > time.Minute:
			return fmt.Errorf("%d of %d acknowledged records are stored, and no more come", st.Records, records)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// atRest waits until the server does nothing any more for some seconds: what is
// stored is merged a while later.
func (s *server) atRest(ctx context.Context) error {
	const quiet = 7 * time.Second // longer than merging waits
	for {
		before, err := processorOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		if err := pause(ctx, quiet); err != nil {
			return err
		}
		after, err := processorOf(s.cmd.Process.Pid)
		if err != nil || after-before < quiet/20 {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// token enrols a sensor of the load, or gives it a new token when it comes again, also
// to a folder that was kept.
func (s *server) token(ctx context.Context, name string) (string, error) {
	if len(s.enrolled) == 0 {
		list, err := admin.Call[[]admin.Sensor](ctx, s.desk, admin.MethodSensorList, admin.None{})
		if err != nil {
			return "", err
		}
		for _, known := range list {
			s.enrolled[known.Name] = true
		}
	}
	if s.enrolled[name] {
		t, err := admin.Call[admin.Token](ctx, s.desk, admin.MethodSensorRotate, admin.Name{Name: name})
		return t.Token, err
	}
	t, err := admin.Call[admin.Token](ctx, s.desk, admin.MethodSensorEnrol, event.Sensor{Name: name, Country: "VN"})
	s.enrolled[name] = err == nil
	return t.Token, err
}

// send makes a load from now and sends it.
func (s *server) send(ctx context.Context, g generate.Config, c generate.RunConfig, dep generate.Dependencies) (generate.Result, error) {
	g.Seed = max(g.Seed, 1)
	if c.Rate > 0 {
		g.Rate = c.Rate
	}
	made, err := generate.New(g)
	if err != nil {
		return generate.Result{}, err
	}
	c.To, dep.Token = s.address, s.token
	return generate.Run(ctx, made, c, dep)
}

// fetch asks for a page and reads it.
func fetch(ctx context.Context, url, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return read(http.DefaultClient, req)
}

func read(client *http.Client, req *http.Request) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %.300s", req.URL, resp.Status, text)
	}
	return err
}

// sizeOf adds up the files below a folder.
func sizeOf(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file that was just merged away counts for nothing
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}
