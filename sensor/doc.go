// SPDX-License-Identifier: Apache-2.0

// Package sensor is what runs beside the log files: it follows them and sends
// what is written there to an observatory, or loads archives into one.
//
// Log files come in; batches go out through the observatory's ingest door. The
// Follower reads whole lines and keeps its place through rotation, truncation
// and restarts; the Spool keeps numbered batches on disk until the observatory
// has them; the Sender sends them in order. Place and spool change in one step,
// so that a kill at any moment neither loses a line nor sends one as new twice.
//
// It may not lose its place, may not grow beyond the spool's bound (then new
// records are shed, counted, and told), and may not change a record, unless its
// owner says how (Config.Rewrite).
package sensor
