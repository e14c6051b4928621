// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

// duckDB runs in a process of its own, this program again, so that its memory
// and processor time are its own.
func duckDB(ctx context.Context, in *inputs) (figures, error) {
	self, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	cmd := exec.CommandContext(ctx, self, "peers", "duckdb", in.lines, filepath.Join(in.dir, "duck.db"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return figures{}, err
	}
	var told struct {
		Version string
		Took    time.Duration
		CPU     time.Duration
		Peak    int64
	}
	if err := json.Unmarshal(out, &told); err != nil {
		return figures{}, fmt.Errorf("%w in %q", err, out)
	}
	return figures{
		version: "DuckDB " + told.Version, settings: "2 threads, table on disk, checkpoint included, no enrichment, no live counts",
		took: told.Took, cpu: told.CPU, peak: told.Peak, disk: sizeOf(filepath.Join(in.dir, "duck.db")), records: in.records,
	}, nil
}

const duckQuery = `CREATE TABLE events AS SELECT "timestamp"::TIMESTAMPTZ AS time, event_type, flow_id, src_ip, src_port, dest_ip, dest_port, proto,
app_proto, community_id, alert.signature_id, alert.signature, alert.category, alert.severity, flow.bytes_toserver, flow.bytes_toclient,
http.hostname, http.url, http.http_user_agent, http.http_method, dns.rrname, tls.sni, fileinfo.sha256
FROM read_json(%s, format = 'newline_delimited', columns = {"timestamp": 'VARCHAR', event_type: 'VARCHAR', flow_id: 'UBIGINT', src_ip: 'VARCHAR',
src_port: 'USMALLINT', dest_ip: 'VARCHAR', dest_port: 'USMALLINT', proto: 'VARCHAR', app_proto: 'VARCHAR', community_id: 'VARCHAR',
alert: 'STRUCT(signature_id UBIGINT, signature VARCHAR, category VARCHAR, severity INTEGER)',
flow: 'STRUCT(bytes_toserver UBIGINT, bytes_toclient UBIGINT)',
http: 'STRUCT(hostname VARCHAR, url VARCHAR, http_user_agent VARCHAR, http_method VARCHAR)',
dns: 'STRUCT(rrname VARCHAR)', tls: 'STRUCT(sni VARCHAR)', fileinfo: 'STRUCT(sha256 VARCHAR)'})`

// duckChild is that process.
func duckChild(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("bench peers duckdb takes two files")
	}
	db, err := sql.Open("duckdb", args[1]+"?threads=2")
	if err != nil {
		return err
	}
	defer db.Close()
	var version string
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return err
	}
	began, before := time.Now(), own()
	for _, q := range []string{fmt.Sprintf(duckQuery, "'"+args[0]+"'"), "CHECKPOINT"} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"Version": version, "Took": time.Since(began), "CPU": own() - before, "Peak": memoryOf(os.Getpid(), "VmHWM")})
}
