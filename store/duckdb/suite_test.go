// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"testing"

	"haidang/store"
	"haidang/store/storetest"
)

var _ store.Store = (*Store)(nil)

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t testing.TB, dir string) store.Store {
		return New(Config{Dir: dir + "/store"}, Dependencies{})
	})
}
