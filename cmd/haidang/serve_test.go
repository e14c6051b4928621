// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// storyKey is where a script keeps its story.
type storyKey struct{}

// story is what a script's commands share: its environment and the observatory
// that it runs.
type story struct {
	environ []string
	server  *exec.Cmd
	stdout  *bufio.Reader
	url     string
	stderr  bytes.Buffer
}

// serve FOLDER starts an observatory at a free port that the system chooses, and waits
// until it says where the portal is: $URL and $ADDRESS from then on.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve FOLDER")
	}
	s := ts.Value(storyKey{}).(*story)
	s.server = exec.Command("haidang", "serve", "--data", args[0], "--listen", "127.0.0.1:0")
	s.server.Dir, s.server.Env, s.server.Stderr = ts.MkAbs("."), s.environ, &s.stderr
	out, err := s.server.StdoutPipe()
	ts.Check(err)
	ts.Check(s.server.Start())
	ts.Defer(s.end)
	s.stdout = bufio.NewReader(out)
	line, err := s.stdout.ReadString('\n')
	if err != nil {
		s.end()
		ts.Fatalf("the observatory did not start: %s", &s.stderr)
	}
	s.url = strings.TrimSuffix(line, "\n")
	ts.Setenv("URL", s.url)
	ts.Setenv("ADDRESS", strings.TrimPrefix(s.url, "http://"))
}

// end leaves no server behind when a script has failed.
func (s *story) end() {
	if s.server != nil {
		_ = s.server.Process.Kill()
		_ = s.server.Wait()
		s.server = nil
	}
}

// interrupt ends the observatory as Ctrl-C does. What it said on standard output
// is compared as any command's.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(storyKey{}).(*story)
	if neg || len(args) != 0 || s.server == nil {
		ts.Fatalf("usage: interrupt, after serve")
	}
	ts.Check(s.server.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(s.stdout)
	ts.Check(err)
	err = s.server.Wait()
	s.server = nil
	if err != nil {
		ts.Fatalf("the observatory's end: %v\n%s", err, &s.stderr)
	}
	_, _ = io.WriteString(ts.Stdout(), s.url+"\n"+string(rest))
}
