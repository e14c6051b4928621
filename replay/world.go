// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"math"
	"net/netip"
	"sort"
	"strings"

	"haidang/event"
)

// attackers is the number of countries from which attacks come in a replay:
// those with the most IPv4 addresses, weighted by Zipf's law in that order.
const (
	attackers    = 60
	zipfExponent = 0.85
)

// site is a sensor of the replay and the networks it watches.
type site struct {
	event.Sensor
	format string
	v4, v6 netip.Prefix
	orgs   []*organisation // demo members within the networks
	reach  []float64       // cumulative weights of orgs
}

// world is who takes part: the same for every seed.
type world struct {
	lands   []land // where attackers sit
	reach   []float64
	sites   []*site
	bySort  map[string][]*site // by format
	homes   []netip.Prefix     // all sites' networks
	members []*organisation
}

// posts says where the sensors stand: names are made of country and place.
var posts = []struct{ country, place, format, covers string }{
	{"VN", "ha-noi", "eve", "Mạng thành viên tại Hà Nội"},
	{"VN", "hai-phong", "eve", "Mạng thành viên tại Hải Phòng"},
	{"VN", "da-nang", "eve", "Mạng thành viên tại Đà Nẵng"},
	{"VN", "tp-hcm", "eve", "Mạng thành viên tại TP. Hồ Chí Minh"},
	{"VN", "can-tho", "eve", "Mạng thành viên tại Cần Thơ"},
	{"TH", "bangkok", "eve", "Partner network in Bangkok"},
	{"PH", "manila", "eve", "Partner network in Manila"},
	{"ID", "jakarta", "eve", "Partner network in Jakarta"},
	{"MY", "kuala-lumpur", "eve", "Partner network in Kuala Lumpur"},
	{"SG", "singapore", "eve", "Partner network in Singapore"},
	{"KH", "phnom-penh", "eve", "Partner network in Phnom Penh"},
	{"LA", "vientiane", "eve", "Partner network in Vientiane"},
	{"JP", "tokyo", "eve", "Partner network in Tokyo"},
	{"KR", "seoul", "eve", "Partner network in Seoul"},
	{"IN", "mumbai", "eve", "Partner network in Mumbai"},
	{"AU", "sydney", "eve", "Partner network in Sydney"},
	{"DE", "frankfurt", "eve", "Partner network in Frankfurt"},
	{"VN", "ha-noi-pot", "cowrie", "Honeypot tại Hà Nội"},
	{"VN", "tp-hcm-pot", "cowrie", "Honeypot tại TP. Hồ Chí Minh"},
	{"SG", "singapore-pot", "cowrie", "Honeypot in Singapore"},
	{"DE", "frankfurt-pot", "cowrie", "Honeypot in Frankfurt"},
}

func newWorld() (*world, error) {
	lands, err := readLands(rangesText)
	if err != nil {
		return nil, err
	}
	w := &world{lands: lands[:min(attackers, len(lands))], bySort: map[string][]*site{}}
	total := 0.0
	for i := range w.lands {
		total += math.Pow(float64(i+1), -zipfExponent)
		w.reach = append(w.reach, total)
	}
	byCode, used := map[string]land{}, map[string]int{}
	for _, l := range lands {
		byCode[l.code] = l
	}
	for _, p := range posts {
		l, ok := byCode[p.country]
		n := used[p.country]
		used[p.country]++
		if !ok || len(l.v6) == 0 {
			return nil, fmt.Errorf("ranges.txt has no networks of %s", p.country)
		}
		s := &site{format: p.format, v4: part(l.v4[n%len(l.v4)], 16, n), v6: part(l.v6[n%len(l.v6)], 40, n)}
		s.Sensor = event.Sensor{
			Name: "replay-" + strings.ToLower(p.country) + "-" + p.place, Country: p.country, Replay: true,
			Covers: "REPLAY: " + p.covers, Home: []string{s.v4.String(), s.v6.String()},
		}
		w.homes = append(w.homes, s.v4, s.v6)
		w.sites = append(w.sites, s)
		w.bySort[p.format] = append(w.bySort[p.format], s)
	}
	w.settle()
	return w, nil
}

// pick gives the index whose share of the cumulative weights holds h.
func pick(reach []float64, h uint64) int {
	x := share(h) * reach[len(reach)-1]
	return min(sort.SearchFloat64s(reach, x), len(reach)-1)
}

// outsider gives an address outside all sites' networks, in a country drawn by
// its weight.
func (w *world) outsider(h uint64, six bool) netip.Addr {
	for {
		l := &w.lands[pick(w.reach, mix(h, 1))]
		list := l.v4
		if six && len(l.v6) > 0 {
			list = l.v6
		}
		a := within(list[mix(h, 2)%uint64(len(list))], mix(h, 3))
		if a.Is6() == six && !w.watched(a) {
			return a
		}
		h = mix(h, 4)
	}
}

func (w *world) watched(a netip.Addr) bool {
	for _, p := range w.homes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// insider gives an address within a site's networks, mostly of a member.
func (s *site) insider(h uint64, six bool) netip.Addr {
	p4, p6 := s.v4, s.v6
	if len(s.orgs) > 0 && share(mix(h, 1)) < memberShare {
		o := s.orgs[pick(s.reach, mix(h, 2))]
		p4, p6 = o.v4, o.v6
	}
	if six {
		return within(p6, mix(h, 3))
	}
	return within(p4, mix(h, 3))
}
