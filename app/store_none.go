// SPDX-License-Identifier: Apache-2.0

//go:build noduckdb

package app

import (
	"errors"

	"haidang/store"
)

// newStore says what this build is for: it follows and sends log files, and
// needs neither a C compiler nor a query engine.
func newStore(*App) (store.Store, error) {
	return nil, errors.New("this is the sensor's build (noduckdb): it cannot serve; use the full build")
}
