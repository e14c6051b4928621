// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/classify"
	"haidang/config"
	"haidang/event"
	"haidang/identity"
)

// What the oracle knows of the world it asks about: who sends, whom a member of a
// ministry belongs to, and what each kind of record means, all by hand.

// oracleSensor is one that sends; those of one coverage can be a panel.
type oracleSensor struct {
	name, covers string
	owner        int // index of its organisation, -1 where nobody knows
	hours        int // in each day it is at work in so many
}

var oracleSensors = []oracleSensor{
	{"pot-1", "edge", 0, 24}, {"pot-2", "edge", 1, 24}, {"pot-3", "edge", 3, 24}, {"pot-4", "edge", 4, 23}, {"pot-5", "edge", 5, 24},
	{"pot-6", "edge", -1, 12}, {"pot-7", "core", 5, 24},
	{"fleet", "endpoints", -1, 0}, {"fleet-2", "endpoints", 4, 0},
}

// oracleParents says under which organisation each is, by index; -1 for none.
var oracleParents = []int{-1, 0, 0, -1, -1, -1}

// oracleBands are their sizes.
var oracleBands = []string{"small", "large", "", "micro", "medium", "small"}

var oracleHoneypot = map[string]struct{ kind, technique string }{
	"cowrie.login.failed":    {"intrusion-attempts/brute-force", "T1110"},
	"cowrie.session.connect": {"information-gathering/scanner", "T1595"},
	"cowrie.command.input":   {"intrusion-attempts/exploit", "T1059.004"},
}

// oracleFinding is what a detection says. Some of one name differ in way and stage.
type oracleFinding struct {
	name, class, way string
	resident         bool
}

var oracleFindings = []oracleFinding{
	{"Mail.Trojan", "malware", "mail", false}, {"Web.Trojan", "malware", "web", false}, {"Disk.Worm", "malware", "file-on-demand", true},
	{"Open.Worm", "malware", "file-on-access", false}, {"Lock.Ransom", "malware", "ransomware", true}, {"Mail.Trojan", "malware", "web", false}, {"Disk.Worm", "malware", "file-on-demand", false}, {"PUA.Toolbar", "riskware", "web", false}, {"Adware.Pop", "adware", "web", false},
}

var (
	oracleHosts     = []string{"202.96.128.86", "133.1.2.3", "168.126.63.1", "8.8.8.8", "8.8.4.4", "202.96.128.87"}
	oracleCountries = []string{"VN", "VN", "VN", "LA", "KH", "TH"}
	oracleSectors   = []string{"health", "banking", "energy", "food", ""}
)

// rawRecord is one record as a sensor wrote it, and what it means.
type rawRecord struct {
	Sensor, Kind, Way, Stage, Class, Technique string
	Participant, Country, Sector, Band         string
	Host, Target, Rule                         string
	Org                                        int // index, -1 for none
	Count                                      int64
	At                                         time.Time
}

// oracleWorld is all that was sent.
type oracleWorld struct {
	records   []rawRecord
	orgs      []uint32 // numbers by index
	countries map[string]string
	now       time.Time
	zone      *time.Location
	limits    config.Participants
	noise     map[string]int64 // published number of the members of each cell seen so far
}

// oracleTime is a time of the last year and a half, many within few days.
func oracleTime(r *rand.Rand, now time.Time) time.Time {
	days := []int{3, 10, 40, 100, 500}[r.IntN(5)]
	return now.Add(-time.Duration(1+r.IntN(days*24)) * time.Hour).Truncate(time.Hour).Add(time.Duration(r.IntN(4)) * 20 * time.Second)
}

// honeypots writes attacks on honeypots, and signs of life of each.
func (w *oracleWorld) honeypots(r *rand.Rand, n int) map[string]*strings.Builder {
	out := map[string]*strings.Builder{}
	line := func(s *oracleSensor, id, host, target string, at time.Time) {
		if out[s.name] == nil {
			out[s.name] = &strings.Builder{}
		}
		fmt.Fprintf(out[s.name], `{"eventid":%q,"username":"root","password":"x","input":"id","message":"m","sensor":"pot","timestamp":%q,"src_ip":%q,"src_port":4000,"dst_ip":%q,"dst_port":22,"session":"s","protocol":"ssh"}`+"\n",
			id, at.UTC().Format(time.RFC3339Nano), host, target)
	}
	ids := []string{"cowrie.login.failed", "cowrie.session.connect", "cowrie.command.input"}
	for range n {
		s := &oracleSensors[min(r.IntN(8), 6)]
		line(s, ids[r.IntN(3)], oracleHosts[r.IntN(len(oracleHosts))], oracleTarget(r.IntN(len(oracleParents)+1)), oracleTime(r, w.now))
	}
	// On two days a week apart, one that is at work half of the time sees a third of all:
	// what changed between them rests on the others.
	for _, back := range []int{15, 22} {
		noon := w.now.In(w.zone).AddDate(0, 0, -back)
		noon = time.Date(noon.Year(), noon.Month(), noon.Day(), 12, 0, 0, 0, w.zone)
		for i := range 300 {
			s := &oracleSensors[min(i%15/2, 5)]
			line(s, ids[0], oracleHosts[i%len(oracleHosts)], oracleTarget(i%6), noon.Add(time.Duration(i)*time.Minute))
		}
	}
	for i := range oracleSensors {
		s := &oracleSensors[i]
		for hour := range 75 * 24 { // longer than two months, and not always
			if hour%24 < s.hours {
				line(s, "cowrie.session.closed", oracleHosts[hour%len(oracleHosts)], oracleTarget(0), w.now.Add(-time.Duration(hour)*time.Hour))
			}
		}
	}
	return out
}

// participants writes heartbeats and detections. A participant moves between
// countries, and has one sector and organisation. Some detections come twice within a
// minute, where the second says a larger or smaller number and often another country,
// way or stage.
func (w *oracleWorld) participants(r *rand.Rand, people, n int) (beats, found map[string]*strings.Builder) {
	beats, found = map[string]*strings.Builder{"fleet": {}, "fleet-2": {}}, map[string]*strings.Builder{"fleet": {}, "fleet-2": {}}
	about := func(i int, at time.Time) string {
		country := oracleCountries[i%len(oracleCountries)]
		if r.IntN(8) == 0 {
			country = oracleCountries[r.IntN(len(oracleCountries))]
		}
		s := fmt.Sprintf(`"participant":"pc-%d","time":%q,"country":%q`, i, at.Format(time.RFC3339), country)
		if sector := oracleSectors[i%len(oracleSectors)]; sector != "" {
			s += fmt.Sprintf(`,"sector":%q`, sector)
		}
		if org := i % 7; org < 6 {
			s += fmt.Sprintf(`,"organisation":%d`, w.orgs[org])
		}
		return s
	}
	fleet := func(i int) string { return []string{"fleet", "fleet-2"}[i/7%2] }
	for range n {
		i := r.IntN(people)
		fmt.Fprintf(beats[fleet(i)], "{%s}\n", about(i, oracleTime(r, w.now)))
	}
	for range n {
		i, at, f := r.IntN(people), oracleTime(r, w.now), &oracleFindings[r.IntN(len(oracleFindings))]
		for range 1 + max(0, r.IntN(6)-4) {
			fmt.Fprintf(found[fleet(i)], `{%s,"name":%q,"class":%q,"way":%q,"resident":%t,"count":%d}`+"\n", about(i, at), f.name, f.class, f.way, f.resident, 1+r.IntN(3))
			f = f.otherwise(r)
		}
	}
	return beats, found
}

// otherwise is one of the findings of the same name.
func (f *oracleFinding) otherwise(r *rand.Rand) *oracleFinding {
	var named []*oracleFinding
	for i := range oracleFindings {
		if oracleFindings[i].name == f.name {
			named = append(named, &oracleFindings[i])
		}
	}
	return named[r.IntN(len(named))]
}

// read takes in lines that were sent, as plain JSON.
func (w *oracleWorld) read(t *testing.T, sensor, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var l struct {
			EventID      string    `json:"eventid"`
			Timestamp    time.Time `json:"timestamp"`
			SrcIP        string    `json:"src_ip"`
			DstIP        string    `json:"dst_ip"`
			Participant  string    `json:"participant"`
			Time         time.Time `json:"time"`
			Country      string    `json:"country"`
			Sector       string    `json:"sector"`
			Organisation uint32    `json:"organisation"`
			Name         string    `json:"name"`
			Class        string    `json:"class"`
			Way          string    `json:"way"`
			Resident     bool      `json:"resident"`
			Count        int64     `json:"count"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.EventID != "" {
			k := oracleHoneypot[l.EventID]
			rec := rawRecord{Sensor: sensor, Kind: k.kind, Technique: k.technique, Country: "VN", Host: l.SrcIP, Target: l.DstIP, Rule: l.EventID, Org: -1, Count: 1, At: l.Timestamp}
			if k.kind != "" {
				rec.Stage, rec.Way = "attempt", "network"
			}
			for i := range w.orgs {
				if l.DstIP == oracleTarget(i) {
					rec.Org, rec.Sector, rec.Band = i, oracleSectors[i%4], oracleBands[i]
				}
			}
			w.records = append(w.records, rec)
			continue
		}
		rec := rawRecord{Sensor: sensor, Participant: w.pseudonym(sensor, l.Participant, l.Time), Country: l.Country, Sector: l.Sector, Rule: l.Name, Org: slices.Index(w.orgs, l.Organisation), Count: l.Count, At: l.Time}
		if rec.Class, rec.Way = l.Class, l.Way; rec.Org >= 0 {
			rec.Band = oracleBands[rec.Org]
		}
		switch {
		case l.Class == "malware" && l.Resident:
			rec.Stage, rec.Kind = "incident", "malicious-code/infected-system"
		case l.Class == "malware":
			rec.Stage, rec.Kind = "attempt", "malicious-code/malware-distribution"
		}
		w.records = append(w.records, rec)
	}
}

// pseudonym tells participants apart as docs/28 says: by sender, and within a
// calendar year; what is older than last year is taken for this year's.
func (w *oracleWorld) pseudonym(sensor, name string, at time.Time) string {
	year := w.now.In(w.zone).Year()
	if y := at.In(w.zone).Year(); y == year-1 {
		year = y
	}
	return fmt.Sprint(sensor, " ", name, " ", year)
}

// oracleObservatory runs an observatory to which a random world was sent.
func oracleObservatory(t *testing.T, r *rand.Rand) (*App, *oracleWorld) {
	t.Helper()
	a := oracleStart(t, t.TempDir())
	w := &oracleWorld{now: a.now().Add(-time.Hour), zone: a.zone, limits: a.cfg.Participants, noise: map[string]int64{}}
	w.organise(t, a)
	tokens := w.enrolAll(t, a)
	for _, m := range w.mail(r) {
		w.sent(t, a, m.format, m.sensor, tokens[m.sensor], m.lines)
	}
	w.countries = whereTheyLie(t, a)
	w.told(t, a)
	return a, w
}

// told waits until figures tell all that was sent, which they do a moment late.
func (w *oracleWorld) told(t *testing.T, a *App) {
	t.Helper()
	q := event.FigureQuery{Figure: "attacks", Of: "VN", Period: w.now.In(a.zone).Format("2006")}
	for deadline := testNow().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r, err := oracleAnswer(t, a, q)
		if err != nil {
			t.Fatal(err)
		}
		f := r.Value()
		faults := w.compare(&f)
		if len(faults) == 0 {
			return
		}
		if testNow().After(deadline) {
			t.Fatalf("%+v: %s", q, strings.Join(faults, "; "))
		}
	}
}

// oracleMail is what one sensor sends in one format.
type oracleMail struct{ format, sensor, lines string }

// mail is all that is sent.
func (w *oracleWorld) mail(r *rand.Rand) (out []oracleMail) {
	pots := w.honeypots(r, 4000)
	for _, sensor := range slices.Sorted(maps.Keys(pots)) {
		out = append(out, oracleMail{"cowrie", sensor, pots[sensor].String()})
	}
	beats, found := w.participants(r, 210, 5000)
	for _, fleet := range []string{"fleet", "fleet-2"} {
		out = append(out, oracleMail{"heartbeat", fleet, beats[fleet].String()}, oracleMail{"detection", fleet, found[fleet].String()})
	}
	return out
}

// oracleStart runs an observatory on a folder; it publishes shares of few.
func oracleStart(t *testing.T, data string) *App {
	t.Helper()
	a := made(oracleSettings(data), slog.New(slog.NewTextHandler(writer{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func oracleSettings(data string) config.Config {
	cfg := settingsOf(data)
	cfg.Participants = config.Participants{MinCountry: 12, MinSector: 8, MinRanked: 3}
	return cfg
}

// enrolAll enrols the sensors under their owners, and gives their tokens.
func (w *oracleWorld) enrolAll(t *testing.T, a *App) map[string]string {
	t.Helper()
	tokens := map[string]string{}
	for i := range oracleSensors {
		s := &oracleSensors[i]
		tokens[s.name] = enrol(t, a, event.Sensor{Name: s.name, Country: "VN", Covers: s.covers})
		if s.owner >= 0 {
			if _, err := admin.Call[admin.Agreement](t.Context(), admin.Local(a.administration()), admin.MethodAgreement, admin.ChangeAgreement{Sensor: s.name, Owner: &w.orgs[s.owner]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return tokens
}

// organise makes the organisations, each with one address that honeypots stand at.
func (w *oracleWorld) organise(t *testing.T, a *App) {
	t.Helper()
	ctx := identity.As(t.Context(), "an-analyst")
	for i, parent := range oracleParents {
		o := identity.Organisation{Name: identity.Name{VI: fmt.Sprintf("Tổ chức %d", i)}, Type: "other"}
		if parent >= 0 {
			o.Parent = w.orgs[parent]
		}
		code, err := event.Sectors.Parse(oracleSectors[i%4])
		if err != nil {
			t.Fatal(err)
		}
		band, err := event.Bands.Parse(oracleBands[i])
		if err != nil {
			t.Fatal(err)
		}
		o.Sector, o.Band = event.Sector(code), event.Band(band)
		id, err := a.identity.CreateOrganisation(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		w.orgs = append(w.orgs, id)
		if _, err = a.identity.Claim(ctx, id, oracleTarget(i)+"/32"); err == nil {
			err = a.identity.Confirm(ctx, id, oracleTarget(i)+"/32", "letter")
		}
		if err != nil {
			t.Fatal(err)
		}
		addr := event.AddrFrom(netip.MustParseAddr(oracleTarget(i)))
		for deadline := testNow().Add(time.Minute); !a.enricher.Internal(addr); time.Sleep(10 * time.Millisecond) {
			if testNow().After(deadline) {
				t.Fatal("the network is not known to enrichment")
			}
		}
	}
}

// oracleTarget is the address of an organisation's honeypots; the last one is nobody's.
func oracleTarget(i int) string { return fmt.Sprintf("203.162.4.%d", 190+i) }

func (w *oracleWorld) sent(t *testing.T, a *App, format, sensor, token, lines string) {
	t.Helper()
	status, batch := sendAs(t, a, format, token, format, lines)
	if status != 200 {
		t.Fatalf("%s of %s: %d", format, sensor, status)
	}
	n := int64(strings.Count(lines, "\n"))
	if s, err := a.gate.Batch(t.Context(), classify.SensorNamed(sensor), batch, 60*time.Second); err != nil || s.Value().Stored != n {
		t.Fatalf("%s of %s: %+v %v", format, sensor, s.Value(), err)
	}
	w.read(t, sensor, lines)
}
