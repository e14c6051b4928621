// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// clickConfig is the least that a server starts with; %[1]s is its folder.
const clickConfig = `<yandex>
<logger><level>error</level><log>%[1]s/log</log><errorlog>%[1]s/errors</errorlog></logger>
<listen_host>127.0.0.1</listen_host><http_port>%[2]d</http_port>
<path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path><user_files_path>%[1]s/files/</user_files_path>
<mark_cache_size>268435456</mark_cache_size><users_config>%[1]s/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
</yandex>`

const clickUsers = `<yandex><profiles><default><max_threads>2</max_threads></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default></default></quotas></yandex>`

const clickTable = `CREATE TABLE events (time String, type String, flow UInt64, src_ip String, src_port UInt16, dest_ip String, dest_port UInt16,
proto String, app String, community String, signature_id UInt64, signature String, category String, severity UInt8, bytes_toserver UInt64,
bytes_toclient UInt64, hostname String, url String, agent String, method String, rrname String, sni String, sha256 String)
ENGINE = MergeTree ORDER BY (type, src_ip)`

// clickPort is of the loopback; nothing else of the bench listens there.
const clickPort = 19_000

func clickHouse(ctx context.Context, in *inputs) (f figures, err error) {
	bin, err := exec.LookPath("clickhouse-server")
	if err != nil {
		return f, fmt.Errorf("%w: apt-get install clickhouse-server", errAbsent)
	}
	dir := filepath.Join(in.dir, "clickhouse")
	for _, d := range []string{dir, dir + "/data", dir + "/tmp", dir + "/files"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return f, err
		}
	}
	if err := errors.Join(os.WriteFile(dir+"/config.xml", fmt.Appendf(nil, clickConfig, dir, clickPort), 0o600),
		os.WriteFile(dir+"/users.xml", []byte(clickUsers), 0o600)); err != nil {
		return f, err
	}
	server := exec.Command(bin, "--config-file="+dir+"/config.xml")
	server.Dir = dir
	if err := server.Start(); err != nil {
		return f, err
	}
	ask := func(q string, body io.Reader) (string, error) {
		at := fmt.Sprintf("http://127.0.0.1:%d/?query=%s", clickPort, url.QueryEscape(q))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, body)
		if err != nil {
			return "", err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %.300s", resp.Status, text)
		}
		return strings.TrimSpace(string(text)), err
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if f.version, err = ask("SELECT version()", nil); err == nil || time.Now().After(deadline) {
			break
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return f, err
		}
	}
	err = insert(ask, in, &f)
	f.peak = memoryOf(server.Process.Pid, "VmHWM")
	stop := server.Process.Signal(syscall.SIGTERM)
	waited := server.Wait()
	if err := errors.Join(err, stop, waited); err != nil && !errors.As(waited, new(*exec.ExitError)) || f.took == 0 {
		return f, err
	}
	f.version, f.settings = "ClickHouse "+f.version, "2 threads, MergeTree, no fsync; its start and stop included"
	f.cpu, f.disk, f.records = cpuOf(server), sizeOf(dir+"/data"), in.records
	return f, nil
}

// insert sends the file over HTTP: the server parses.
func insert(ask func(string, io.Reader) (string, error), in *inputs, f *figures) error {
	if _, err := ask(clickTable, nil); err != nil {
		return err
	}
	file, err := os.Open(in.flat)
	if err != nil {
		return err
	}
	defer file.Close()
	began := time.Now()
	if _, err := ask("INSERT INTO events FORMAT JSONEachRow", file); err != nil {
		return err
	}
	f.took = time.Since(began)
	return nil
}
