// SPDX-License-Identifier: Apache-2.0

package detection

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

var now = event.TimeOf(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))

func pseudonym(name string, _ event.Time) (id event.Bytes16) {
	id[0] = 'P'
	copy(id[1:], name)
	return id
}

// through sends a record through a door and the whole normaliser.
func through(t testing.TB, record string) (scrubbed string, b event.Batch, rejects []event.Reject) {
	t.Helper()
	s := event.Sensor{Name: "edr", Country: "VN"}
	n := normalise.New(normalise.Config{IDKey: []byte("test"), Now: now.Std}, New())
	r, ok := n.Redactor("detection", normalise.NewPrivacy(s, now, pseudonym))
	if !ok {
		t.Fatal("the format is not private")
	}
	out, _, records := r.Next(nil, []byte(record))
	if records == 0 {
		return "", b, nil
	}
	c := event.Chunk{Delivery: event.Delivery{Sensor: "edr", Format: "detection"}, Seq: 1, Records: 1, Data: out, Ingested: now}
	rejects = n.Chunk(&c, s, &b, nil)
	return string(out), b, rejects
}

const whole = `{"participant":"PC-7","time":"2026-11-21T18:00:00+07:00","name":"Trojan.X","class":"malware","way":"mail","resident":false,"action":"blocked",` +
	`"sha256":"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f","count":3,"country":"LA","sector":"education","organisation":12,"agent":"edr 4"}`

func TestAWholeDetection(t *testing.T) {
	scrubbed, b, rejects := through(t, whole)
	if len(rejects) > 0 || b.Rows() != 1 || strings.Contains(scrubbed, "PC-7") {
		t.Fatalf("%+v %s", rejects, scrubbed)
	}
	var e event.Event
	b.Row(0, &e)
	if e.Participant != pseudonym("PC-7", 0) || e.Time.String() != "2026-11-21T11:00:00Z" || e.RuleID != "Trojan.X" || e.Stage != event.StageAttempt ||
		e.RSIT != event.RSITMalwareDistribution || e.Way != event.WayMail || e.Outcome != event.OutcomeFailure || !e.FileSHA256.IsSet() || e.Count != 3 ||
		e.Destination.Country.String() != "LA" || e.Sector != event.SectorEducation || e.Orgs[0].Org != 12 || e.UserAgent != "edr 4" || e.Affected != event.SideDestination {
		t.Errorf("%+v", e)
	}
}

func TestClassWayAndResidence(t *testing.T) {
	type said struct {
		Action string
		Stage  event.Stage
		RSIT   event.RSIT
	}
	for members, want := range map[string]said{
		`"name":"A"`:                        {"malware-detected", event.StageAttempt, event.RSITMalwareDistribution},
		`"name":"A","way":"file-on-demand"`: {"malware-detected", event.StageIncident, event.RSITInfectedSystem},
		`"name":"A","way":"file-on-demand","resident":false`: {"malware-detected", event.StageAttempt, event.RSITMalwareDistribution},
		`"name":"A","resident":true`:                         {"malware-detected", event.StageIncident, event.RSITInfectedSystem},
		`"name":"PUA.B"`:                                     {"riskware-detected", event.StageContext, event.RSITUnset},
		`"name":"PUA.B","class":"malware"`:                   {"malware-detected", event.StageAttempt, event.RSITMalwareDistribution},
		`"name":"not-a-virus:AdWare.C","resident":true`:      {"adware-detected", event.StageContext, event.RSITUnset},
	} {
		_, b, rejects := through(t, `{"time":"2026-11-21T11:00:00Z",`+members+`}`)
		if len(rejects) > 0 {
			t.Errorf("%s: %+v", members, rejects)
			continue
		}
		if d := cmp.Diff(want, said{b.Action.At(0), b.Stage[0], b.RSIT[0]}); d != "" {
			t.Errorf("%s: %s", members, d)
		}
	}
}

// What cannot be taken is quarantined with its reason, and nothing of what may name
// a participant is kept.
func TestRefused(t *testing.T) {
	for record, want := range map[string]event.Reason{
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z"`: event.ReasonNotJSON,
		`CANARY`: event.ReasonNotJSON,
		`{"participant":"CANARY","participant":"x","time":"2026-11-21T11:00:00Z","name":"A"}`:               event.ReasonNotJSON,
		`{"participant":"CANARY","path":"/home/CANARY","time":"2026-11-21T11:00:00Z","name":"A"}`:           event.ReasonField,
		`{"participant":["CANARY"],"time":"2026-11-21T11:00:00Z","name":"A"}`:                               event.ReasonField,
		`{"participant":"CANARY` + strings.Repeat("y", 300) + `","time":"2026-11-21T11:00:00Z","name":"A"}`: event.ReasonField,
		`{"refused":"CANARY","time":"2026-11-21T11:00:00Z","name":"A"}`:                                     event.ReasonField,
		`{"participant":"CANARY","time":"yesterday","name":"A"}`:                                            event.ReasonTime,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z"}`:                                            event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","way":"post"}`:                    event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","class":"virus"}`:                 event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","sha256":"zz"}`:                   event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","count":0}`:                       event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","country":"vn"}`:                  event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","sector":"x"}`:                    event.ReasonField,
		`{"participant":"CANARY","time":"2026-11-21T11:00:00Z","name":"A","action":"burnt"}`:                event.ReasonField,
	} {
		scrubbed, _, rejects := through(t, record)
		if len(rejects) != 1 || rejects[0].Reason != want {
			t.Errorf("%s: %+v, want %s", record, rejects, want)
			continue
		}
		if strings.Contains(scrubbed, "CANARY") || strings.Contains(rejects[0].Detail, "CANARY") || strings.Contains(string(rejects[0].Bytes), "CANARY") {
			t.Errorf("%s: kept is %s, %s", record, scrubbed, rejects[0].Detail)
		}
	}
}

// Shippers wrap lines; the wrapper is taken off at the door.
func TestWrapped(t *testing.T) {
	_, b, rejects := through(t, `{"@timestamp":"x","agent":{"type":"filebeat"},"message":"{\"time\":\"2026-11-21T11:00:00Z\",\"name\":\"A\"}"}`)
	if len(rejects) > 0 || b.Rows() != 1 || b.RuleID.At(0) != "A" {
		t.Errorf("%+v", rejects)
	}
}

func FuzzThrough(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(whole)
	f.Add(`{"refused":"bad-field"}`)
	f.Fuzz(func(t *testing.T, record string) {
		if strings.ContainsAny(record, "\n") {
			return
		}
		_, b, rejects := through(t, record)
		if n := b.Rows() + len(rejects); n > 1 {
			t.Fatalf("%q became %d records", record, n)
		}
	})
}
