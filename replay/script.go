// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"haidang/recording"
)

// script is the whole recording, ready to be played any number of times.
type script struct {
	lines     []line
	addresses []recorded
	length    int64 // microseconds from the first line to the last
}

// line is a recorded line in its place.
type line struct {
	template
	format string
	due    int64 // microseconds after the recording's begin
}

func readScript() (*script, error) {
	m, err := recording.ReadManifest()
	if err != nil {
		return nil, err
	}
	c := &cutter{index: map[netip.Addr]int32{}, sessions: map[string]int32{}}
	if c.home, err = prefixes(m.Networks.Home); err != nil {
		return nil, err
	}
	if c.outside, err = prefixes(m.Networks.Outside); err != nil {
		return nil, err
	}
	s := &script{}
	for _, stream := range recording.Streams() {
		if err := s.read(c, stream); err != nil {
			return nil, fmt.Errorf("recording, stream %s: %w", stream.Name, err)
		}
	}
	if len(s.lines) == 0 {
		return nil, fmt.Errorf("the recording is empty")
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return cmp.Compare(a.due, b.due) })
	begin := s.lines[0].due
	for i := range s.lines {
		s.lines[i].due -= begin
	}
	s.addresses, s.length = c.addresses, s.lines[len(s.lines)-1].due
	return s, nil
}

func (s *script) read(c *cutter, stream recording.Stream) error {
	r, err := stream.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	due := int64(math.MinInt64)
	for lines.Scan() {
		t := c.cut(lines.Bytes())
		// A log is in the order of writing: a line is due when it was written.
		due = max(due, t.at)
		s.lines = append(s.lines, line{t, stream.Format, due})
	}
	return lines.Err()
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("recording's manifest: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// player walks over the script, again and again, with a new cast each time.
type player struct {
	script *script
	cast   cast
	seed   uint64
	pass   uint64
	next   int
}

func newPlayer(s *script, w *world, seed uint64) *player {
	p := &player{script: s, seed: seed, cast: cast{world: w, addresses: s.addresses}}
	p.begin(0)
	return p
}

func (p *player) begin(pass uint64) {
	p.pass, p.next = pass, 0
	p.cast.seed = mix(p.seed, pass)
}

// left tells how many lines remain of this pass.
func (p *player) left() int { return len(p.script.lines) - p.next }

// play writes the next line as of the time (microseconds since 1970) and says
// whose it is.
func (p *player) play(at int64, to func(*site) []byte) (*site, []byte) {
	l := &p.script.lines[p.next]
	p.next++
	s := p.cast.site(&l.template, l.format)
	return s, p.cast.render(to(s), &l.template, s, at)
}
