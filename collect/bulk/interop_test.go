// SPDX-License-Identifier: Apache-2.0

//go:build interop

package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/collect"
	"haidang/collect/bulk"
)

// The shippers are real programs from Debian's packages, installed or unpacked
// by testdata/install-shippers.sh. Each follows a file of Suricata's records on
// this machine and sends it to the door over loopback.

// shipper finds a program in PATH or where the script unpacked it.
func shipper(t *testing.T, name string) (program, root string) {
	t.Helper()
	root, err := filepath.Abs("../../.cache/shippers")
	if err != nil {
		t.Fatal(err)
	}
	if p := filepath.Join(root, "usr/sbin", name); isFile(p) {
		return p, root
	}
	if p, err := exec.LookPath(name); err == nil {
		return p, "/"
	}
	t.Skipf("%s is not on this machine; collect/bulk/testdata/install-shippers.sh fetches it", name)
	return "", ""
}

func isFile(p string) bool { s, err := os.Stat(p); return err == nil && s.Mode().IsRegular() }

// one gives the only path that a pattern matches below root.
func one(t *testing.T, root, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s below %s (%v)", pattern, root, err)
	}
	return found[0]
}

// records are lines of EVE: the corpus where it is, else made here.
func records(t *testing.T) []string {
	t.Helper()
	corpus := os.Getenv("HAIDANG_CORPUS")
	if corpus == "" {
		corpus = "../../../shared/data"
	}
	raw, err := os.ReadFile(filepath.Join(corpus, "suricata/zeek-traces.eve.json"))
	if err == nil {
		return strings.Split(strings.TrimSpace(string(raw)), "\n")
	}
	t.Logf("no corpus (%v); sending made records", err)
	var out []string
	for i := range 3000 {
		out = append(out, fmt.Sprintf(`{"timestamp":"2026-03-04T05:06:07.%06d+0000","event_type":"alert","src_ip":"192.0.2.%d","alert":{"signature":"thử nghiệm %d"}}`, i, i%250, i))
	}
	return out
}

// run starts a shipper and stops it when the test ends.
func run(t *testing.T, program string, env []string, args ...string) *bytes.Buffer {
	t.Helper()
	var said bytes.Buffer
	c := exec.CommandContext(t.Context(), program, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = &said, &said
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Cancel()
		_ = c.Wait() // it was told to end; how it does is its own affair
		if t.Failed() {
			t.Logf("%s said:\n%s", program, said.Bytes())
		}
	})
	return &said
}

// await waits until the door holds the records, all and each once.
func (d *door) await(t *testing.T, want []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		held := d.held()["eve"]
		if strings.Count(held, "\n") >= len(want) {
			got := strings.Split(strings.TrimSuffix(held, "\n"), "\n")
			slices.Sort(got)
			want := slices.Sorted(slices.Values(want))
			if !slices.Equal(got, want) {
				for i := range want {
					if i >= len(got) || got[i] != want[i] {
						t.Fatalf("%d records came, %d were sent; the first that differs:\n got %.300q\nwant %.300q", len(got), len(want), got[min(i, len(got)-1)], want[i])
					}
				}
			}
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d records came; refused: %+v", strings.Count(held, "\n"), len(want),
				d.intake.Refused("*", now.Add(-time.Hour), now.Add(time.Hour)))
		case <-tick.C:
		}
	}
}

// follow writes the records to a file: half before, half while it is followed.
func follow(t *testing.T, file string, lines []string) (rest func()) {
	t.Helper()
	half := len(lines) / 2
	if err := os.WriteFile(file, []byte(strings.Join(lines[:half], "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return func() {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(strings.Join(lines[half:], "\n") + "\n"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRsyslogsOmelasticsearch(t *testing.T) {
	program, root := shipper(t, "rsyslogd")
	modules := filepath.Dir(one(t, root, "usr/lib/*/rsyslog/omelasticsearch.so"))
	d := open(t, collect.Config{}, bulk.Config{})
	at, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lines := records(t)
	file := filepath.Join(dir, "eve.json")
	rest := follow(t, file, lines)
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf(`
global(workDirectory="%[1]s" maxMessageSize="1m" parser.escapeControlCharactersOnReceive="off")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omelasticsearch")
template(name="record" type="string" string="%%msg%%")
input(type="imfile" file="%[2]s" tag="eve")
action(type="omelasticsearch" server="http://%[3]s" serverport="%[4]s" template="record"
       searchIndex="eve" searchType="" bulkmode="on" uid="any" pwd="good"
       queue.type="LinkedList" queue.dequeueBatchSize="500" action.resumeRetryCount="-1"
       errorFile="%[1]s/errors")
`, dir, file, at.Hostname(), at.Port())
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, program, nil, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"), "-M", modules)
	rest()
	d.await(t, lines)
	if raw, err := os.ReadFile(filepath.Join(dir, "errors")); err == nil && len(raw) > 0 {
		t.Errorf("rsyslog noted errors: %.500s", raw)
	}
}

func TestSyslogNG(t *testing.T) {
	program, root := shipper(t, "syslog-ng")
	modules := filepath.Dir(one(t, root, "usr/lib/*syslog-ng/3.*/libhttp.so"))
	driver := one(t, root, "usr/share/syslog-ng/include/scl/elasticsearch/elastic-http.conf")
	for name, destination := range map[string]string{
		"elasticsearch-http": `elasticsearch-http(url("%s/_bulk") index("eve") type("") template("${MESSAGE}") user("any") password("good") timeout(10))`,
		"http": `http(url("%s/eve/_bulk") method("POST") headers("Authorization: Bearer good" "Content-Type: application/x-ndjson")
			body("{\"create\":{}}\n${MESSAGE}") delimiter("\n") body-suffix("\n") batch-lines(500) batch-timeout(200))`,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, collect.Config{}, bulk.Config{})
			dir := t.TempDir()
			lines := records(t)
			file := filepath.Join(dir, "eve.json")
			rest := follow(t, file, lines)
			conf := filepath.Join(dir, "syslog-ng.conf")
			text := "@version: 3.38\n@include \"" + driver + "\"\n" +
				"options { log-msg-size(1048576); stats-freq(0); };\n" +
				"source s { file(\"" + file + "\" flags(no-parse) follow-freq(0.2)); };\n" +
				"destination d { " + fmt.Sprintf(destination, d.URL) + "; };\n" +
				"log { source(s); destination(d); flags(flow-control); };\n"
			if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			libraries := filepath.Dir(one(t, root, "usr/lib/*syslog-ng/libsyslog-ng-*.so.0"))
			run(t, program, []string{"LD_LIBRARY_PATH=" + libraries}, "-F", "--no-caps", "-f", conf,
				"-R", filepath.Join(dir, "persist"), "-c", filepath.Join(dir, "ctl"), "-p", filepath.Join(dir, "pid"),
				"--module-path", modules)
			rest()
			d.await(t, lines)
		})
	}
}
