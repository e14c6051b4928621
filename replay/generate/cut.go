// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"haidang/recording"
)

// templates are those of one event type. Alerts are in groups, one for each
// recorded rule: what a rule of the load says follows from the recorded one.
type templates [][]template

// recorded is what is read of a line to cut it.
type recorded struct {
	Timestamp string `json:"timestamp"`
	EventType string `json:"event_type"`
	SrcIP     string `json:"src_ip"`
	DestIP    string `json:"dest_ip"`
	SrcPort   int    `json:"src_port"`
	DestPort  int    `json:"dest_port"`
	Proto     string `json:"proto"`
	Community string `json:"community_id"`
	Alert     ruleOf `json:"alert"`
	DNS       nameOf `json:"dns"`
	TLS       sniOf  `json:"tls"`
	File      fileOf `json:"fileinfo"`
	line      []byte
}

type (
	ruleOf struct {
		ID   int    `json:"signature_id"`
		Name string `json:"signature"`
	}
	nameOf struct {
		RRName string `json:"rrname"`
	}
	sniOf struct {
		SNI string `json:"sni"`
	}
	fileOf struct {
		SHA256 string `json:"sha256"`
	}
)

// cut reads the recording and makes the templates.
func (s *stock) cut() error {
	lines, err := read()
	if err != nil {
		return err
	}
	services := map[string]uint16{}
	for k, m := range mix {
		groups := map[int][]recorded{}
		for _, r := range lines[k] {
			groups[r.Alert.ID] = append(groups[r.Alert.ID], r)
		}
		if len(groups) == 0 {
			return fmt.Errorf("the recording has no usable line of type %s", m.eventType)
		}
		for _, id := range slices.Sorted(maps.Keys(groups)) {
			full, lean, err := cutGroup(groups[id], max(1, m.keep/len(groups)), services)
			if err != nil {
				return err
			}
			s.full[k], s.lean[k] = append(s.full[k], full), append(s.lean[k], lean)
		}
	}
	s.services = len(services)
	return nil
}

// cutGroup cuts some lines of a group, evenly chosen, in both ways of logging.
func cutGroup(lines []recorded, keep int, services map[string]uint16) (full, lean []template, err error) {
	step := max(1, len(lines)/keep)
	for i := 0; i < len(lines) && len(full) < keep; i += step {
		r := lines[i]
		service := r.service(services)
		for _, v := range []struct {
			out  *[]template
			line []byte
		}{{&full, r.line}, {&lean, leanLine(r.line)}} {
			t, err := r.template(v.line)
			if err != nil {
				return nil, nil, err
			}
			t.service = service
			*v.out = append(*v.out, t)
		}
	}
	return full, lean, nil
}

// read gives the usable lines of the recording by place in mix.
func read() (out [len(mix)][]recorded, err error) {
	i := slices.IndexFunc(recording.Streams(), func(s recording.Stream) bool { return s.Name == "eve" })
	if i < 0 {
		return out, errors.New("the recording has no stream eve")
	}
	in, err := recording.Streams()[i].Open()
	if err != nil {
		return out, err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return out, fmt.Errorf("recording: %w", err)
		}
		k := r.kind()
		if k < 0 || len(lines.Bytes()) > mix[k].longest || !r.usable() {
			continue
		}
		r.line = slices.Clone(lines.Bytes())
		out[k] = append(out[k], r)
	}
	return out, lines.Err()
}

func (r *recorded) kind() int {
	for k, m := range mix {
		if m.eventType == r.EventType {
			return k
		}
	}
	return -1
}

// usable leaves out lines between addresses that are not an attacker's and a
// victim's: broadcasts, multicasts, link-local ones.
func (r *recorded) usable() bool {
	return inside(r.SrcIP) != inside(r.DestIP) && known(r.SrcIP) && known(r.DestIP) && r.Community != ""
}

// service names who talks to what port: records of one flow share it.
func (r *recorded) service(all map[string]uint16) uint16 {
	key := fmt.Sprint(r.Proto, r.serverPort(), r.clientInside())
	n, ok := all[key]
	if !ok {
		n = uint16(len(all))
		all[key] = n
	}
	return n
}

func (r *recorded) serverPort() int { return min(r.SrcPort, r.DestPort) }

func (r *recorded) clientPort() int {
	if r.SrcPort == r.DestPort {
		return -1 // both are fixed, as in IKE
	}
	return max(r.SrcPort, r.DestPort)
}

// clientInside says whether the side with the client's port is the organisation's.
func (r *recorded) clientInside() bool {
	return inside(r.SrcIP) == (cmp.Compare(r.SrcPort, r.DestPort) > 0)
}
