// SPDX-License-Identifier: Apache-2.0

package my

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// files that can be taken away, and what they are.
var files = map[string]string{
	"incidents.csv":  "text/csv; charset=utf-8",
	"sightings.csv":  "text/csv; charset=utf-8",
	"incidents.json": "application/json",
}

// export answers with a file of the viewer's own incidents, or of the one that
// the address names.
func (s *Server) export(x *visit) {
	name := x.r.PathValue("file")
	kind, ok := files[name]
	if !ok {
		s.fail(x.w, x.r, x.l, http.StatusNotFound, "404")
		return
	}
	released, cut, err := s.dep.Incidents(x.r.Context(), x.viewer)
	if err != nil {
		panic(err)
	}
	key := asked(x.r, "incident")
	if key != "" {
		if _, ok := find(released, key); !ok {
			s.fail(x.w, x.r, x.l, http.StatusNotFound, "incident")
			return
		}
	}
	var b bytes.Buffer
	switch name {
	case "incidents.csv":
		err = s.writeList(&b, x.l, released, key)
	case "sightings.csv":
		err = s.dep.WriteCSV(&b, x.l.Code, s.cfg.Zone, only(released, key))
	default:
		err = s.writeJSON(&b, released, key, cut)
	}
	if err != nil {
		panic(err)
	}
	base, ext, _ := strings.Cut(name, ".")
	h := x.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="haidang-`+base+"-"+s.now().In(s.cfg.Zone).Format("2006-01-02")+"."+ext+`"`)
	if cut {
		h.Set("X-Haidang-Incomplete", "older records exist")
	}
	_, _ = x.w.Write(b.Bytes())
}

// only gives what was released, or the one incident of it that has the key.
func only(released classify.Released[[]event.Incident], key string) []event.Incident {
	if key == "" {
		return released.Value()
	}
	i, _ := find(released, key)
	return []event.Incident{i}
}

// columns of the list of incidents.
var columns = []string{
	"organisation", "machine", "names", "ports", "problem", "type", "detail", "severity", "stage", "status", "status_since",
	"first", "last", "count", "label", "relapses", "replay", "incident",
}

// writeList writes one line an incident. Times are UTC.
func (s *Server) writeList(w io.Writer, l *language, released classify.Released[[]event.Incident], key string) error {
	// The mark makes spreadsheets read UTF-8 as such.
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := make([]string, len(columns))
	for n, c := range columns {
		head[n] = l.T("column." + c)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	list := only(released, key)
	for n := range list {
		i := &list[n]
		cells := []string{
			strconv.FormatUint(uint64(i.Org), 10), machineName(l, i), strings.Join(i.Machine.Hosts, " "), ports(i.Machine.Ports),
			s.dep.Advise(l.Code, i.Problem.RSIT).Title, i.Problem.RSIT.String(), detail(l, i),
			l.T("severity." + strconv.Itoa(int(min(i.Severity, event.SeverityFatal)))), i.Stage.String(), l.T("status." + i.Status.String()), second(i.StatusAt),
			second(i.First), second(i.Last), strconv.FormatUint(i.Count, 10), i.Marking(), strconv.FormatUint(uint64(i.Relapses), 10),
			strconv.FormatBool(i.Replay), i.Key.String(),
		}
		for c := range cells {
			cells[c] = event.Inert(cells[c])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func ports(list []uint16) string {
	var out []string
	for _, p := range list {
		out = append(out, strconv.Itoa(int(p)))
	}
	return strings.Join(out, " ")
}

func second(t event.Time) string {
	if !t.IsSet() {
		return ""
	}
	return t.Std().Format("2006-01-02 15:04:05Z")
}

// The same as JSON: names of event's fields where there are any, times in RFC
// 3339, absent where not set.
type (
	fileJSON struct {
		Generated time.Time      `json:"generated"`
		Complete  bool           `json:"complete"` // false: older records could not be read
		Incidents []incidentJSON `json:"incidents"`
	}
	incidentJSON struct {
		Key          string         `json:"key"`
		Organisation uint32         `json:"organisation"`
		Address      string         `json:"address,omitempty"`
		Hosts        []string       `json:"hosts,omitempty"`
		Ports        []uint16       `json:"ports,omitempty"`
		Kind         string         `json:"kind"`
		By           string         `json:"by,omitempty"`
		Name         string         `json:"name,omitempty"`
		Port         uint16         `json:"port,omitempty"`
		Stage        string         `json:"stage"`
		Severity     uint8          `json:"severity"` // OCSF severity_id
		Confidence   uint8          `json:"confidence"`
		First        string         `json:"first"`
		Last         string         `json:"last"`
		Count        uint64         `json:"count"`
		Label        string         `json:"label,omitempty"`
		Reason       string         `json:"reason,omitempty"`
		Status       string         `json:"status"`
		StatusSince  string         `json:"status_since,omitempty"`
		Relapses     uint32         `json:"relapses"`
		Replay       bool           `json:"replay"`
		Sightings    []sightingJSON `json:"sightings"`
	}
	sightingJSON struct {
		Time          string `json:"time"`
		PublicAddress string `json:"public_address,omitempty"`
		PublicPort    uint16 `json:"public_port,omitempty"`
		RemoteAddress string `json:"remote_address,omitempty"`
		RemotePort    uint16 `json:"remote_port,omitempty"`
		Transport     uint8  `json:"transport,omitempty"` // IANA number
		Protocol      string `json:"protocol,omitempty"`
		Inbound       bool   `json:"inbound"`
		Rule          string `json:"rule,omitempty"`
		Record        string `json:"record"`
	}
)

func (s *Server) writeJSON(w io.Writer, released classify.Released[[]event.Incident], key string, cut bool) error {
	list := only(released, key)
	out := fileJSON{Generated: s.now().UTC().Truncate(time.Second), Complete: !cut, Incidents: make([]incidentJSON, 0, len(list))}
	for n := range list {
		i := &list[n]
		x := incidentJSON{
			Key: i.Key.String(), Organisation: i.Org, Address: i.Machine.Addr.String(), Hosts: i.Machine.Hosts, Ports: i.Machine.Ports,
			Kind: i.Problem.RSIT.String(), By: i.Problem.By.String(), Name: i.Problem.Name, Port: i.Problem.Port,
			Stage: i.Stage.String(), Severity: i.Severity, Confidence: i.Confidence, First: i.First.String(), Last: i.Last.String(),
			Count: i.Count, Label: i.Marking(), Reason: event.MatchReasons.Text(uint8(i.Reason)), Status: i.Status.String(), StatusSince: i.StatusAt.String(),
			Relapses: i.Relapses, Replay: i.Replay, Sightings: make([]sightingJSON, 0, len(i.Samples)),
		}
		for k := range i.Samples {
			o := &i.Samples[k]
			x.Sightings = append(x.Sightings, sightingJSON{
				o.Time.String(), o.PublicAddr.String(), o.SourcePort, o.RemoteAddr.String(), o.RemotePort,
				o.Transport, o.Protocol, o.Inbound, o.Rule, o.EventID.String(),
			})
		}
		out.Incidents = append(out.Incidents, x)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(out)
}
