// SPDX-License-Identifier: Apache-2.0

// Package release is the release desk's page: what everybody sees is decided
// here, by a named person, with a reason.
//
// Who is signed in and forms come in; decisions go to the desk that keeps them
// and into the audit log before they hold. It may not happen that something is
// changed by GET, without a passkey shown within minutes, or for somebody who is
// not an analyst of the centre.
package release
