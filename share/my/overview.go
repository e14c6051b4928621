// SPDX-License-Identifier: Apache-2.0

package my

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

const (
	// machinesAPage of the overview.
	machinesAPage = 50
	// urgentFrom this severity (medium) what succeeded or stands open needs attention;
	// what lies below is told for information.
	urgentFrom = event.SeverityMedium
)

// overviewBody is what the overview shows.
type overviewBody struct {
	Sentence, Rest string
	Orgs           []orgRow
	Open, All      int
	ShowAll        bool
	OpenPath       string
	AllPath        string
	Groups         []groupRow
	None           string // why the list is empty
	Earlier, Later string // other pages of the list
	Cut, Replays   bool
	Confirm        string // where a passkey is shown; empty where none is needed
}

type orgRow struct {
	Name     string
	Networks []string
	Pending  []string // claimed, not confirmed
}

// incidentRow is one incident in words.
type incidentRow struct {
	Path, Title, Detail, Stage string
	Level                      uint8
	Severity, Status           string
	Settled, Replay, Returned  bool
	First, Last                moment
	Count                      string
	Marking                    string
}

// mine is the overview, or the incident that the address names.
func (s *Server) mine(x *visit) {
	list, cut, err := s.dep.Incidents(x.r.Context(), x.viewer)
	if err != nil {
		panic(err)
	}
	if key := asked(x.r, "incident"); key != "" {
		s.incident(x, list, key)
		return
	}
	s.show(x, http.StatusOK, "my", s.overview(x, list, cut))
}

func (s *Server) overview(x *visit, released classify.Released[[]event.Incident], cut bool) *overviewBody {
	list := released.Value()
	b := &overviewBody{Cut: cut, All: len(list), ShowAll: asked(x.r, "show") == "all" || asked(x.r, "show") == "tat-ca"}
	all := "all"
	if x.l.Code == "vi" {
		all = "tat-ca"
	}
	b.OpenPath, b.AllPath = x.l.to("my"), x.l.to("my", "show", all)
	open := slices.DeleteFunc(slices.Clone(list), func(i event.Incident) bool { return i.Settled() })
	b.Open = len(open)
	b.Replays = slices.ContainsFunc(list, func(i event.Incident) bool { return i.Replay })
	b.Orgs = s.watched(x)
	machines := machinesOf(open)
	b.Sentence, b.Rest = sentence(x.l, machines, s.calm(b.Orgs))
	if s.needsPasskey(x.viewer) {
		b.Confirm = x.l.path("confirm") + "?next=" + x.l.path("my")
	}
	if b.ShowAll {
		machines = machinesOf(list)
	} else {
		all = ""
	}
	switch {
	case len(list) == 0:
		b.None = x.l.T("my.none")
	case len(machines) == 0:
		b.None = x.l.T("my.none.open")
	}
	at, _ := strconv.Atoi(asked(x.r, "page"))
	at = min(max(at, 1), max((len(machines)+machinesAPage-1)/machinesAPage, 1))
	if at > 1 {
		b.Earlier = x.l.to("my", "show", all, "page", strconv.Itoa(at-1))
	}
	if at*machinesAPage < len(machines) {
		b.Later = x.l.to("my", "show", all, "page", strconv.Itoa(at+1))
	}
	b.Groups = s.groups(x, machines[min((at-1)*machinesAPage, len(machines)):min(at*machinesAPage, len(machines))])
	return b
}

// calm says what it means that nothing needs attention: nothing at all where
// nothing is watched or nothing is heard.
func (s *Server) calm(orgs []orgRow) (key string) {
	if !slices.ContainsFunc(orgs, func(o orgRow) bool { return len(o.Networks) > 0 }) {
		return "my.unwatched"
	}
	if last := s.dep.Picture().Value().LastEvent; !last.IsSet() || event.TimeOf(s.now())-last > staleAfter {
		return "my.unheard"
	}
	return "my.calm"
}

// sentence says in plain words how things are, and what there is beside. calm
// names what is said where nothing needs attention.
func sentence(l *language, machines []machine, calm string) (main, rest string) {
	var n [standings]int
	for i := range machines {
		n[machines[i].standing]++
	}
	main = l.T(calm)
	if n[pressing] > 0 {
		main = l.count("my.urgent", n[pressing])
	}
	var beside []string
	if n[attacked] > 0 {
		beside = append(beside, l.count("my.attacked", n[attacked]))
	}
	if n[known] > 0 {
		beside = append(beside, l.count("my.others", n[known]))
	}
	return main, strings.Join(beside, " ")
}

// watched names what is watched of each organisation.
func (s *Server) watched(x *visit) (out []orgRow) {
	for _, o := range x.orgs {
		row := orgRow{Name: o.Name.In(x.l.Code)}
		for _, n := range o.Networks {
			switch n.State {
			case identity.Confirmed:
				row.Networks = append(row.Networks, n.String())
			case identity.Claimed:
				row.Pending = append(row.Pending, n.String())
			}
		}
		out = append(out, row)
	}
	return out
}

// needsPasskey reports whether there are tiers that only a passkey stands
// between.
func (s *Server) needsPasskey(v classify.Viewer) bool {
	return slices.ContainsFunc(s.dep.Standing(v).Value(), func(st classify.Standing) bool {
		return st.Not == classify.NotSteady && len(st.May) == 0
	})
}

// row puts an incident into words.
func (s *Server) row(l *language, i *event.Incident) incidentRow {
	now := s.now()
	level := min(i.Severity, event.SeverityFatal)
	return incidentRow{
		Path: l.incident(i.Key), Title: s.dep.Advise(l.Code, i.Problem.RSIT).Title, Detail: detail(l, i),
		Stage: l.T("stage." + i.Stage.String()), Level: level, Severity: l.T("severity." + strconv.Itoa(int(level))),
		Status: l.T("status." + i.Status.String()), Settled: i.Settled(), Replay: i.Replay, Returned: i.Relapses > 0,
		First: l.moment(i.First, now), Last: l.moment(i.Last, now), Count: l.n(i.Count), Marking: i.Marking(),
	}
}

// detail names the malware, the vulnerability, the service or the rule.
func detail(l *language, i *event.Incident) string {
	switch i.Problem.By {
	case event.ProblemPort:
		return l.T("problem.port", "port", i.Problem.Port)
	default:
		return clean(i.Problem.Name)
	}
}
