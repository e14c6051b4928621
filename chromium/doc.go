// SPDX-License-Identifier: Apache-2.0

// Package chromium drives a real Chromium in tests that have the build tag
// browser, and in nothing else.
//
// In come pages' addresses and screens; out go the browser's answers and what is
// wrong with a page: barriers that axe-core finds, what scrolls sideways, what the
// page's policy refused. Where the browser or axe-core is not installed a test is
// skipped, and says so (make setup-browser).
//
// It may not wait a fixed time, nor reach another host: the browser's own talk
// with the world is switched off.
package chromium
