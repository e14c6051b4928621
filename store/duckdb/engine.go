// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"

	"haidang/store"
)

// engine asks DuckDB, in process. It keeps nothing of its own on disk but what
// it spills.
type engine struct{ db *sql.DB }

// maxAskers bounds the questions answered at once; others wait their turn.
const maxAskers = 8

func (e *engine) start(cfg *Config) error {
	folder, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return err
	}
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return err
	}
	e.db = sql.OpenDB(connector)
	e.db.SetMaxOpenConns(maxAskers)
	e.db.SetMaxIdleConns(maxAskers)
	for _, set := range []string{
		"autoinstall_known_extensions = false",
		"autoload_known_extensions = false",
		"allow_community_extensions = false",
		"memory_limit = " + literal(cfg.MemoryLimit),
		"max_temp_directory_size = " + literal(cfg.SpillLimit),
		"temp_directory = " + literal(filepath.Join(folder, "spill")),
		fmt.Sprintf("threads = %d", cfg.Threads),
		"preserve_insertion_order = false",
		"TimeZone = 'UTC'",
		"allowed_directories = [" + literal(folder+"/") + "]",
		"enable_external_access = false",
		"lock_configuration = true",
	} {
		if _, err := e.db.Exec("SET " + set); err != nil {
			return errors.Join(fmt.Errorf("DuckDB: SET %s: %w", set, err), e.db.Close())
		}
	}
	return nil
}

// literal quotes a setting of ours; values of questions are bound, never quoted.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (e *engine) stop() error { return e.db.Close() }

func (e *engine) forget(string) {}

// query runs a question and calls row for each line of the answer. The engine
// holds the whole answer, so the question must bound it. The values
// are valid during the call.
func (e *engine) query(ctx context.Context, text string, a *args, row func(v []driver.Value) error) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		text, values := a.used(text)
		named := make([]driver.NamedValue, len(values))
		for i, v := range values {
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		}
		rows, err := raw.(driver.QueryerContext).QueryContext(ctx, text, named)
		if err != nil {
			return asked(ctx, err)
		}
		defer rows.Close()
		line := make([]driver.Value, len(rows.Columns()))
		for {
			switch err := rows.Next(line); {
			case err == nil:
			case isEnd(err):
				return asked(ctx, nil)
			default:
				return asked(ctx, err)
			}
			if err := row(line); err != nil {
				return err
			}
		}
	})
}
func isEnd(err error) bool { return errors.Is(err, io.EOF) }

// asked gives the error of a question: the asker's own, when it gave up.
func asked(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *duck.Error
	if errors.As(err, &e) && e.Type == duck.ErrorTypeOutOfMemory {
		return &store.QueryError{
			Field:  "by",
			Detail: "the question needs more memory than is allowed: ask for a shorter time, fewer fields or one metric at a time",
		}
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// bytesOf gives the bytes of a BLOB or a UUID.
func bytesOf(v driver.Value) ([]byte, error) {
	switch b := v.(type) {
	case []byte:
		return b, nil
	case duck.UUID:
		return b[:], nil
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("store: %T holds no bytes", v)
}
