// SPDX-License-Identifier: Apache-2.0

// Package collector sends the program's log and the audit log on to another machine.
//
// In come lines; out go messages of syslog (RFC 5424) over TLS (RFC 5425), to the one
// address that is configured and whose certificate is good. Nothing may wait for the
// other machine: what it does not take in time is counted and left out, but for audit
// entries, which are read from their log again until they were sent.
package collector
