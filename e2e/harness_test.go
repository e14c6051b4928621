// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is built by TestMain.
var binary string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "haidang-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "haidang")
	cmd := exec.Command("go", "build", "-o", binary, "../cmd/haidang")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// observatory is a running server of the story.
type observatory struct {
	t     testing.TB
	data  string
	url   string
	cmd   *exec.Cmd
	log   *bytes.Buffer
	token string // an operator's
	env   []string
	args  []string
	wrap  []string // a program that runs the server, with its arguments
}

// newObservatory prepares one on an empty folder; start starts it.
func newObservatory(t testing.TB, args ...string) *observatory {
	t.Helper()
	o := &observatory{t: t, data: t.TempDir(), args: args, env: append(os.Environ(),
		"HAIDANG_DISK_MIN_FREE=16 MiB", "HAIDANG_DISK_MIN_FREE_PERCENT=0", "HAIDANG_CONFIG=", "HAIDANG_PORTAL_ZONE="+forenoon(time.Now()))}
	t.Cleanup(func() { o.stop() })
	return o
}

// forenoon is a zone in which it is between ten and eleven in the morning: no story
// meets the end of the day whose figures it asks for.
func forenoon(now time.Time) string {
	east := (10 - now.UTC().Hour() + 24) % 24 // hours, 0 to 23
	if east > 14 {
		east -= 24
	}
	return fmt.Sprintf("Etc/GMT%+d", -east) // POSIX counts to the west
}

func begin(t testing.TB, args ...string) *observatory {
	o := newObservatory(t, args...)
	o.start()
	return o
}

func (o *observatory) start() {
	o.t.Helper()
	o.log = new(bytes.Buffer)
	args := append([]string{"serve", "--data", o.data, "--listen", "127.0.0.1:0"}, o.args...)
	argv := append(append(append([]string{}, o.wrap...), binary), args...)
	o.cmd = exec.Command(argv[0], argv[1:]...)
	o.cmd.Env, o.cmd.Stderr = o.env, o.log
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(out).ReadString('\n')
		line <- strings.TrimSpace(s)
	}()
	select {
	case o.url = <-line:
	case <-time.After(2 * time.Minute):
	}
	if o.url == "" {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
		o.t.Fatalf("the observatory did not start:\n%s", o.log)
	}
	if o.token == "" {
		o.token = strings.TrimSpace(o.run("token", "create", "--role", "operator", "--data", o.data))
	}
}

// stop ends the server cleanly.
func (o *observatory) stop() {
	if o.cmd == nil {
		return
	}
	_ = syscall.Kill(o.pid(), syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- o.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			o.t.Errorf("a clean stop: %v\n%s", err, tail(o.log))
		}
	case <-time.After(2 * time.Minute):
		_ = o.cmd.Process.Kill()
		o.t.Errorf("it did not stop within two minutes:\n%s", tail(o.log))
	}
	o.cmd = nil
}

// pid is the server's own process, also when another program runs it.
func (o *observatory) pid() int {
	pid := o.cmd.Process.Pid
	if len(o.wrap) == 0 {
		return pid
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		o.t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.Fields(string(raw))[0])
	if err != nil {
		o.t.Fatal(err)
	}
	return child
}

func tail(b *bytes.Buffer) string {
	s := b.String()
	return s[max(0, len(s)-4000):]
}

// run carries out a command and gives its standard output.
func (o *observatory) run(args ...string) string {
	o.t.Helper()
	out, errs, err := o.try(args...)
	if err != nil {
		o.t.Fatalf("haidang %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out
}

func (o *observatory) try(args ...string) (out, errs string, err error) {
	var stdout, stderr bytes.Buffer
	c := exec.Command(binary, args...)
	c.Env, c.Stdout, c.Stderr = o.env, &stdout, &stderr
	err = c.Run()
	return stdout.String(), stderr.String(), err
}

func (o *observatory) enrol(name string, more ...string) string {
	o.t.Helper()
	args := append([]string{"sensor", "enrol", name, "--country", "VN", "--data", o.data}, more...)
	return strings.TrimSpace(o.run(args...))
}

// receipt is what the door answers.
type receipt struct {
	Batch     string
	Bytes     int64
	Records   int64
	Duplicate bool
	Status    int
	Detail    string
	Type      string
}

// post sends a body to a format's door. Headers are given as pairs.
func (o *observatory) post(format, token string, body io.Reader, headers ...string) receipt {
	o.t.Helper()
	r, err := o.tryPost(format, token, body, headers...)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *observatory) tryPost(format, token string, body io.Reader, headers ...string) (r receipt, err error) {
	req, err := http.NewRequest(http.MethodPost, o.url+"/api/v1/ingest/"+format, body)
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(raw, &r)
	r.Status = resp.StatusCode
	return r, err
}

// get asks the interface as the operator and reads JSON into out.
func (o *observatory) get(path string, out any) int {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodGet, o.url+path, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if out != nil && resp.StatusCode == 200 {
		if err := json.Unmarshal(raw, out); err != nil {
			o.t.Fatalf("%s: %v in %s", path, err, raw)
		}
	}
	if resp.StatusCode != 200 {
		o.t.Logf("%s: %d %s", path, resp.StatusCode, raw)
	}
	return resp.StatusCode
}

// outcome is what became of a batch.
type outcome struct {
	State       string
	Records     int64
	Stored      int64
	Quarantined map[string]int64
	Lines       []struct {
		Line   int64
		Reason string
		Detail string
	}
}

// committed waits until a batch can be asked for.
func (o *observatory) committed(batch string) outcome {
	o.t.Helper()
	var out outcome
	for range 12 {
		if s := o.get("/api/v1/batches/"+batch+"?wait=10s", &out); s != 200 {
			o.t.Fatalf("batch %s: status %d\n%s", batch, s, tail(o.log))
		}
		if out.State == "committed" {
			return out
		}
	}
	o.t.Fatalf("batch %s was not committed in two minutes\n%s", batch, tail(o.log))
	return out
}

// count asks for metrics over what matches a query string.
func (o *observatory) count(query, metric string) int64 {
	o.t.Helper()
	var out struct{ Counts map[string]int64 }
	if s := o.get("/api/v1/events/count?metric="+metric+"&"+query, &out); s != 200 {
		o.t.Fatalf("count %s: status %d", query, s)
	}
	return out.Counts[metric]
}

// by asks for records by one field.
func (o *observatory) by(field, query string) map[string]int64 {
	o.t.Helper()
	var out struct {
		Cells []struct {
			Group  []string
			Values []int64
		}
	}
	if s := o.get("/api/v1/events/aggregate?limit=10000&by="+field+"&"+query, &out); s != 200 {
		o.t.Fatalf("aggregate by %s: status %d", field, s)
	}
	m := map[string]int64{}
	for _, c := range out.Cells {
		m[c.Group[0]] = c.Values[0]
	}
	return m
}

// balanced checks the identity of accounting for a sensor.
func (o *observatory) balanced(sensor string) {
	o.t.Helper()
	var out struct {
		Hours []struct {
			Hour     string
			Received int64
			Stored   int64
			Balanced bool
		}
	}
	if s := o.get("/api/v1/sensors/"+sensor+"/accounting", &out); s != 200 {
		o.t.Fatalf("accounting of %s: status %d", sensor, s)
	}
	if len(out.Hours) == 0 {
		o.t.Errorf("%s has no accounting", sensor)
	}
	for _, h := range out.Hours {
		if !h.Balanced {
			o.t.Errorf("%s %s does not balance: %+v", sensor, h.Hour, h)
		}
	}
}

// corpus gives a file of the real telemetry, or skips.
func corpus(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no corpus (set HAIDANG_CORPUS): %v", err)
	}
	return path
}
