// SPDX-License-Identifier: Apache-2.0

// Package replay sends the embedded recording to a running observatory through
// its real door, as sensors that stand in a dozen countries.
//
// The recording's lines come in; requests to the door go out, each marked as a
// replay, from sensors enrolled as replays. On the way the times are moved to
// now and the recording's private and documentation addresses are replaced by
// addresses in real countries' networks, by a fixed seed: every pass over the
// recording draws new ones. Nothing else of a record is changed.
//
// It may not look live, and it may not keep any state: who plays whom is a
// function of seed, pass, sensor and recorded addresses alone.
package replay
