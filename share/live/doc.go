// SPDX-License-Identifier: Apache-2.0

// Package live sends the national picture to browsers as server-sent events.
//
// Released pictures come in, four times a second, from the gate; one encoded
// and compressed stream goes out, shared by all readers. Raw events never come
// here, nothing is encoded twice, and no reader may slow another: one that
// cannot keep up is left out until the next whole state.
//
// # The stream
//
// GET /live answers text/event-stream. Two sorts of message arrive:
//
//	event: s   the whole state, on connecting and every 10 s
//	event: d   a difference to the message before, at most every 250 ms
//
// The first bytes on connecting are the last whole state and all differences
// since. The data of both sorts is a JSON object with any of these members:
//
//	at, day, last, watermark, sectorDay   Unix time in milliseconds, 0 unknown
//	home                                  ISO 3166-1 alpha-2
//	replay, stale                         true or false
//	withheld                              names of sections that are not shown
//	rate, worldRate                       attacks a second, mean over 10 s
//	average                               attacks on an average such weekday up to this hour, 0 unknown
//	today, world, hostedIn                [attacks, incidents, states, context, records, excluded]
//	unconfirmed                           attacks whose hosting address may be forged
//	sensors                               [all, silent]
//	flows                         {"s": second, "f": [[from, to, attacks], …], "r": attacks in none of f}
//	asNames                               {key of as: name of the network}, where it has one
//	hosting, as, affected, kinds, ways    {key: attacks}
//	minutes                               {minute: [attacks, incidents, states]}, minutes since 1970
//
// A difference holds only what changed. In the last three lines, and there only,
// a member is merged key by key, and null takes a key away; everything else
// replaces what was there.
package live
