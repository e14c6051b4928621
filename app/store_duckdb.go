// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"haidang/store"
	"haidang/store/duckdb"
)

func newStore(a *App) (store.Store, error) {
	return duckdb.New(duckdb.Config{
		Dir: a.folder.join("store"), MemoryLimit: a.cfg.Store.Memory.DuckDB(), Threads: a.cfg.Workers,
	}, duckdb.Dependencies{Log: a.log, Metrics: a.metrics}), nil
}
