// SPDX-License-Identifier: Apache-2.0

// Package notice tells organisations what happens on their networks, by e-mail
// and webhook.
//
// Incidents come in from a Source, already released by the gate for the contact
// they are for; messages go out through the configured mail relay and to signed
// webhooks: at once, or as a daily or weekly digest. A contact is told of an
// incident once, again when it returned after it was resolved, when it became
// worse, and when it is still seen after the reminder period. Nothing new,
// nothing sent.
//
// What is to be sent lies in an outbox on disk before it is sent, and is marked
// after: a crash in between sends the same message again, byte for byte, under
// the same Message-ID, and never a lost one.
//
// What may not happen: details of an incident of tier T3 or above, or without a
// label, leave in no message, subject or webhook, and lie in no outbox; such a
// message says that there is something and where to sign in. Text from the wire
// reaches no header. A webhook is never sent to an address inside, nor along a
// redirect. Replays are told to nobody.
package notice
