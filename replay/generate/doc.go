// SPDX-License-Identifier: Apache-2.0

// Package generate makes load: EVE records at a rate no recording has, and
// sends them to an observatory.
//
// Lines of the embedded recording come in. They are cut into templates once:
// times, addresses, ports, flows, rules and names become slots, everything else
// stays as a real Suricata wrote it. Bodies of whole lines go out, each a
// function of seed and number alone, however many goroutines make them; beside
// them goes an independent count of what they hold (Truth), so that a test can
// ask the observatory and compare. Load prepares bodies before the clock starts
// and Run sends them, none twice, each sensor's in order.
//
// It may not look like anything but load: its sensors are named load-000 and on,
// and no address in it stands for a real attacker. It may not be slower than
// what it measures.
package generate
