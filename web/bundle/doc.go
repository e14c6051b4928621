// SPDX-License-Identifier: Apache-2.0

// Package bundle turns the front-end's source into the files of dist/.
//
// The folder web/src comes in; files named by the hash of their content and
// manifest.json go out. It writes nothing itself and asks nothing of the
// network; esbuild runs inside the process. The same source gives the same
// bytes on every machine.
package bundle
