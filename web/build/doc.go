// SPDX-License-Identifier: Apache-2.0

// Command build bundles the front-end's source, web/src, into web/dist, which
// is committed and embedded.
//
//	go run ./web/build
//
// It is run at the root of the checkout. It replaces what is in web/dist and
// touches nothing else.
package main
