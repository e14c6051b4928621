// SPDX-License-Identifier: Apache-2.0

package my

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"haidang/classify"
	"haidang/event"
)

// Sightings on the page, and those of them that are seen at once; the file has
// all that are kept.
const (
	sightingsShown  = 20
	sightingsAtOnce = 5
)

// incidentBody is what the page of one incident shows.
type incidentBody struct {
	incidentRow
	Key, Machine, Hosts, Ports, Org string
	Advice                          event.Advice
	Sightings, Older                []sightingRow
	More                            string // how many sightings there are beside
	CSV                             string
	Why                             *whyBody
	MaySay                          bool
	Statuses                        []statusRow
	History                         []historyRow
	Back                            string
	Confirm                         string // where a passkey is shown to see all of it
}

type sightingRow struct {
	Local, UTC, ISO, Public, PublicPort, Remote, RemotePort, Protocol, Began, Rule string
}

type statusRow struct {
	Value, Text, Help string
	Here              bool
}

type historyRow struct {
	Who, Status, Note string
	At                moment
}

// statuses that a member can say, in the order of the form.
var statuses = []event.Status{
	event.StatusOpen, event.StatusInProgress, event.StatusResolved,
	event.StatusFalsePositive, event.StatusNotOurs, event.StatusMoved,
}

// find gives the incident of a key, of those that were released to the viewer.
// Another's is not among them: it is answered like one that does not exist.
func find(released classify.Released[[]event.Incident], key string) (event.Incident, bool) {
	list := released.Value()
	at := slices.IndexFunc(list, func(i event.Incident) bool { return i.Key.String() == key })
	if at < 0 {
		return event.Incident{}, false
	}
	return list[at], true
}

// incident shows one incident.
func (s *Server) incident(x *visit, released classify.Released[[]event.Incident], key string) {
	i, ok := find(released, key)
	if !ok {
		s.fail(x.w, x.r, x.l, http.StatusNotFound, "incident")
		return
	}
	history, err := s.dep.History(x.r.Context(), x.viewer, i)
	if err != nil {
		panic(err)
	}
	b := &incidentBody{
		incidentRow: s.row(x.l, &i), Key: i.Key.String(), Machine: machineName(x.l, &i),
		Advice: s.dep.Advise(x.l.Code, i.Problem.RSIT),
		CSV:    x.l.path("export") + "sightings.csv?" + x.l.parameter("incident") + "=" + i.Key.String(),
		Why:    s.why(x, &i), Back: x.l.path("my"),
		MaySay: x.viewer.ActsFor(i.Org), History: s.history(x, history),
	}
	b.Sightings = sightings(x.l, &i, b.Why.truncated)
	if more := len(i.Samples) - len(b.Sightings); more > 0 {
		b.More = x.l.T("evidence.more", "shown", len(b.Sightings), "n", x.l.n(uint64(len(i.Samples))))
	}
	if len(b.Sightings) > sightingsAtOnce+2 {
		b.Sightings, b.Older = b.Sightings[:sightingsAtOnce], b.Sightings[sightingsAtOnce:]
	}
	if b.Why.unsteady {
		b.Confirm = x.l.path("confirm") + "?next=" + url.QueryEscape(x.l.incident(i.Key))
	}
	if i.Machine.Addr.IsSet() {
		b.Hosts = clean(strings.Join(i.Machine.Hosts, ", "))
	}
	for _, p := range i.Machine.Ports {
		b.Ports = strings.TrimPrefix(b.Ports+", "+strconv.Itoa(int(p)), ", ")
	}
	if o, ok := x.org(i.Org); ok {
		b.Org = o.Name.In(x.l.Code)
	}
	for _, st := range statuses {
		b.Statuses = append(b.Statuses, statusRow{st.String(), x.l.T("status." + st.String()), x.l.T("status." + st.String() + ".help"), st == i.Status})
	}
	s.showAt(x, http.StatusOK, "incident", place{
		x.l.incident(i.Key), s.other(x.l).incident(i.Key), b.Title + " – " + b.Machine,
	}, b)
}

// sightings puts the newest into words. Where addresses may have been cut to
// their networks, one that looks so is shown as a network.
func sightings(l *language, i *event.Incident, truncated bool) (out []sightingRow) {
	for n := range i.Samples[:min(len(i.Samples), sightingsShown)] {
		x := &i.Samples[n]
		t := x.Time.Std()
		row := sightingRow{
			Local: t.In(l.Zone).Format("15:04:05 " + l.Date), UTC: t.Format("2006-01-02 15:04:05") + " UTC", ISO: x.Time.String(),
			Public: address(x.PublicAddr, false), PublicPort: port(x.SourcePort), Remote: address(x.RemoteAddr, truncated), RemotePort: port(x.RemotePort),
			Protocol: protocol(x), Began: l.T("began.own"), Rule: clean(x.Rule),
		}
		if x.Inbound {
			row.Began = l.T("began.remote")
		}
		out = append(out, row)
	}
	return out
}

// address writes an address; as a network where it may have been cut to one.
func address(a event.Addr, truncated bool) string {
	switch {
	case !a.IsSet():
		return "–"
	case truncated && a == a.Network() && a.Is4():
		return a.String() + "/" + strconv.Itoa(event.NetworkBits4)
	case truncated && a == a.Network():
		return a.String() + "/" + strconv.Itoa(event.NetworkBits6)
	}
	return a.String()
}

func port(p uint16) string {
	if p == 0 {
		return "–"
	}
	return strconv.Itoa(int(p))
}

// transports by IANA number.
var transports = map[uint8]string{1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}

// protocol names the transport and, where it is known, what runs over it.
func protocol(x *event.Sighting) string {
	t := transports[x.Transport]
	if t == "" && x.Transport != 0 {
		t = "IP " + strconv.Itoa(int(x.Transport))
	}
	switch app := clean(x.Protocol); {
	case app == "" || strings.EqualFold(app, t):
		if t == "" {
			return "–"
		}
		return t
	case t == "":
		return app
	default:
		return t + " / " + app
	}
}

// history puts what was said into words, newest first. Who it was is told as far
// as colleagues need: oneself, another, or the observatory.
func (s *Server) history(x *visit, words []Word) (out []historyRow) {
	for _, w := range words {
		row := historyRow{Who: x.l.T("history.colleague"), Status: x.l.T("status." + w.Status.String()), Note: w.Note, At: x.l.moment(event.TimeOf(w.When), s.now())}
		switch {
		case w.Relapse:
			row.Who, row.Status = x.l.T("history.observatory"), x.l.T("history.relapse")
		case w.Who == "":
			row.Who = x.l.T("history.observatory")
		case w.Who == x.viewer.Person():
			row.Who = x.l.T("history.you")
		}
		out = append(out, row)
	}
	slices.Reverse(out)
	return out
}

// maxNote is how much may be said, in characters.
const maxNote = 1000

// setStatus keeps what a member says of an incident.
func (s *Server) setStatus(x *visit) {
	code, err := event.Statuses.Parse(x.r.PostFormValue("status"))
	note := strings.ReplaceAll(strings.TrimSpace(x.r.PostFormValue("note")), "\r\n", "\n")
	if err != nil || code == 0 || !utf8.ValidString(note) || utf8.RuneCountInString(note) > maxNote {
		s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
		return
	}
	released, _, err := s.dep.Incidents(x.r.Context(), x.viewer)
	if err != nil {
		panic(err)
	}
	i, ok := find(released, x.r.PostFormValue("incident"))
	if !ok {
		s.fail(x.w, x.r, x.l, http.StatusNotFound, "incident")
		return
	}
	if !x.viewer.ActsFor(i.Org) {
		s.fail(x.w, x.r, x.l, http.StatusForbidden, "forbidden")
		return
	}
	if s.refused(x, s.dep.SetStatus(x.r.Context(), x.viewer, i.Key, event.Status(code), note)) {
		return
	}
	http.Redirect(x.w, x.r, x.l.to("my", "incident", i.Key.String(), "saved", "1"), http.StatusSeeOther)
}
