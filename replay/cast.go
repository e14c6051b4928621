// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strconv"
	"time"
)

// place notes on which sensor the line depends and which address outside it is
// about. Lines of one pair of addresses, or of one Cowrie session, stay together.
func (c *cutter) place(t *template, line, session []byte) {
	from, to := c.keyed(line, `"src_ip":"`), c.keyed(line, `"dest_ip":"`)
	for _, n := range []int32{to, from} {
		if n >= 0 && !c.addresses[n].inside {
			t.other = n
		}
	}
	t.at = -1
	for _, s := range t.slots {
		if s.kind <= slotMicrosZone {
			t.at = s.ref
			break
		}
	}
	if i := bytes.Index(line, timestampKey); i >= 0 {
		if end, _, at := timeAt(line, i+len(timestampKey)); end > 0 && at != 0 {
			t.at = at
		}
	}
	switch {
	case session != nil:
		if first, seen := c.sessions[string(session)]; seen {
			t.other = first
		} else {
			c.sessions[string(session)] = t.other
		}
		n, _ := strconv.ParseUint(string(session), 16, 64)
		t.pair = mix(1, n)
	case from >= 0 || to >= 0:
		t.pair = mix(2, uint64(min(from, to)+1), uint64(max(from, to)+1))
	default:
		t.pair = mix(3, uint64(len(line)), uint64(t.at))
	}
}

var timestampKey = []byte(`"timestamp":"`)

func (c *cutter) keyed(line []byte, key string) int32 {
	i := bytes.Index(line, []byte(key))
	if i < 0 {
		return -1
	}
	rest := line[i+len(key):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return -1
	}
	a, err := netip.ParseAddr(string(rest[:end]))
	if err != nil {
		return -1
	}
	if n, ok := c.index[a]; ok {
		return n
	}
	return -1
}

// cast decides who plays whom in one pass over the recording.
type cast struct {
	world     *world
	addresses []recorded
	seed      uint64 // of the run and the pass
	clock     clock
}

// site gives the sensor that sees the line.
func (c *cast) site(t *template, format string) *site {
	list := c.world.bySort[format]
	return list[mix(c.seed, 10, t.pair)%uint64(len(list))]
}

// Shares of outside addresses that are the same for all sensors, as those of
// who scans the whole Internet are.
const everywhere = 0.3

// address gives who plays a recorded address in a line about another one.
func (c *cast) address(n, other int32, s *site) netip.Addr {
	r := &c.addresses[n]
	six := r.addr.Is6()
	who := nameHash(s.Name)
	switch {
	case !r.inside && (r.service || share(mix(c.seed, 11, uint64(n))) < everywhere):
		return c.world.outsider(mix(c.seed, 12, uint64(n)), six)
	case !r.inside:
		return c.world.outsider(mix(c.seed, 13, uint64(n), who), six)
	case r.client:
		return s.insider(mix(c.seed, 14, uint64(n), who), six)
	default: // each attacker meets other organisations' servers
		return s.insider(mix(c.seed, 15, uint64(n), uint64(other+1), who), six)
	}
}

func nameHash(s string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// render writes the line as the sensor would have written it, had it happened
// at that time (microseconds since 1970), with a line break.
func (c *cast) render(dst []byte, t *template, s *site, at int64) []byte {
	shift, from := at-t.at, 0
	for _, sl := range t.slots {
		dst = append(dst, t.text[from:sl.pos]...)
		from = int(sl.pos)
		switch sl.kind {
		case slotMicrosZ:
			dst = append(c.clock.micros(dst, sl.ref+shift), 'Z')
		case slotMicrosZone:
			dst = append(c.clock.micros(dst, sl.ref+shift), "+0000"...)
		case slotSeconds:
			dst = c.clock.seconds(dst, sl.ref+shift)
		case slotAddress:
			dst = c.address(int32(sl.ref), t.other, s).AppendTo(dst)
		case slotAddressLong:
			dst = append(dst, c.address(int32(sl.ref), t.other, s).StringExpanded()...)
		case slotFlow:
			dst = strconv.AppendUint(dst, (uint64(sl.ref)^c.seed)&(1<<51-1), 10)
		case slotSession:
			n := (uint64(sl.ref) ^ c.seed) & (1<<48 - 1)
			dst = hex.AppendEncode(dst, []byte{byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		}
	}
	return append(append(dst, t.text[from:]...), '\n')
}

// clock writes times; it remembers the last second, which most lines share.
type clock struct {
	second int64
	text   []byte
}

func (k *clock) seconds(dst []byte, micros int64) []byte {
	sec := micros / 1e6
	if sec != k.second || len(k.text) == 0 {
		k.second = sec
		k.text = time.Unix(sec, 0).UTC().AppendFormat(k.text[:0], "2006-01-02T15:04:05")
	}
	return append(dst, k.text...)
}

func (k *clock) micros(dst []byte, micros int64) []byte {
	dst = append(k.seconds(dst, micros), '.')
	for d, f := int64(100000), micros%1e6; d > 0; d /= 10 {
		dst = append(dst, byte('0'+f/d%10))
	}
	return dst
}
