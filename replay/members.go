// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"fmt"
	"net/netip"
)

// memberShare is the part of a Vietnamese site's victims that belong to a
// member organisation.
const memberShare = 0.85

// organisation is an invented member whose networks are attacked in a replay.
type organisation struct {
	id     int
	name   string
	sector string
	band   string
	weight float64
	v4, v6 netip.Prefix
}

// kinds of invented members. Each sector has at least four, none of them far
// larger than the others, as a sector has whose figures may be published.
var memberKinds = []struct {
	name, sector, band string
	count              int
	weight             float64
}{
	{"Bệnh viện Trình diễn", "health", "large", 6, 1.6},
	{"Trường Đại học Trình diễn", "education", "large", 6, 1.4},
	{"Trường Phổ thông Trình diễn", "education", "medium", 4, 0.6},
	{"Cơ quan Trình diễn", "public-administration", "large", 6, 1.5},
	{"Ngân hàng Trình diễn", "banking", "large", 8, 1.2},
	{"Nhà cung cấp Internet Trình diễn", "digital-infrastructure", "large", 4, 1.2},
	{"Công ty Điện lực Trình diễn", "energy/electricity", "large", 6, 0.9},
	{"Cảng Trình diễn", "transport/water", "medium", 6, 0.7},
	{"Xưởng Trình diễn", "manufacturing", "micro", 4, 0.4},
	{"Công ty Nhỏ Trình diễn", "manufacturing", "small", 5, 0.6},
	{"Nhà máy Trình diễn", "manufacturing", "medium", 4, 0.6},
	{"Cửa hàng Trực tuyến Trình diễn", "digital-providers", "small", 5, 0.5},
}

// settle spreads the members over the sites in Vietnam, one network each.
func (w *world) settle() {
	var sites []*site
	for _, s := range w.bySort["eve"] {
		if s.Country == "VN" {
			sites = append(sites, s)
		}
	}
	for _, k := range memberKinds {
		for i := range k.count {
			n := len(w.members)
			s := sites[n%len(sites)]
			slot := n/len(sites) + 1
			o := &organisation{
				id: n + 1, name: fmt.Sprintf("%s %c", k.name, 'A'+i), sector: k.sector, band: k.band, weight: k.weight,
				v4: part(s.v4, 24, 8*slot), v6: part(s.v6, 48, slot),
			}
			w.members = append(w.members, o)
			total := o.weight
			if len(s.reach) > 0 {
				total += s.reach[len(s.reach)-1]
			}
			s.orgs, s.reach = append(s.orgs, o), append(s.reach, total)
		}
	}
}

// Members gives a member networks file (YAML) of invented organisations whose
// networks the replay's attacks hit, so that figures by sector can be shown.
func Members() ([]byte, error) {
	w, err := newWorld()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("# Invented organisations of the replay. None of them exists; the networks are\n" +
		"# those at which the replay aims, not anybody's. Never use this file with live sensors.\n" +
		"organisations:\n")
	for _, o := range w.members {
		fmt.Fprintf(&b, "  - id: %d\n    name: %q\n    sector: %s\n    band: %s\n    country: VN\n    prefixes: [%q, %q]\n",
			o.id, o.name, o.sector, o.band, o.v4, o.v6)
	}
	return b.Bytes(), nil
}
