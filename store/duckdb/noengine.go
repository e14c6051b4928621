// SPDX-License-Identifier: Apache-2.0

//go:build noduckdb

package duckdb

import (
	"context"
	"database/sql/driver"

	"haidang/store"
)

// engine answers nothing: this build keeps records but cannot be asked.
type engine struct{}

func (e *engine) start(*Config) error { return nil }

func (e *engine) stop() error { return nil }

func (e *engine) forget(string) {}

func (e *engine) query(context.Context, string, *args, func(v []driver.Value) error) error {
	return store.ErrNoQueries
}

func bytesOf(driver.Value) ([]byte, error) { return nil, store.ErrNoQueries }
