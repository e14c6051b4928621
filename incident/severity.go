// SPDX-License-Identifier: Apache-2.0

package incident

import (
	_ "embed"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"haidang/event"
)

//go:embed severity.yaml
var severityData []byte

// severities is the embedded table; what is wrong with it is found by a test.
var severities = must(readSeverities(severityData))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// severityNames are those of OCSF severity_id.
var severityNames = []string{"unknown", "informational", "low", "medium", "high", "critical", "fatal"}

// SeverityVersion names the table of rules that severities come from.
func SeverityVersion() string { return severities.version }

// SeverityName gives the OCSF word of a severity.
func SeverityName(s uint8) string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return severityNames[0]
}

// severityTable is the table, laid out by stage and type.
type severityTable struct {
	version  string
	base     [event.StageContext][]uint8 // by stage and type; the stage unset is not used
	reported []severityFloor
	unsure   uint8 // confidence below which it is lowered
	lower    uint8
}

type severityFloor struct{ atLeast, floor uint8 }

type severityFile struct {
	Version string `yaml:"version"`
	Rules   []struct {
		Stage    string   `yaml:"stage"`
		Kinds    []string `yaml:"kinds"`
		Severity string   `yaml:"severity"`
	} `yaml:"rules"`
	Reported []struct {
		AtLeast string `yaml:"at_least"`
		Floor   string `yaml:"floor"`
	} `yaml:"reported"`
	Unsure struct {
		Below   uint8 `yaml:"below_confidence"`
		LowerBy uint8 `yaml:"lower_by"`
	} `yaml:"unsure"`
}

func decodeStrict(raw []byte, into any) error {
	return yaml.Load(raw, into, yaml.WithKnownFields())
}

// readSeverities refuses a table that leaves a stage and type undecided.
func readSeverities(raw []byte) (*severityTable, error) {
	var f severityFile
	if err := decodeStrict(raw, &f); err != nil {
		return nil, fmt.Errorf("severity.yaml: %w", err)
	}
	t := &severityTable{version: f.Version, unsure: f.Unsure.Below, lower: f.Unsure.LowerBy}
	for i := range t.base {
		t.base[i] = make([]uint8, len(event.RSITs.Names))
	}
	for n, r := range f.Rules {
		if err := t.rule(r.Stage, r.Kinds, r.Severity); err != nil {
			return nil, fmt.Errorf("severity.yaml: rule %d: %w", n+1, err)
		}
	}
	for _, r := range f.Reported {
		at, err1 := severityOf(r.AtLeast)
		floor, err2 := severityOf(r.Floor)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("severity.yaml: reported: %q and %q: use OCSF's words", r.AtLeast, r.Floor)
		}
		t.reported = append(t.reported, severityFloor{at, floor})
	}
	for stage := event.StageAttempt; stage < event.StageContext; stage++ {
		for kind := 1; kind < len(event.RSITs.Names); kind++ {
			if t.base[stage][kind] == 0 {
				return nil, fmt.Errorf("severity.yaml: no rule for stage %s and kind %s; add one", stage, event.RSIT(kind))
			}
		}
	}
	return t, nil
}

func severityOf(name string) (uint8, error) {
	at := slices.Index(severityNames, name)
	if at < 1 {
		return 0, fmt.Errorf("severity: %q is not one of %q", name, severityNames[1:])
	}
	return uint8(at), nil
}

// rule fills what no earlier rule filled.
func (t *severityTable) rule(stage string, kinds []string, severity string) error {
	s, err := severityOf(severity)
	if err != nil {
		return err
	}
	only, err := event.Stages.Parse(stage)
	if err != nil || only == uint8(event.StageContext) {
		return fmt.Errorf("stage: %q is not attempt, incident or state", stage)
	}
	for _, name := range kinds {
		used := false
		for kind := 1; kind < len(event.RSITs.Names); kind++ {
			if k := event.RSIT(kind); k.String() != name && k.Class() != name {
				continue
			}
			used = true
			for at := range t.base {
				if (only == 0 || at == int(only)) && t.base[at][kind] == 0 {
					t.base[at][kind] = s
				}
			}
		}
		if !used {
			return fmt.Errorf("kinds: %q is neither an RSIT class nor a type", name)
		}
	}
	return nil
}

// of gives the severity of an incident. A type that is not known is judged as
// undetermined; a confidence of zero says nothing.
func (t *severityTable) of(stage event.Stage, kind event.RSIT, reported, confidence uint8) uint8 {
	if kind == event.RSITUnset || int(kind) >= len(event.RSITs.Names) {
		kind = event.RSITUndetermined
	}
	s := t.base[stage][kind]
	for _, r := range t.reported {
		if reported >= r.atLeast {
			s = max(s, r.floor)
		}
	}
	if confidence > 0 && confidence < t.unsure && s > t.lower {
		s -= t.lower
	}
	return s
}
