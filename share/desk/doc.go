// SPDX-License-Identifier: Apache-2.0

// Package desk is the analyst's desk: search with facets and a timeline, one
// record down to its raw line, organisations and their networks, quarantine,
// the dry run of routing, and the auditor's page.
//
// Requests of signed-in people come in; pages go out, made from what the gate
// released to exactly that person. Everything works without JavaScript, in
// Vietnamese and English. What attackers wrote is shown as text and nothing else.
//
// It may not happen that somebody without the role gets more than a refusal,
// that a GET changes anything, or that records leave before it is noted who reads
// them: without the note there is no answer.
package desk
