// SPDX-License-Identifier: Apache-2.0

// Package agent speaks for participants: one machine, or a fleet.
//
// Names of participants and ClamAV's logs come in; a heartbeat of each an hour and
// what the logs say go out to a door, through spools, so that nothing is lost
// while the observatory is away. It may not let a path leave the machine, and
// needs no cgo.
package agent
