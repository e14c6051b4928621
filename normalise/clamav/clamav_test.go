// SPDX-License-Identifier: Apache-2.0

package clamav

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

var now = event.TimeOf(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))

// pseudonym stands for a keyed hash: its first bytes say whose it is.
func pseudonym(name string, _ event.Time) (id event.Bytes16) {
	copy(id[1:], name)
	id[0] = 'P'
	return id
}

func privacy() *normalise.Privacy {
	return normalise.NewPrivacy(event.Sensor{Name: "av", Zone: "Asia/Ho_Chi_Minh"}, now, pseudonym)
}

// through sends a line through the door and the mapping.
func through(t testing.TB, line string) (scrubbed string, e event.Event, err error) {
	t.Helper()
	scrubbed = string(scrubber{}.Scrub(nil, []byte(line), privacy()))
	c, err := normalise.NewContext(event.Sensor{Name: "av", Country: "VN", Zone: "Asia/Ho_Chi_Minh"})
	if err != nil {
		t.Fatal(err)
	}
	e.Reset()
	err = mapper{}.Map([]byte(scrubbed), c, &e)
	return scrubbed, e, err
}

func TestLines(t *testing.T) {
	type said struct {
		Who, Time, Action, Name string
		Stage                   event.Stage
		Way                     event.Way
	}
	const eicar = "Win.Test.EICAR_HDB-1"
	for line, want := range map[string]said{
		"Sat Nov 21 18:13:39 2026 -> /home/an/a: b.com: " + eicar + " FOUND":                          {"", "2026-11-21T11:13:39Z", "malware-detected", eicar, event.StageIncident, event.WayFileOnDemand},
		"Sat Nov 21 18:13:39 2026 -> /x: " + eicar + "(44d88612fea8a8f36de82e1278abb02f:68) FOUND":    {"", "2026-11-21T11:13:39Z", "malware-detected", eicar, event.StageIncident, event.WayFileOnDemand},
		"Sat Nov 21 18:13:39 2026 -> instream(local): " + eicar + " FOUND":                            {"", "2026-11-21T11:13:39Z", "malware-detected", eicar, event.StageAttempt, event.WayUnset},
		"Nov 21 18:13:39 pc-7 clamd[812]: ScanOnAccess: /x: " + eicar + " FOUND":                      {"pc-7", "2026-11-21T11:13:39Z", "malware-detected", eicar, event.StageAttempt, event.WayFileOnAccess},
		"Dec 31 23:59:59 pc-7 clamd[812]: /x: " + eicar + " FOUND":                                    {"pc-7", "2025-12-31T16:59:59Z", "malware-detected", eicar, event.StageIncident, event.WayFileOnDemand},
		"2026-11-21T18:13:39.25+07:00 pc-7 clamd[812]: /x: PUA.Win.Tool.X-1 FOUND":                    {"pc-7", "2026-11-21T11:13:39.25Z", "riskware-detected", "PUA.Win.Tool.X-1", event.StageContext, event.WayFileOnDemand},
		"/x: Win.Adware.Y-2.UNOFFICIAL FOUND":                                                         {"", now.String(), "adware-detected", "Win.Adware.Y-2.UNOFFICIAL", event.StageContext, event.WayFileOnDemand},
		"/x: Heuristics.Encrypted.Zip FOUND":                                                          {"", now.String(), "riskware-detected", "Heuristics.Encrypted.Zip", event.StageContext, event.WayFileOnDemand},
		"haidang:participant=PC+1&way=file-on-access&at=2026-11-21T11:00:00Z /x: " + eicar + " FOUND": {"PC 1", "2026-11-21T11:00:00Z", "malware-detected", eicar, event.StageAttempt, event.WayFileOnAccess},
		"/home/an/secret.txt: OK":                                    {"", now.String(), "log", "", event.StageContext, event.WayUnset},
		"Sat Nov 21 18:13:39 2026 -> SelfCheck: Database status OK.": {"", "2026-11-21T11:13:39Z", "log", "", event.StageContext, event.WayUnset},
		"/x: no name FOUND":                                          {"", now.String(), "log", "", event.StageContext, event.WayUnset},
	} {
		scrubbed, e, err := through(t, line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got := said{strings.TrimRight(string(e.Participant[1:]), "\x00"), e.Time.String(), e.Action, e.RuleID, e.Stage, e.Way}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", line, d)
		}
		if strings.Contains(scrubbed, "/") && !strings.Contains(scrubbed, mark) || strings.Contains(strings.TrimPrefix(scrubbed, mark), "/") {
			t.Errorf("a path is left: %s", scrubbed)
		}
	}
}

// What ClamAV 1.4.6 wrote about our files: EICAR, one that we call riskware, one
// that we call adware, one that is clean.
func TestRecordedLogs(t *testing.T) {
	for file, want := range map[string]map[string]int{
		"clamscan.log":  {"malware-detected": 1, "riskware-detected": 1, "adware-detected": 1},
		"clamdscan.log": {"malware-detected": 1, "riskware-detected": 1, "adware-detected": 1},
		"clamonacc.log": {"malware-detected": 1, "riskware-detected": 0, "adware-detected": 0},
		"clamd.log":     {"malware-detected": 1, "riskware-detected": 1, "adware-detected": 1},
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "recorded", file))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			scrubbed, e, err := through(t, line)
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			got[e.Action]++
			if strings.Contains(scrubbed, "eicar.com") || strings.Contains(scrubbed, "odd") {
				t.Errorf("a path is left: %s", scrubbed)
			}
		}
		for action, least := range want {
			if got[action] < least || least == 0 && got[action] > 0 {
				t.Errorf("%s: %d of %s, want %d or more", file, got[action], action, least)
			}
		}
	}
}

// What the agent makes of a line says the same at the door, without its path.
func TestForwardSaysTheSame(t *testing.T) {
	hints := url.Values{"participant": {"PC 1"}, "way": {"file-on-access"}, "country": {"LA"}, "sector": {"health"}, "organisation": {"7"}}
	in := "Sat Nov 21 18:13:39 2026 -> /home/an/x.com: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND\n\n/home/an/y: OK\n"
	zone := time.FixedZone("", 7*3600)
	out := Forward([]byte(in), hints, zone, now.Std())
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != 2 || bytes.Contains(out, []byte("/home")) {
		t.Fatalf("%s", out)
	}
	_, e, err := through(t, string(lines[0]))
	if err != nil || e.Way != event.WayFileOnAccess || e.Stage != event.StageAttempt || e.Destination.Country.String() != "LA" ||
		e.Sector != event.SectorHealth || len(e.Orgs) != 1 || e.Orgs[0].Org != 7 || e.Time.String() != "2026-11-21T11:13:39Z" {
		t.Errorf("%v: %+v", err, e)
	}
	if _, e, err := through(t, string(lines[1])); err != nil || e.Action != "log" {
		t.Errorf("%v: %+v", err, e)
	}
	if _, _, err := through(t, "haidang:sector=nothing /x: A FOUND"); err == nil {
		t.Error("an unknown sector is taken")
	}
	if err := (mapper{}).Map([]byte("/x: A FOUND"), &normalise.Context{}, &e); err == nil {
		t.Error("a line that no door rewrote is taken")
	}
}

func FuzzScrub(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	files, _ := filepath.Glob("testdata/recorded/*.log")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			f.Add(strings.TrimRight(line, "\n"))
		}
	}
	f.Add("haidang:participant=PC+1&way=file-on-access /x: A FOUND")
	f.Fuzz(func(t *testing.T, line string) {
		scrubbed, _, err := through(t, line)
		if strings.ContainsAny(scrubbed, "\n\r") || strings.Count(scrubbed, " ") != fields-1 {
			t.Fatalf("%q became %q", line, scrubbed)
		}
		if _, ok := err.(*normalise.RejectError); err != nil && !ok {
			t.Fatalf("%q: %v", line, err)
		}
	})
}
