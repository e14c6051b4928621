// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// template is a recorded line without the parts that change, and where those go.
type template struct {
	text     []byte
	slots    []slot
	service  uint16
	attacker bool // the source is the attacker's side

	// The flow, for its community id.
	proto        byte
	server       uint16
	ephemeral    bool // the client has a port of its own
	clientInside bool
}

// slot goes before text[at].
type slot struct {
	at   uint32
	kind slotKind
	ref  int64 // slotTime: microseconds after the line's own time, mostly negative
}

type slotKind uint8

const (
	slotTime slotKind = iota
	slotFlow
	slotAttacker
	slotVictim
	slotClientPort
	slotCommunity
	slotRuleID
	slotRuleName // a number behind the recorded name
	slotLabel    // a label before the recorded name
	slotQuery    // a parameter behind the recorded address
	slotDigest   // the first eight digits
	slotSensor
)

const timeFormat = "2006-01-02T15:04:05.000000-0700"

// Addresses of the recording (recording/README.md).
func inside(a string) bool {
	return strings.HasPrefix(a, "10.20.") || strings.HasPrefix(a, "2001:0db8:0020:") || strings.HasPrefix(a, "2001:db8:20:")
}

func known(a string) bool {
	for _, p := range []string{"10.20.", "198.51.100.", "203.0.113.", "192.0.2.", "192.88.99.", "2001:0db8:", "2001:db8:"} {
		if strings.HasPrefix(a, p) {
			return true
		}
	}
	return false
}

// place is where a slot goes: instead of line[start:end].
type place struct {
	start, end int
	kind       slotKind
}

// pattern finds what changes: the slot takes the place of the group.
type pattern struct {
	find *regexp.Regexp
	kind slotKind
	keep bool // the slot goes behind the group, which stays
}

var (
	timePattern   = regexp.MustCompile(`"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000)"`)
	flowPattern   = regexp.MustCompile(`"flow_id":(\d+)`)
	rulePattern   = regexp.MustCompile(`"signature_id":(\d+)`)
	titlePattern  = regexp.MustCompile(`"signature":"((?:[^"\\]|\\.)*)"`)
	queryPattern  = regexp.MustCompile(`"url":"([^"\\#]*)"`)
	digestPattern = regexp.MustCompile(`"sha256":"([0-9a-f]{8})`)
	hostPattern   = regexp.MustCompile(`"host":"(hai-dang-demo)"`)
)

var patterns = []pattern{
	{timePattern, slotTime, false}, {flowPattern, slotFlow, false}, {rulePattern, slotRuleID, false},
	{titlePattern, slotRuleName, true}, {queryPattern, slotQuery, true}, {digestPattern, slotDigest, false},
	{hostPattern, slotSensor, false},
}

// places finds what changes in a line, in its order.
func (r *recorded) places(line []byte) []place {
	var out []place
	for _, p := range patterns {
		for _, m := range p.find.FindAllSubmatchIndex(line, -1) {
			at := place{m[2], m[3], p.kind}
			if p.keep {
				at.start = at.end
			}
			out = append(out, at)
		}
	}
	// text finds a value and takes its part from skip on, cut bytes from the end.
	text := func(value string, skip, cut int, kind slotKind) {
		for from := 0; ; {
			i := bytes.Index(line[from:], []byte(value))
			if i < 0 {
				return
			}
			out = append(out, place{from + i + skip, from + i + len(value) - cut, kind})
			from += i + len(value)
		}
	}
	source, destination := slotVictim, slotAttacker
	if !inside(r.SrcIP) {
		source, destination = slotAttacker, slotVictim
	}
	text(`"`+r.SrcIP+`"`, 1, 1, source)
	text(`"`+r.DestIP+`"`, 1, 1, destination)
	text(r.Community, 2, 0, slotCommunity)
	if p := r.clientPort(); p > 0 {
		for _, end := range []string{",", "}"} {
			text(fmt.Sprintf(`"src_port":%d%s`, p, end), 11, 1, slotClientPort)
			text(fmt.Sprintf(`"dest_port":%d%s`, p, end), 12, 1, slotClientPort)
		}
	}
	for member, name := range map[string]string{`"rrname":"`: r.DNS.RRName, `"sni":"`: r.TLS.SNI} {
		if name != "" {
			text(member+name, len(member), len(name), slotLabel)
		}
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Compare(a.start, b.start) })
	return out
}

// template cuts a line, which is the recorded one or its lean form.
func (r *recorded) template(line []byte) (template, error) {
	own, err := time.Parse(timeFormat, r.Timestamp)
	if err != nil {
		return template{}, fmt.Errorf("recording: timestamp %q: %w", r.Timestamp, err)
	}
	t := template{
		attacker: !inside(r.SrcIP), proto: protocols[r.Proto], server: uint16(r.serverPort()),
		ephemeral: r.clientPort() > 0, clientInside: r.clientInside(),
	}
	from := 0
	for _, p := range r.places(line) {
		if p.start < from {
			return template{}, fmt.Errorf("recording: two things change at byte %d of %s", p.start, line)
		}
		t.text = append(t.text, line[from:p.start]...)
		s := slot{at: uint32(len(t.text)), kind: p.kind}
		if p.kind == slotTime {
			if s.ref, err = offset(line[p.start:p.end], own); err != nil {
				return template{}, err
			}
		}
		t.slots = append(t.slots, s)
		from = p.end
	}
	t.text = append(append(t.text, line[from:]...), '\n')
	return t, nil
}

func offset(text []byte, own time.Time) (int64, error) {
	at, err := time.Parse(timeFormat, string(text))
	if err != nil {
		return 0, fmt.Errorf("recording: time %s: %w", strconv.Quote(string(text)), err)
	}
	return at.Sub(own).Microseconds(), nil
}

// leanLine takes away what a sensor with fewer options does not log.
func leanLine(line []byte) []byte {
	out := bytes.ReplaceAll(line, []byte(`"in_iface":"up0",`), nil)
	out = bytes.ReplaceAll(out, []byte(`"pkt_src":"wire/pcap",`), nil)
	if bytes.Contains(out, []byte(`"event_type":"alert"`)) {
		out = without(out, `,"metadata":{`)
		out = without(out, `,"flow":{`)
		out = without(out, `,"files":[{`)
	}
	if !json.Valid(out) { // several files: the line stays as it was
		return line
	}
	return out
}

// without removes a member whose value ends with the first closing brace.
func without(line []byte, member string) []byte {
	start := bytes.Index(line, []byte(member))
	if start < 0 {
		return line
	}
	end := bytes.IndexByte(line[start:], '}')
	if end < 0 {
		return line
	}
	end += start + 1
	if end < len(line) && line[end] == ']' {
		end++
	}
	return append(append([]byte(nil), line[:start]...), line[end:]...)
}
