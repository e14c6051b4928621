// SPDX-License-Identifier: Apache-2.0

// Package clamav maps the logs of ClamAV: clamd, clamscan, clamdscan and
// clamonacc, as files or by syslog (docs/28-participants.md).
//
// Log lines come in; a door rewrites each before it is journalled (Scrub), so
// that no path and no host name is kept. Attempts and incidents on participants,
// riskware and adware as context, and lines that tell of no detection as signs of
// life go out.
//
// What is on disk of a file is not known: "found by a scan" is taken to be
// resident. clamd's own log does not say whether clamonacc asked; follow
// clamonacc's log for that, or let the agent say so. It may not keep more of a
// line than time, way, the detection's name and the file's hash.
package clamav
