// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package api

import (
	"database/sql"
	"encoding/json"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"haidang/classify"
	"haidang/event"
)

// drawn are roll-ups drawn by lot, the same for the same period.
type drawn struct{}

func (drawn) Rollup(q event.RollupQuery) (event.Rollup, error) {
	r := rand.New(rand.NewPCG(uint64(q.From), uint64(q.To)))
	out := event.Rollup{Whole: true, Replay: r.IntN(3) == 0}
	groups := [][]string{nil}
	for range q.By {
		var longer [][]string
		for _, g := range groups {
			for _, name := range []string{"", "CN", "US", "~other", `a "name", with 'quotes'`, "Ấn Độ"} {
				longer = append(longer, append(slices.Clone(g), name))
			}
		}
		groups = longer
	}
	for _, g := range groups {
		if n := r.Int64N(5000); r.IntN(4) > 0 {
			out.Rows = append(out.Rows, event.RollupRow{Group: g, Events: n, Records: 3 * n})
		}
	}
	return out, nil
}

// drawnFigures is an interface over them; one sector of three is hidden.
func drawnFigures() http.Handler {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	n := &neighbours{}
	g := classify.NewGate(n, n, n).WithRollups(drawn{}).WithLattice(classify.Lattice{
		Home: event.MustCountry("VN"), Zone: time.UTC, Now: func() time.Time { return at }, Watermark: func() event.Time { return event.TimeOf(at) },
		Sectors: func(event.Time, event.Time) ([]classify.Contribution, bool, error) {
			even := func(sector string, n int64) classify.Contribution {
				return classify.Contribution{Sector: sector, Kind: "fraud/phishing", Events: 5 * n, Units: map[uint32]int64{1: n, 2: n, 3: n, 4: n, 5: n}}
			}
			return []classify.Contribution{even("health", 40), even("education", 30), even("energy", 20),
				{Sector: "banking", Kind: "fraud/phishing", Events: 9, Units: map[uint32]int64{1: 9}}, {Sector: "food", Kind: "fraud/phishing", Events: 8, Units: map[uint32]int64{2: 8}}}, true, nil
		},
	})
	return New(Dependencies{Log: slog.New(slog.DiscardHandler), Gate: g, Now: time.Now, Version: "test"})
}

// DuckDB opens a figure's Parquet, with types that it can calculate with, and reads
// what the JSON says, line by line.
func TestDuckDBReadsFiguresAsJSONTellsThem(t *testing.T) {
	h := drawnFigures()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hidden, changes := 0, 0
	for _, question := range []string{
		"attacks?period=2026-11-20", "attacks?period=2026-11-20&base=previous", "attacks?by=hosting&period=2026-11&zone=UTC", "attacks?by=hosting&period=2026-11-18&base=year",
		"records/1?period=2026-Q3", "attacks?by=kind,way&period=2026-11-18", "hosted?of=world&by=country,kind&period=2026-10", "attacks?by=sector&period=2026-11-18", "attacks?by=sector,kind&period=2026-11-17",
	} {
		var want statsBody
		w := ask(h, "/api/v1/stats/"+question, "")
		if err := json.Unmarshal(w.Body.Bytes(), &want); w.Code != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %v %s", question, w.Code, err, w.Body)
		}
		path := filepath.Join(t.TempDir(), "figure.parquet")
		w = ask(h, "/api/v1/stats/"+question+"&format=parquet", "")
		if err := os.WriteFile(path, w.Body.Bytes(), 0o600); w.Code != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %v", question, w.Code, err)
		}
		got := duckLines(t, db, path, want.By)
		if diff := cmp.Diff(jsonLines(&want), got); diff != "" {
			t.Errorf("%s: DuckDB reads otherwise (-JSON +DuckDB):\n%s", question, diff)
		}
		for _, r := range want.Rows {
			if r.Hidden {
				hidden++
			}
			if r.Change != nil {
				changes++
			}
		}
	}
	if hidden == 0 || changes == 0 {
		t.Errorf("%d hidden lines and %d changes: the test says little", hidden, changes)
	}
}

// duckLine is a line of a figure with what it needs to stand alone.
type duckLine struct {
	Definition, Unit, Of, Period, Zone, Status, Base string
	From, To                                         time.Time
	Revision, Rank                                   int64
	Replay, Hidden                                   bool
	Value, PerDay, BaseValue, Percent                sql.NullFloat64
}

func null(v *float64) sql.NullFloat64 {
	if v == nil {
		return sql.NullFloat64{}
	}
	return sql.NullFloat64{Float64: *v, Valid: true}
}

func jsonLines(f *statsBody) map[string]duckLine {
	out := map[string]duckLine{}
	for i := range f.Rows {
		r := &f.Rows[i]
		l := duckLine{
			Definition: f.Definition, Unit: f.Unit, Of: f.Of, Period: f.Period.Name, Zone: f.Period.Zone, Status: f.Status,
			From: instant(f.Period.From), To: instant(f.Period.To), Revision: int64(f.Revision), Rank: int64(r.Rank), Replay: f.Replay, Hidden: r.Hidden,
			Value: null(r.Value), PerDay: null(r.PerDay),
		}
		if f.Base != nil {
			l.Base = f.Base.Period.Name
		}
		if r.Change != nil {
			l.BaseValue, l.Percent = null(&r.Change.Value), null(r.Change.Percent)
		}
		out[strings.Join(r.Group, "|")] = l
	}
	return out
}

func instant(s string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// duckLines asks for the columns by name, and for types: a column that is text where a
// number should be fails here.
func duckLines(t *testing.T, db *sql.DB, path string, by []string) map[string]duckLine {
	t.Helper()
	groups := "''"
	for i, d := range by {
		if groups = `coalesce("` + d + `", '')`; i > 0 {
			groups = `coalesce("` + by[0] + `", '') || '|' || ` + groups
		}
	}
	types := map[string]string{"value": "DOUBLE", "per_day": "DOUBLE", "rank": "BIGINT", "revision": "BIGINT", "hidden": "BOOLEAN", "replay": "BOOLEAN", "base_value": "DOUBLE", "change_percent": "DOUBLE", "period": "VARCHAR"}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		var kind string
		if err := db.QueryRow(`SELECT column_type FROM (DESCRIBE SELECT * FROM read_parquet(?)) WHERE column_name = ?`, path, name).Scan(&kind); err != nil || kind != types[name] {
			t.Errorf("%s is %q, not %s: %v", name, kind, types[name], err)
		}
	}
	rows, err := db.Query(`SELECT `+groups+`, definition, unit, "of", period, zone, status, coalesce(base, ''), "from"::TIMESTAMP, "to"::TIMESTAMP, revision, coalesce(rank, 0), replay, hidden,
		value, per_day, base_value, change_percent FROM read_parquet(?)`, path)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]duckLine{}
	for rows.Next() {
		var l duckLine
		var group string
		if err := rows.Scan(&group, &l.Definition, &l.Unit, &l.Of, &l.Period, &l.Zone, &l.Status, &l.Base, &l.From, &l.To, &l.Revision, &l.Rank, &l.Replay, &l.Hidden,
			&l.Value, &l.PerDay, &l.BaseValue, &l.Percent); err != nil {
			t.Fatal(err)
		}
		l.From, l.To = l.From.UTC(), l.To.UTC()
		if _, twice := out[group]; twice {
			t.Errorf("%q stands there twice", group)
		}
		out[group] = l
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
