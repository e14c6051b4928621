// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"haidang/classify"
	"haidang/event"
	"haidang/share/api"
	"haidang/store"
	"haidang/store/duckdb"
)

// twinOrgs and twinPerson are fixed, so that two worlds have the same.
var twinOrgs = [4]uint32{7, 8, 9, 10}

const twinPerson = "zqtwin"

// serve gives the interface before a real gate and a real store with these
// records, for viewers by name.
func serve(t *testing.T, w *leakWorld, rows *event.Batch, viewers map[string]*leakViewer) http.Handler {
	t.Helper()
	s := duckdb.New(duckdb.Config{Dir: t.TempDir()}, duckdb.Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	if err := s.Commit(t.Context(), store.Commit{Position: 1, Batches: []*event.Batch{rows}}); err != nil {
		t.Fatal(err)
	}
	p := w.policy(t)
	gate := classify.NewGate(nil, records{s}, nil).WithPolicy(classify.Policy{Agreements: p, Register: p})
	return api.New(api.Dependencies{Log: slog.New(slog.DiscardHandler), Gate: gate, Now: testNow, Version: "test", Viewer: func(token string) (classify.Viewer, error) {
		if v := viewers[token]; v != nil {
			return v.product(), nil
		}
		return classify.Viewer{}, errors.New("unknown")
	}})
}

func twinAsk(h http.Handler, viewer, path string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("Authorization", "Bearer "+viewer)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	w.Header().Del("Haidang-Request")
	return w
}

var twinViewer = leakViewer{
	name: "hospital", person: "an", roles: []string{"member"}, orgs: []uint32{7}, clients: []uint32{9}, teams: []uint32{8}, communities: []string{"zqhealth"},
}

// without gives the world's records as they might be just as well for all that a
// viewer may know: what it may not see is gone or another, what is hidden from it
// in others is something else.
func (w *leakWorld) without(v *leakViewer, r *rand.Rand) (out *event.Batch, changed int) {
	out = new(event.Batch)
	for _, rec := range w.records {
		e := new(event.Event)
		w.batch.Row(rec.n, e)
		seen, counted := w.seen(v, "search", rec), w.seen(v, "count", rec)
		switch {
		case seen == nil && counted == nil:
			changed++
			if r.IntN(2) == 0 {
				continue
			}
			e.Time += event.Time(r.IntN(3_600_000_000_000))
			e.Source.IP[15] ^= 1
			e.Hash[7], e.RSIT, e.User, e.Count = byte(r.IntN(256)), event.RSIT(1+r.IntN(30)), "other", e.Count+7
		case seen != nil:
			changed += rec.alter(seen, e)
		}
		out.Append(e)
	}
	return out, changed
}

// alter changes those fields of a record that a view leaves out.
func (r *leakRecord) alter(seen *leakRecord, e *event.Event) (changed int) {
	for field, change := range map[string]func(){
		"user.name": func() { e.User += "other" }, "url.full": func() { e.URL += "other" }, "dns.question.name": func() { e.DNSName = "other" },
		"user_agent.original": func() { e.UserAgent = "a" + e.UserAgent }, "process.command_line": func() { e.CommandLine = "z" },
		"email.from.address": func() { e.EmailFrom = "m" }, "cert.residual": func() { e.Residual = []byte(`{"other":1}`) },
		"participant.id": func() { e.Participant[9] ^= 5 }, "event.hash": func() { e.Hash[9] ^= 5 }, "network.community_id": func() { e.CommunityID[9] ^= 5 },
		"source.ip": func() { e.Source.IP[14] ^= 5 }, "destination.ip": func() { e.Destination.IP[14] ^= 5 },
		"source.port": func() { e.Source.Port ^= 5 }, "destination.port": func() { e.Destination.Port ^= 5 },
		"source.domain": func() { e.Source.Domain = "other.example" }, "destination.domain": func() { e.Destination.Domain = "a" + e.Destination.Domain },
		"source.as.number": func() { e.Source.AS ^= 5 }, "destination.as.number": func() { e.Destination.AS ^= 5 },
		"source.bytes": func() { e.Source.Bytes ^= 5 }, "destination.bytes": func() { e.Destination.Bytes ^= 5 },
		"cert.raw.sequence": func() { e.RawSeq += 1000 }, "cert.status": func() { e.Status = e.Status%6 + 1 },
	} {
		if r.text[field] != "" && seen.text[field] == "" {
			change()
			changed++
		}
	}
	if seen.text["cert.orgs"] == "" {
		e.Orgs = nil
	}
	if r.text["cert.sector"] != "" && seen.text["cert.sector"] == "" || r.text["cert.band"] != "" && seen.text["cert.band"] == "" {
		e.Sector, e.Band = event.SectorEducation, event.Band(2)
	}
	return changed
}

// Two stores that differ only in what a viewer may not see answer it the same,
// byte for byte, whatever it asks: bodies, headers, sizes, cursors, errors.
func TestForbiddenRecordsLeaveNoTrace(t *testing.T) {
	for seed := range uint64(2) {
		w := newLeakWorld(seed, 150, twinOrgs, twinPerson)
		v := twinViewer
		viewers := map[string]*leakViewer{"v": &v}
		if seed == 1 {
			v.stateBody, v.passkey = true, true
		}
		rng := rand.New(rand.NewPCG(seed, 6))
		other, changed := w.without(&v, rng)
		if changed < 30 {
			t.Fatalf("only %d changes: the test shows nothing", changed)
		}
		one, two := serve(t, w, w.batch, viewers), serve(t, w, other, viewers)
		for range 25 {
			q := w.randomQuestion(rng)
			p := q.parameters()
			path := "/api/v1/events?format=" + []string{"json", "csv", "ndjson", "parquet"}[rng.IntN(4)] + "&" + p.Encode()
			if kind := rng.IntN(3); kind > 0 {
				p.Del("fields")
				p.Set("metric", strings.Join(q.metrics, ","))
				path = "/api/v1/events/count?" + p.Encode()
				if kind == 2 {
					p.Set("by", strings.Join(q.by, ","))
					path = "/api/v1/events/aggregate?" + p.Encode()
				}
			}
			a, b := twinAsk(one, "v", path), twinAsk(two, "v", path)
			if a.Code != b.Code || a.Body.String() != b.Body.String() || fmt.Sprint(a.Header()) != fmt.Sprint(b.Header()) {
				at := firstDifference(a.Body.String(), b.Body.String())
				t.Fatalf("seed %d, %s tells what is hidden:\n%d %v …%.400s\n%d %v …%.400s", seed, path, a.Code, a.Header(), a.Body.String()[at:], b.Code, b.Header(), b.Body.String()[at:])
			}
		}
	}
}

// firstDifference gives a place a little before the first byte that differs.
func firstDifference(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return max(0, n-100)
}

// Two viewers that differ in one attribute get the same but for what that
// attribute gives: rows that the oracle reduces alike are alike, byte for byte.
func TestOneAttributeChangesOnlyWhatItMay(t *testing.T) {
	w := newLeakWorld(4, 150, twinOrgs, twinPerson)
	viewers := map[string]*leakViewer{"as is": &twinViewer}
	for name, change := range map[string]func(*leakViewer){
		"passkey": func(v *leakViewer) { v.passkey = true }, "State body": func(v *leakViewer) { v.stateBody = true }, "abroad": func(v *leakViewer) { v.abroad = true },
		"no community": func(v *leakViewer) { v.communities = nil }, "no client": func(v *leakViewer) { v.clients = nil }, "another organisation": func(v *leakViewer) { v.orgs = []uint32{8} },
		"auditor": func(v *leakViewer) { v.roles = []string{"auditor"} }, "operator too": func(v *leakViewer) { v.roles = []string{"member", "operator"} },
		"named": func(v *leakViewer) { v.person = twinPerson }, "no search": func(v *leakViewer) { v.purposes = []string{"count"} },
	} {
		v := twinViewer
		change(&v)
		viewers[name] = &v
	}
	h := serve(t, w, w.batch, viewers)
	rows := func(name string) (raw map[string]string, want map[string]*leakRecord) {
		var page struct{ Events []json.RawMessage }
		if err := json.Unmarshal(twinAsk(h, name, "/api/v1/events?limit=1000").Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		raw, want = map[string]string{}, map[string]*leakRecord{}
		for _, e := range page.Events {
			var id map[string]any
			_ = json.Unmarshal(e, &id)
			raw[fmt.Sprint(id["event.id"])] = string(e)
		}
		for _, r := range w.records {
			if s := w.seen(viewers[name], "search", r); s != nil {
				want[r.text["event.id"]] = s
			}
		}
		return raw, want
	}
	base, baseWant := rows("as is")
	for _, name := range slices.Sorted(maps.Keys(viewers)) {
		got, want := rows(name)
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, the oracle gives %d", name, len(got), len(want))
		}
		differ := 0
		for id, row := range got {
			if want[id] == nil {
				t.Fatalf("%s: record %s is not for this viewer", name, id)
			}
			alike := baseWant[id] != nil && sameTexts(want[id], baseWant[id])
			if alike != (row == base[id]) {
				t.Errorf("%s: record %s: alike %v, but\n%s\n%s", name, id, alike, row, base[id])
			}
			if !alike {
				differ++
			}
		}
		t.Logf("%s: %d rows, %d of them other than before", name, len(got), differ)
	}
}

func sameTexts(a, b *leakRecord) bool {
	for _, f := range event.Fields {
		if a.text[f.Name] != b.text[f.Name] {
			return false
		}
	}
	return true
}

// Whoever sees a record without some fields cannot find these out by asking for
// them, cutting the range in half each time: every answer is as for a record
// where they are not set.
func TestMaskedFieldsCannotBeSearchedFor(t *testing.T) {
	w := newLeakWorld(5, 1, twinOrgs, twinPerson)
	w.names, w.sensors["zqopen"].label.personal = []string{"zqopen"}, "sensitive"
	e := new(event.Event)
	w.batch.Row(0, e)
	e.Observer, e.TLP, e.Audience, e.Excluded = "zqopen", event.TLPClear, 0, ""
	e.Affected, e.Stage, e.Count = event.SideDestination, event.StageAttempt, 1
	e.Source, e.Destination = w.end(rand.New(rand.NewPCG(1, 1)), 900, "source", 23), w.end(rand.New(rand.NewPCG(1, 2)), 901, "destination", 45)
	e.User, e.URL, e.CommandLine, e.DNSName = "victim-user", "http://victim.example/", "victim --line", "victim.example"
	rows := new(event.Batch)
	rows.Append(e)
	stranger := twinViewer
	stranger.orgs, stranger.clients = []uint32{99}, nil
	h := serve(t, w, rows, map[string]*leakViewer{"v": &stranger})
	count := func(filter string) int64 {
		var got struct{ Counts map[string]int64 }
		r := twinAsk(h, "v", "/api/v1/events/count?"+filter)
		if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil || r.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", filter, r.Code, r.Body)
		}
		return got.Counts["records"]
	}
	if count("") != 1 {
		t.Fatal("the record itself is not seen: the test shows nothing")
	}
	for _, field := range []string{"destination.port", "destination.bytes", "destination.as.number", "affected.as", "source.port", "source.as.number", "hosting.as"} {
		for lo, hi := 1, 65535; lo < hi; hi /= 4 {
			for _, op := range []string{"min", "max"} {
				if n := count(fmt.Sprintf("%s[%s]=%d", field, op, hi)); n != 0 {
					t.Fatalf("%s[%s]=%d finds a record whose %s is hidden", field, op, hi, field)
				}
			}
		}
	}
	for _, field := range []string{"destination.ip", "affected.ip", "source.ip", "hosting.ip"} {
		for bits := 4; bits <= 32; bits += 7 {
			end := e.Destination.IP
			if field == "source.ip" || field == "hosting.ip" {
				end = e.Source.IP
			}
			p, _ := end.Netip().Prefix(bits)
			if n := count(field + "[prefix]=" + p.String()); n != 0 {
				t.Fatalf("%s lies in %v, and that is hidden", field, p)
			}
		}
	}
	for _, c := range []struct{ field, text string }{{"user.name", e.User}, {"dns.question.name", e.DNSName}, {"destination.domain", e.Destination.Domain}, {"observer.name", e.Observer}} {
		for _, n := range []int{1, 3, len(c.text)} {
			if count(c.field+"[prefix]="+c.text[:n]) != 0 || count(c.field+"[not]="+c.text) != 1 {
				t.Fatalf("%s begins with %q, and that is hidden", c.field, c.text[:n])
			}
		}
	}
	if count("url.full[contains]=victim")+count("process.command_line[contains]=victim")+count("user.name[exists]=")+count("affected.ip[exists]=") != 0 {
		t.Error("that there is a hidden text can be asked")
	}
	for _, by := range []string{"user.name", "destination.port", "affected.ip", "source.ip", "destination.domain", "observer.name", "affected.org", "affected.sector"} {
		r := twinAsk(h, "v", "/api/v1/events/aggregate?by="+by)
		var got struct{ Cells []struct{ Group []string } }
		if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil || len(got.Cells) != 1 || !slices.Equal(got.Cells[0].Group, []string{""}) {
			t.Errorf("grouped by %s: %s", by, r.Body)
		}
	}
}
