// SPDX-License-Identifier: Apache-2.0

// Package cowrie maps the JSON log of the SSH and Telnet honeypot Cowrie.
//
// In come lines of its jsonlog output, one event a line; out go records. The
// honeypot is the affected side and what happens to it is an attempt: nobody
// who uses a computer was attacked, and a login that "succeeds" was meant to.
// What only describes the client or the honeypot itself is context, and so is
// an event id that is not in the table. The third parties whom an attacker
// tries to reach through the honeypot are kept in the residual: they are
// neither end of the connection.
package cowrie
