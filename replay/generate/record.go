// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"strconv"
	"time"
)

// ringSize is how many conversations of one service a sensor sees at a time.
const ringSize = 8

// conversation is what records of one flow share.
type conversation struct {
	body             uint64 // number of the body it was seen in, plus 1
	attacker, victim int
	port             uint16
	flow             uint64
	community        [28]byte
}

func (g *Generator) conversation(t *template, body uint64) *conversation {
	x := g.random.next()
	c := &g.rings[t.service][x%ringSize]
	if c.body == body+1 && x>>63 == 0 {
		return c
	}
	c.body = body + 1
	c.attacker = g.pickAttacker.pick(&g.random)
	c.victim = g.victimOf(c.attacker)
	x = g.random.next()
	c.port = uint16(32_768 + x%28_000)
	c.flow = x >> 13
	client := c.port
	if !t.ephemeral {
		client = t.server
	}
	attacker, victim := end{g.attackers[c.attacker].addr, client}, end{g.victims[c.victim].addr, t.server}
	if t.clientInside {
		attacker.port, victim.port = victim.port, attacker.port
	}
	communityID(&c.community, t.proto, attacker, victim)
	return c
}

// victimOf picks a victim that an attacker can reach: of the same family.
func (g *Generator) victimOf(attacker int) int {
	if g.attackers[attacker].addr.Is6() && len(g.sixVictims) > 0 {
		return g.sixVictims[g.pickVictim.pick(&g.random)%len(g.sixVictims)]
	}
	for range 16 {
		if v := g.pickVictim.pick(&g.random); g.victims[v].addr.Is4() {
			return v
		}
	}
	return g.pickVictim.pick(&g.random)
}

// record appends one line to b.
func (g *Generator) record(b []byte, body uint64, sensor string, sets *[len(mix)]templates, at int64) []byte {
	x := g.random.next()
	kind := g.kinds[x&255]
	groups := sets[kind]
	rule, group := -1, groups[0]
	if kind == alert {
		rule = g.pickRule.pick(&g.random)
		group = groups[rule*37%len(groups)]
	}
	t := &group[x>>32%uint64(len(group))]
	c := g.conversation(t, body)
	at -= int64(g.random.below(1_000_000)) // a sensor writes in no strict order
	late := g.random.next() < g.late
	if late {
		at -= int64(1+g.random.below(6))*3_600_000_000 + int64(g.random.below(3_600_000_000))
	}
	start := len(b)
	b = g.fill(b, t, c, sensor, rule, at)
	if g.random.next() < g.broken {
		b = breakLine(b, start, &g.random)
		g.truth.Broken++
	} else {
		g.count(kind, rule, t, c, late)
	}
	g.truth.Records++
	g.truth.Bytes += int64(len(b) - start)
	return b
}

func (g *Generator) count(kind uint8, rule int, t *template, c *conversation, late bool) {
	g.truth.types[kind]++
	if rule >= 0 {
		g.truth.Rules[rule]++
	}
	if late {
		g.truth.Late++
	}
	if t.attacker {
		g.truth.sources[0][c.attacker>>6] |= 1 << (c.attacker & 63)
	} else {
		g.truth.sources[1][c.victim>>6] |= 1 << (c.victim & 63)
	}
}

// fill writes a template with its slots filled.
func (g *Generator) fill(b []byte, t *template, c *conversation, sensor string, rule int, at int64) []byte {
	from := uint32(0)
	for i := range t.slots {
		s := &t.slots[i]
		b = append(b, t.text[from:s.at]...)
		from = s.at
		switch s.kind {
		case slotTime:
			b = g.clock.append(b, at+s.ref)
		case slotFlow:
			b = strconv.AppendUint(b, c.flow, 10)
		case slotAttacker:
			b = append(b, g.attackers[c.attacker].text...)
		case slotVictim:
			b = append(b, g.victims[c.victim].text...)
		case slotClientPort:
			b = strconv.AppendUint(b, uint64(c.port), 10)
		case slotCommunity:
			b = append(b, c.community[:]...)
		case slotRuleID:
			b = strconv.AppendInt(b, int64(RuleID(rule)), 10)
		case slotRuleName:
			b = append4(append(b, ' '), rule)
		case slotLabel:
			b = append(b, 'h')
			b = append(append4(b, int(c.flow%10_000)), '.')
		case slotQuery:
			b = append(b, "?r="...)
			b = strconv.AppendInt(b, int64(g.pickName.pick(&g.random)), 10)
		case slotDigest:
			b = append4(append(b, "0bad"...), g.pickName.pick(&g.random)%10_000)
		case slotSensor:
			b = append(b, sensor...)
		}
	}
	return append(b, t.text[from:]...)
}

// append4 appends four decimal digits.
func append4(b []byte, n int) []byte {
	return append(b, byte('0'+n/1000%10), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
}

// clock writes times; it formats a second once and keeps some.
type clock [64]struct {
	second int64
	text   [20]byte
}

func (c *clock) append(b []byte, micros int64) []byte {
	second := micros / 1_000_000
	part := micros % 1_000_000
	e := &c[second&63]
	if e.second != second || e.text[0] == 0 {
		e.second = second
		time.Unix(second, 0).UTC().AppendFormat(e.text[:0], "2006-01-02T15:04:05.")
	}
	b = append(b, e.text[:]...)
	b = append(b, byte('0'+part/100_000), byte('0'+part/10_000%10))
	b = append4(b, int(part%10_000))
	return append(b, "+0000"...)
}
