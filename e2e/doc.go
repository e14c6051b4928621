// SPDX-License-Identifier: Apache-2.0

// Package e2e holds stories that drive the real binary, as a stranger would:
// it is built once, started on an empty data folder, fed through its doors and
// asked through its interface. It holds tests and nothing else.
package e2e
