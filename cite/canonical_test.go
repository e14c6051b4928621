// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sample is a figure of random content: every field is used.
func sample(r *rand.Rand) *event.CitedFigure {
	day := noon.AddDate(0, 0, -r.IntN(400)).Truncate(24 * time.Hour)
	spell := func(at time.Time) event.FigurePeriod {
		return event.FigurePeriod{Name: at.Format(time.DateOnly), Kind: "day", Zone: "UTC", From: event.TimeOf(at), To: event.TimeOf(at.AddDate(0, 0, 1)), Days: 1, Ended: true}
	}
	n := r.Int64N(1000)
	c := &event.CitedFigure{
		Position: event.Position(r.Uint64()), Coverage: event.Coverage{Sensors: r.IntN(9), Silent: r.IntN(3), Set: "5e7"},
		Snapshots: []event.Snapshot{{Kind: "country", ID: "2026-11"}},
		Figure: event.Figure{
			Definition: "attacks/1", Unit: "attacks", Of: "VN", By: []string{"kind"}, Period: spell(day), At: event.TimeUnset, Watermark: event.TimeUnset,
			Status: event.FigureFinal, Revision: 1 + r.IntN(3), Replay: r.IntN(2) == 0, Ranked: r.IntN(4), Distinct: r.IntN(2) == 0,
		},
	}
	if r.IntN(2) == 0 {
		c.Coverage.Hours, c.Figure.Unconfirmed = &n, &n
		base := spell(day.AddDate(0, 0, -1))
		c.Figure.Base, c.Figure.BaseKind = &base, "previous"
		c.Figure.Panel = &event.FigurePanel{Rests: event.RestsOnPanel, Sensors: 7, Organisations: 3, Share: 61}
		if tenth := math.Round(r.NormFloat64()*100) / 10; r.IntN(2) == 0 {
			c.Figure.Panel.Percent, c.Figure.Panel.PerDay = &tenth, &tenth
		}
	}
	if c.Form = r.IntN(3); c.Form == 1 {
		c.Figure.Panel = nil
	}
	for i := range r.IntN(5) {
		row := sampleRow(r, fmt.Sprintf("group %d \u2028 \"<é𐐷>\\\t", i))
		if row.Estimated = c.Form != 1 && r.IntN(2) == 0; row.Estimated {
			row.Hosts = &event.FigureUnits{Count: r.Int64N(9), Estimated: r.IntN(2) == 0}
		}
		if tenth := math.Round(r.NormFloat64()*100) / 10; c.Form == 0 && r.IntN(2) == 0 {
			row.Rests = &event.FigureRests{Rests: event.RestsOnMost, Percent: &tenth}
		}
		c.Figure.Rows = append(c.Figure.Rows, row)
	}
	return c
}

func sampleRow(r *rand.Rand, group string) event.FigureRow {
	hundredth := func() float64 { return math.Round(r.NormFloat64()*1e5) / 100 }
	row := event.FigureRow{Group: []string{group}, Value: r.Int64N(maxInteger), PerDay: hundredth(), Rank: r.IntN(5)}
	ratio := &event.FigureRatio{Numerator: 7, Denominator: 90, Value: 7.8, Low: 3.8, High: 15.2, Best: 1, Worst: 2}
	switch r.IntN(5) {
	case 0:
		row = event.FigureRow{Group: row.Group, Hidden: true}
	case 1:
		row = event.FigureRow{Group: row.Group, Few: true, Ratio: &event.FigureRatio{Denominator: 9}}
	case 2:
		row.Ratio = ratio
		row.Change = &event.FigureChange{Value: 4, Percent: hundredth(), PerDay: hundredth(), Ratio: ratio, Points: hundredth()}
	case 3:
		row.Change = &event.FigureChange{}
	}
	return row
}

// What is written is read again as it was, and written again byte by byte.
func TestCanonicalFormsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for range 2000 {
		c := sample(r)
		text, err := Canonical(c)
		if err != nil {
			t.Fatal(err)
		}
		if sorted, err := encode(formOf(c)); err != nil || !bytes.Equal(sorted, text) {
			t.Fatalf("%v, sorted: %s, in order: %s", err, sorted, text)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if d := cmp.Diff(*c, got); d != "" {
			t.Fatalf("%s: %s", text, d)
		}
		var spaced bytes.Buffer
		if err := json.Indent(&spaced, text, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		if again, err := Canonicalise(spaced.Bytes()); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%v: %s", err, again)
		}
	}
}

// A new field of a figure is either signed or named here with the reason.
func TestEveryFieldIsSignedOrLeftOut(t *testing.T) {
	left := map[string]string{
		"Figure.At": "time of computation is the envelope's", "Figure.Watermark": "how far the sensors were says nothing of an ended period",
		"FigureRow.Was": "what was published before is told by the citation before", "FigurePeriod.Ended": "all have", "FigurePeriod.Days": "follows from its ends",
		"Figure.Silent": "what no sensor reported is no figure, and is not cited",
	}
	signed := map[string][]string{
		"Figure":       {"Definition", "Unit", "Of", "By", "Period", "BaseKind", "Base", "Status", "Revision", "Replay", "Ranked", "Unconfirmed", "Distinct", "Panel", "Rows"},
		"FigurePeriod": {"Name", "Kind", "Zone", "From", "To"},
		"FigureRow":    {"Group", "Value", "PerDay", "Rank", "Hidden", "Few", "Ratio", "Estimated", "Hosts", "Change", "Rests"},
		"FigureChange": {"Value", "Percent", "PerDay", "Ratio", "Points"},
		"FigureRatio":  {"Numerator", "Denominator", "Value", "Low", "High", "Best", "Worst"},
		"CitedFigure":  {"Figure", "Position", "Coverage", "Snapshots", "Form"},
		"FigureRests":  {"Rests", "Percent", "PerDay"},
		"FigurePanel":  {"Rests", "Sensors", "Organisations", "Share", "Percent", "PerDay"},
		"FigureUnits":  {"Count", "Estimated"},
		"Coverage":     {"Sensors", "Silent", "Hours", "Set"},
	}
	for _, v := range []any{event.Figure{}, event.FigurePeriod{}, event.FigureRow{}, event.FigureChange{}, event.FigureRatio{}, event.FigurePanel{}, event.FigureRests{}, event.FigureUnits{}, event.CitedFigure{}, event.Coverage{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			if left[typ.Name()+"."+name] == "" && !strings.Contains(" "+strings.Join(signed[typ.Name()], " ")+" ", " "+name+" ") {
				t.Errorf("%s.%s: add it to the canonical form, or say here why not", typ.Name(), name)
			}
		}
	}
}

// Any change of what is signed is another figure.
func TestAnyChangeIsAnotherID(t *testing.T) {
	one, hours := int64(1), int64(2)
	c := sample(rand.New(rand.NewPCG(2, 2)))
	c.Form, c.Figure.Panel = 0, nil
	c.Figure.Rows = []event.FigureRow{{Group: []string{"a"}, Value: 5, PerDay: 5}}
	before, err := Canonical(c)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{ID(before): "nothing"}
	for what, change := range map[string]func(*event.CitedFigure){
		"value": func(c *event.CitedFigure) { c.Figure.Rows[0].Value++ }, "rounded": func(c *event.CitedFigure) { c.Figure.Rows[0].PerDay += 0.01 },
		"group": func(c *event.CitedFigure) { c.Figure.Rows[0].Group[0] = "b" }, "hidden": func(c *event.CitedFigure) { c.Figure.Rows[0].Hidden = true },
		"status": func(c *event.CitedFigure) { c.Figure.Status = event.FigureRevised }, "revision": func(c *event.CitedFigure) { c.Figure.Revision++ },
		"place": func(c *event.CitedFigure) { c.Figure.Of = "LA" }, "replay": func(c *event.CitedFigure) { c.Figure.Replay = !c.Figure.Replay },
		"position": func(c *event.CitedFigure) { c.Position++ }, "hours": func(c *event.CitedFigure) { c.Coverage.Hours = &hours },
		"silent": func(c *event.CitedFigure) { c.Coverage.Silent++ }, "table": func(c *event.CitedFigure) { c.Snapshots[0].ID = "x" },
		"panel": func(c *event.CitedFigure) { c.Figure.Panel = &event.FigurePanel{Rests: event.RestsOnMost} },
		"rests": func(c *event.CitedFigure) {
			c.Figure.Rows[0].Rests = &event.FigureRests{Rests: event.RestsOnNothing}
		},
		"hosts": func(c *event.CitedFigure) { c.Figure.Rows[0].Hosts = &event.FigureUnits{} }, "estimated": func(c *event.CitedFigure) { c.Figure.Rows[0].Estimated = true },
		"unconfirmed": func(c *event.CitedFigure) { c.Figure.Unconfirmed = &one }, "period": func(c *event.CitedFigure) { c.Figure.Period.Name = "2026" },
	} {
		var x event.CitedFigure
		x, err := Parse(before)
		if err != nil {
			t.Fatal(err)
		}
		change(&x)
		text, err := Canonical(&x)
		if err != nil {
			t.Fatal(err)
		}
		if other := seen[ID(text)]; other != "" {
			t.Errorf("%s has the id of %s", what, other)
		}
		seen[ID(text)] = what
	}
}

// Examples of RFC 8785: sorted by UTF-16 (section 3.2.3), strings (3.2.2.2).
func TestCanonicaliseAsTheRFC(t *testing.T) {
	for in, want := range map[string]string{
		"{\"\\u20ac\": \"Euro Sign\", \"\\r\": \"Carriage Return\", \"\\ufb33\": \"Hebrew Letter Dalet With Dagesh\", \"1\": \"One\", \"\\ud83d\\ude00\": \"Emoji: Grinning Face\", \"\\u0080\": \"Control\", \"\\u00f6\": \"Latin Small Letter O With Diaeresis\"}": "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		"\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"":  "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
		" [ null , true , false , { } , [ ] , -0 , 9007199254740991 ] ": "[null,true,false,{},[],0,9007199254740991]",
		"\"<a>&\u2028\"": "\"<a>&\u2028\"",
	} {
		got, err := Canonicalise([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1.5", "1e3", "9007199254740992", "{}{}", "[1,]", "\"\xff\"", "nul"} {
		if got, err := Canonicalise([]byte(in)); err == nil {
			t.Errorf("%q is taken as %s", in, got)
		}
	}
}

func TestOtherFormsAreRefused(t *testing.T) {
	second := sample(rand.New(rand.NewPCG(3, 3)))
	second.Form = 0
	text, err := Canonical(second)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{
		"", "{}", "[]", string(text) + " ", strings.Replace(string(text), "figure/3", "figure/4", 1), strings.Replace(string(text), "figure/3", "figure/1", 1), strings.Replace(string(text), `"panel":null,`, "", 1), strings.Replace(string(text), `"of":`, `"oh":1,"of":`, 1),
		strings.Replace(string(text), `"position":"`, `"position":"0`, 1), strings.Replace(string(text), `"unit"`, `"Unit"`, 1), strings.Replace(string(text), `"from":"`, `"from":"x`, 1),
	} {
		if _, err := Parse([]byte(broken)); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", broken, err)
		}
	}
	c := sample(rand.New(rand.NewPCG(3, 3)))
	c.Figure.Rows = []event.FigureRow{{Value: maxInteger + 1}}
	if _, err := Canonical(c); err == nil {
		t.Error("a number that not every reader keeps is written")
	}
}

func FuzzParse(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	r := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		text, err := Canonical(sample(r))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Canonical(&c); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s is read, and written as %s (%v)", text, again, err)
		}
	})
}
