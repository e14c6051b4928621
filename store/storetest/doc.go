// SPDX-License-Identifier: Apache-2.0

// Package storetest is the suite that any store must pass: hand Run a way to
// open one. Batches, oracles and seeds are fixed, so that a failure can be
// repeated. It may not look inside a store.
package storetest
