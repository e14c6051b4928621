// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"encoding/binary"
	"strings"

	"github.com/zeebo/xxh3"

	"haidang/event"
)

// cell is what an event was, as far as figures tell it apart.
type cell struct {
	class class
	kind  event.RSIT
	way   event.Way
	stage event.Stage
}

// class says what met the participant.
type class uint8

const (
	malware class = iota
	riskware
	adware
	other // an attack without malware
	classes
)

var classNames = [classes]string{"malware", "riskware", "adware", "other"}

// attacks reports whether the cell's events are attacks: malware and others, but
// neither riskware nor adware.
func (c cell) attacks() bool { return c.class == malware || c.class == other }

// resident reports whether malware sat on the participant's machine.
func (c cell) resident() bool {
	return c.stage == event.StageIncident && c.kind == event.RSITInfectedSystem
}

// cellOf gives the cell of a row; ok is false for what is no event: heartbeats,
// lines of a log.
func cellOf(b *event.Batch, row int) (c cell, ok bool) {
	c = cell{kind: b.RSIT[row], way: b.Way[row], stage: b.Stage[row]}
	switch c.stage {
	case event.StageAttempt, event.StageIncident:
		c.class = other
		if strings.HasPrefix(c.kind.String(), "malicious-code/") {
			c.class = malware
		}
		return c, true
	case event.StageContext:
		switch b.Action.At(row) {
		case "riskware-detected":
			c.class = riskware
		case "adware-detected":
			c.class = adware
		default:
			return c, false
		}
		return c, true
	}
	return c, false // states are exposures
}

// cells numbers cells in the order in which they came.
type cells struct {
	list    []cell
	numbers map[cell]uint16
}

func (c *cells) number(x cell) uint16 {
	if n, ok := c.numbers[x]; ok {
		return n
	}
	if c.numbers == nil {
		c.numbers = map[cell]uint16{}
	}
	n := uint16(len(c.list)) // classes × kinds × ways × stages are fewer
	c.list, c.numbers[x] = append(c.list, x), n
	return n
}

// hit is one folded event.
type hit struct {
	who   uint32
	count uint32
	cell  uint16
	hour  uint8 // of the local day, the first in which it was seen
}

// keyOf tells events of a day apart: by the folding key (events/1), where there
// is one; what has none folds by hour.
func keyOf(b *event.Batch, row int, c cell, h hit) uint64 {
	var in [32]byte
	hash := b.Hash[row]
	if hash.IsSet() {
		copy(in[:16], hash[:])
	} else {
		in[15] = h.hour
		binary.LittleEndian.PutUint64(in[:8], xxh3.HashString(b.RuleID.At(row)))
	}
	id := b.Participant[row]
	copy(in[16:28], id[:12])
	in[28], in[29], in[30], in[31] = uint8(c.class), uint8(c.kind), uint8(c.way), uint8(c.stage)
	return xxh3.Hash(in[:])
}

// known is number for cells that were met before; it changes nothing.
func (c *cells) known(x cell) uint16 { return c.numbers[x] }
