// SPDX-License-Identifier: Apache-2.0

// Package account is where people sign in and out and look after their own
// sessions, passkeys, accounts at providers, tokens and language, in Vietnamese
// and English.
//
// A browser's forms and, for passkeys, JSON come in; pages and a cookie go out.
// Who reads the cookie, or a bearer token, for the other rooms. Everything but
// passkeys works without JavaScript.
//
// Nobody is told whether an account exists: every failed sign-in gives the same
// answer, after the same work. Only POST changes anything, and only from our own
// pages. A page of this room is never framed, kept by a cache or left for
// another host by a redirect, except for the providers that are configured. The
// room keeps no secret of a person: identity does, as a hash.
package account
