// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"encoding/json"
	"time"

	"haidang/event"
)

// hook is what a webhook receives. Times are RFC 3339.
type hook struct {
	ID        string         `json:"id"` // the same when it is sent again
	Created   time.Time      `json:"created"`
	Cadence   string         `json:"cadence"`
	Org       uint32         `json:"org"`
	TLP       string         `json:"tlp,omitempty"` // the strictest of the incidents
	Incidents []hookIncident `json:"incidents"`
	Withheld  bool           `json:"withheld"` // there is more, which may not leave: sign in
	URL       string         `json:"url"`
}

type hookIncident struct {
	Key       string         `json:"key"`
	Reason    string         `json:"reason"`
	Kind      string         `json:"kind"` // RSIT
	Stage     string         `json:"stage"`
	Severity  uint8          `json:"severity"` // 0–6 as OCSF
	Status    string         `json:"status,omitempty"`
	Addr      string         `json:"addr,omitempty"`
	Hosts     []string       `json:"hosts,omitempty"`
	Ports     []uint16       `json:"ports,omitempty"`
	ProblemBy string         `json:"problem_by,omitempty"`
	Problem   string         `json:"problem,omitempty"`
	Port      uint16         `json:"port,omitempty"`
	First     string         `json:"first"`
	Last      string         `json:"last"`
	Count     uint64         `json:"count"`
	TLP       string         `json:"tlp,omitempty"` // none for T1, shared among State bodies
	Match     string         `json:"match,omitempty"`
	Sightings []hookSighting `json:"sightings,omitempty"`
	URL       string         `json:"url"`
}

type hookSighting struct {
	Time       string `json:"time"`
	Addr       string `json:"addr,omitempty"`
	Port       uint16 `json:"port,omitempty"`
	RemoteAddr string `json:"remote_addr,omitempty"`
	RemotePort uint16 `json:"remote_port,omitempty"`
	Transport  uint8  `json:"transport,omitempty"` // IANA number
	Protocol   string `json:"protocol,omitempty"`
	Inbound    bool   `json:"inbound"`
	Rule       string `json:"rule,omitempty"`
	Event      string `json:"event,omitempty"`
}

// sightings of an incident that a webhook carries.
const hookSightings = 5

// webhook makes the JSON for d's contact.
func (c *composer) webhook(id string, d *Due, items []item, cadence Cadence, at time.Time) (message, error) {
	open, withheld := split(items)
	h := hook{ID: id, Created: at.UTC(), Cadence: cadence.String(), Org: d.Contact.Org, Withheld: withheld,
		Incidents: []hookIncident{}, TLP: strictest(open).TLP().String(), URL: c.links.overview(d.Contact.Language)}
	for _, it := range open {
		h.Incidents = append(h.Incidents, c.hookIncident(d.Contact.Language, it))
	}
	body, err := json.Marshal(h)
	return message{Body: body}, err
}

func (c *composer) hookIncident(lang string, it item) hookIncident {
	i := it.incident
	out := hookIncident{
		Key: i.Key.String(), Reason: string(it.reason), Kind: i.Problem.RSIT.String(), Stage: i.Stage.String(), Severity: i.Severity,
		Status: i.Status.String(), Addr: i.Machine.Addr.String(), Ports: i.Machine.Ports,
		ProblemBy: i.Problem.By.String(), Problem: clean(i.Problem.Name, 200), Port: i.Problem.Port, First: i.First.String(), Last: i.Last.String(),
		Count: i.Count, TLP: i.Tier.TLP().String(), Match: event.MatchReasons.Text(uint8(i.Reason)), URL: c.links.incident(lang, i.Key),
	}
	for _, host := range i.Machine.Hosts {
		out.Hosts = append(out.Hosts, clean(host, 255))
	}
	for n := range min(len(i.Samples), hookSightings) {
		s := &i.Samples[n]
		out.Sightings = append(out.Sightings, hookSighting{
			Time: s.Time.String(), Addr: s.PublicAddr.String(), Port: s.SourcePort, RemoteAddr: s.RemoteAddr.String(), RemotePort: s.RemotePort,
			Transport: s.Transport, Protocol: clean(s.Protocol, 40), Inbound: s.Inbound, Rule: clean(s.Rule, 200), Event: s.EventID.String(),
		})
	}
	return out
}
