// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"

	"haidang/event"
)

func TestSeverity(t *testing.T) {
	for name, c := range map[string]struct {
		stage                event.Stage
		kind                 event.RSIT
		reported, confidence uint8
		want                 string
	}{
		"a machine was taken over":         {event.StageIncident, event.RSITSystemCompromise, 0, 0, "critical"},
		"a machine is infected":            {event.StageIncident, event.RSITInfectedSystem, 0, 90, "high"},
		"perhaps infected":                 {event.StageIncident, event.RSITInfectedSystem, 0, 30, "medium"},
		"unknown confidence says nothing":  {event.StageIncident, event.RSITInfectedSystem, 0, 0, "high"},
		"scanned":                          {event.StageAttempt, event.RSITScanner, 0, 0, "informational"},
		"never below informational":        {event.StageAttempt, event.RSITScanner, 0, 1, "informational"},
		"scanned, the sensor is alarmed":   {event.StageAttempt, event.RSITScanner, event.SeverityCritical, 0, "high"},
		"the sensor never lowers":          {event.StageIncident, event.RSITSystemCompromise, event.SeverityHigh, 0, "critical"},
		"exposed and exploitable":          {event.StageState, event.RSITVulnerableSystem, 0, 0, "high"},
		"weak encryption":                  {event.StageState, event.RSITWeakCrypto, 0, 0, "low"},
		"a test":                           {event.StageIncident, event.RSITTest, 0, 0, "informational"},
		"an unknown type is undetermined":  {event.StageIncident, event.RSITUnset, 0, 0, "low"},
		"a type of the future is likewise": {event.StageIncident, 200, 0, 0, "low"},
	} {
		if got := SeverityName(severities.of(c.stage, c.kind, c.reported, c.confidence)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if SeverityVersion() != "severity/1" || SeverityName(99) != "unknown" {
		t.Error("version or name of an unknown severity")
	}
}

func TestSeverityTablesWithGapsAreRefused(t *testing.T) {
	whole := string(severityData)
	for want, table := range map[string]string{
		"no rule for stage incident and kind other/other": strings.Replace(whole, "kinds: [other], severity: low}", "kinds: [test], severity: low}", 1),
		`"intrusion" is neither`:                          strings.Replace(whole, "kinds: [intrusions,", "kinds: [intrusion,", 1),
		`severity: "grave"`:                               strings.Replace(whole, "severity: critical}", "severity: grave}", 1),
		`"context" is not`:                                strings.Replace(whole, "stage: incident", "stage: context", 1),
		"use OCSF's words":                                strings.Replace(whole, "floor: high", "floor: x", 1),
		"severity.yaml":                                   whole + "\nmore: 1\n",
	} {
		if _, err := readSeverities([]byte(table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
