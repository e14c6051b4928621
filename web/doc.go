// SPDX-License-Identifier: Apache-2.0

// Package web holds the front-end: TypeScript, style sheets and the map as
// source (src/, map/), the bundle that Build makes of them, and the committed,
// embedded dist/.
//
// Source files come in; files whose names carry the hash of their content, a
// manifest and an http.Handler go out. It calls no other host, keeps no state
// and imports no room. What is embedded is exactly what Build makes: a test
// builds anew and fails on a difference.
package web
