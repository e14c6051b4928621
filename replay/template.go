// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"
)

// template is a recorded line, taken apart once: its text without the parts
// that a replay rewrites, and where those go.
type template struct {
	text  []byte
	slots []slot
	at    int64  // recorded time, microseconds since 1970
	pair  uint64 // what decides which sensor saw it, apart from seed and pass
	other int32  // recorded address outside, -1 when there is none
}

// slot is a part that is rewritten; it goes before text[pos].
type slot struct {
	pos  uint32
	kind slotKind
	ref  int64 // time: microseconds since 1970; address: index; flow, session: the recorded number
}

type slotKind uint8

const (
	slotMicrosZ    slotKind = iota // 2006-01-02T15:04:05.000000Z
	slotMicrosZone                 // 2006-01-02T15:04:05.000000+0000
	slotSeconds                    // 2006-01-02T15:04:05
	slotAddress                    // shortest form
	slotAddressLong
	slotFlow    // decimal, below 2^51
	slotSession // twelve hexadecimal digits
)

// cutter takes lines apart. It keeps what addresses it met.
type cutter struct {
	home, outside []netip.Prefix
	index         map[netip.Addr]int32
	addresses     []recorded
	sessions      map[string]int32 // Cowrie session → address outside
}

// recorded is an address of the recording.
type recorded struct {
	addr    netip.Addr
	inside  bool
	client  bool // of the organisation's people, not its servers
	service bool // an outside server, the same for all
}

// Networks of the recording whose part is told in recording/README.md.
var (
	clientNetworks  = []netip.Prefix{netip.MustParsePrefix("10.20.40.0/24"), netip.MustParsePrefix("2001:db8:20:40::/64")}
	serviceNetworks = []netip.Prefix{netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("2001:db8:c2::/64")}
)

func contains(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// cut takes one line apart; the line is not kept.
func (c *cutter) cut(line []byte) template {
	t := template{other: -1}
	session, number := sessionOf(line)
	from := 0
	put := func(start, end int, kind slotKind, ref int64) {
		t.text = append(t.text, line[from:start]...)
		t.slots = append(t.slots, slot{uint32(len(t.text)), kind, ref})
		from = end
	}
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '"' && bytes.HasPrefix(line[i:], communityKey):
			if end := bytes.IndexByte(line[i+len(communityKey):], '"'); end >= 0 {
				end += i + len(communityKey) + 1
				if end < len(line) && line[end] == ',' {
					end++
				}
				t.text = append(t.text, line[from:i]...)
				from, i = end, end-1
			}
		case b == '"' && bytes.HasPrefix(line[i:], flowKey):
			start := i + len(flowKey)
			end := start
			for end < len(line) && line[end] >= '0' && line[end] <= '9' {
				end++
			}
			if n, err := strconv.ParseInt(string(line[start:end]), 10, 64); err == nil {
				put(start, end, slotFlow, n)
				i = end - 1
			}
		case session != nil && b == session[0] && bytes.HasPrefix(line[i:], session):
			put(i, i+len(session), slotSession, number)
			i += len(session) - 1
		case b == '1' || b == '2':
			if end, kind, ref := c.value(line, i); end > i {
				put(i, end, kind, ref)
				i = end - 1
			}
		}
	}
	t.text = append(t.text, line[from:]...)
	c.place(&t, line, session)
	return t
}

var (
	communityKey = []byte(`"community_id":"`)
	flowKey      = []byte(`"flow_id":`)
	sessionKey   = []byte(`"session":"`)
)

// sessionOf finds Cowrie's session number.
func sessionOf(line []byte) ([]byte, int64) {
	i := bytes.Index(line, sessionKey)
	if i < 0 || len(line) < i+len(sessionKey)+13 || line[i+len(sessionKey)+12] != '"' {
		return nil, 0
	}
	s := line[i+len(sessionKey):][:12]
	n, err := strconv.ParseInt(string(s), 16, 64)
	if err != nil {
		return nil, 0
	}
	return s, n
}

// value tells whether a time or an address that is rewritten begins at i; end
// is i when neither does.
func (c *cutter) value(line []byte, i int) (end int, kind slotKind, ref int64) {
	if i > 0 && (isWord(line[i-1]) || line[i-1] == '.') {
		return i, 0, 0
	}
	if end, kind, ref = timeAt(line, i); end > i {
		return end, kind, ref
	}
	if bytes.HasPrefix(line[i:], []byte("2001:")) {
		return c.sixAt(line, i)
	}
	end = i
	for end < len(line) && end-i < 16 && (line[end] >= '0' && line[end] <= '9' || line[end] == '.') {
		end++
	}
	text := bytes.TrimRight(line[i:end], ".")
	end = i + len(text)
	if end < len(line) && line[end] == '.' && end+1 < len(line) && isDigit(line[end+1]) || bytes.Count(text, []byte{'.'}) != 3 {
		return i, 0, 0
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return i, 0, 0
	}
	if n := c.look(a); n >= 0 {
		return end, slotAddress, int64(n)
	}
	return i, 0, 0
}

func (c *cutter) sixAt(line []byte, i int) (end int, kind slotKind, ref int64) {
	end = i
	for end < len(line) && (isHex(line[end]) || line[end] == ':') {
		end++
	}
	text := bytes.TrimRight(line[i:end], ":")
	quoted := i > 0 && line[i-1] == '"' && end < len(line) && line[end] == '"'
	if last := bytes.LastIndexByte(text, ':'); !quoted && last > 0 {
		// Address and port, as messages have them: the address was seen alone.
		if a, err := netip.ParseAddr(string(text[:last])); err == nil {
			if _, known := c.index[a]; known {
				text = text[:last]
			}
		}
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return i, 0, 0
	}
	kind = slotAddress
	if len(text) == 39 {
		kind = slotAddressLong
	}
	if n := c.look(a); n >= 0 {
		return i + len(text), kind, int64(n)
	}
	return i, 0, 0
}

// look gives the number of an address of the recording, -1 for any other.
func (c *cutter) look(a netip.Addr) int32 {
	if n, ok := c.index[a]; ok {
		return n
	}
	inside := contains(c.home, a)
	if !inside && !contains(c.outside, a) {
		return -1
	}
	n := int32(len(c.addresses))
	c.index[a] = n
	c.addresses = append(c.addresses, recorded{a, inside, contains(clientNetworks, a), contains(serviceNetworks, a)})
	return n
}

// timeAt reads 2006-01-02T15:04:05, with six decimals and a zone or without.
func timeAt(line []byte, i int) (end int, kind slotKind, ref int64) {
	const seconds = "2006-01-02T15:04:05"
	rest := line[i:]
	if len(rest) < len(seconds) || rest[4] != '-' || rest[10] != 'T' {
		return i, 0, 0
	}
	at, err := time.Parse(seconds, string(rest[:len(seconds)]))
	if err != nil {
		return i, 0, 0
	}
	n := len(seconds)
	if len(rest) > n+7 && rest[n] == '.' {
		micros, err := strconv.Atoi(string(rest[n+1 : n+7]))
		switch {
		case err != nil:
			return i, 0, 0
		case rest[n+7] == 'Z':
			return i + n + 8, slotMicrosZ, at.UnixMicro() + int64(micros)
		case bytes.HasPrefix(rest[n+7:], []byte("+0000")):
			return i + n + 12, slotMicrosZone, at.UnixMicro() + int64(micros)
		}
		return i, 0, 0
	}
	if len(rest) > n && rest[n] == '"' {
		return i + n, slotSeconds, at.UnixMicro()
	}
	return i, 0, 0
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isHex(b byte) bool   { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }
func isWord(b byte) bool  { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' }
