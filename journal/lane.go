// SPDX-License-Identifier: Apache-2.0

package journal

// lane is what one sensor has in the queue, in order.
type lane struct {
	sensor string
	parts  []*part
	memory int64
	credit int // bytes that it may still add to messages in this turn
}

// quantum is what a lane may add to a message in one turn (deficit round robin:
// Shreedhar and Varghese, SIGCOMM 1995).
const quantum = 64 << 10

// crowded reports whether a sensor has to wait for room. One that holds less
// than its share of half the room never waits, whatever the others hold, so the
// queue never holds much more than one and a half times its limit.
func (q *queue) crowded(sensor string) bool {
	l := q.lanes[sensor]
	if l == nil || l.memory <= q.pending/2/int64(len(q.lanes)) {
		return false
	}
	return q.memory > q.pending || l.memory > q.pending/2
}

func (q *queue) push(sensor string, parts []*part) {
	l := q.lanes[sensor]
	if l == nil {
		l = &lane{sensor: sensor}
		q.lanes[sensor] = l
		q.turn = append(q.turn, l)
	}
	l.parts = append(l.parts, parts...)
	for _, p := range parts {
		q.bytes += int64(p.size)
		q.memory += p.cost
		l.memory += p.cost
	}
}

// take removes what fits into one message, at least one part, from all lanes by
// turns.
func (q *queue) take() []*part {
	var out []*part
	size := 0
	for len(q.turn) > 0 && len(out) < 1<<16-1 {
		l := q.turn[0]
		s := l.parts[0].inMessage()
		if len(out) > 0 && size+s > q.message {
			break
		}
		if l.credit < s && len(q.turn) > 1 {
			l.credit += quantum
			q.turn = append(q.turn[1:], l)
			continue
		}
		size += s
		out = append(out, q.pop(l, s))
	}
	q.room.Broadcast()
	return out
}

// inMessage is the part's size with the list of the batch's other parts.
func (p *part) inMessage() int {
	if p.flags&flagLast == 0 {
		return p.size
	}
	return p.size + 8*len(p.app.refs)
}

// pop takes the first part of the lane whose turn it is.
func (q *queue) pop(l *lane, size int) *part {
	p := l.parts[0]
	l.parts[0] = nil
	l.parts = l.parts[1:]
	l.credit = max(0, l.credit-size)
	l.memory -= p.cost
	q.memory -= p.cost
	q.bytes -= int64(p.size)
	if p.flags&flagLast != 0 {
		q.closing--
		q.open-- // leaves as one: nobody waits for it any more
		p.app.ended = true
	}
	if len(l.parts) == 0 {
		q.turn = q.turn[1:]
		delete(q.lanes, l.sensor)
	}
	return p
}
