// SPDX-License-Identifier: Apache-2.0

// Package portal is the public face: server-rendered pages in Vietnamese and
// English that are whole without JavaScript, and the same figures as JSON and
// CSV.
//
// Released pictures come in from the gate; HTML, JSON and CSV go out. Strings
// that attackers may have written are shown, so everything passes through
// html/template, and no page carries inline script or style. The portal never
// asks measure or the store, never calls another host and never shows what
// went wrong inside.
package portal
