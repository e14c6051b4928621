// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAppendAndRowAreInverse(t *testing.T) {
	var want Event
	want.Reset()
	fill(reflect.ValueOf(&want).Elem(), 1)
	want.Outline = "" // a row gives the whole text; see TestOutlinedRows
	var b Batch
	var empty Event
	empty.Reset()
	b.Append(&empty)
	b.Append(&want)
	var got Event
	b.Row(1, &got)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	b.Row(0, &got)
	if got.Time != TimeUnset || got.Action != "" || len(got.Orgs) != 0 {
		t.Fatalf("row 0 is not empty: %+v", got)
	}
	b.Reset()
	if b.Rows() != 0 || len(b.Action.Codes) != 0 || len(b.Orgs.Ends) != 0 {
		t.Fatal("Reset left rows behind")
	}
}

// fill sets every field to something that is not its zero value, so that a
// column forgotten by Append or Row shows.
func fill(v reflect.Value, n uint64) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			fill(f, n+uint64(i))
		case reflect.String:
			f.SetString(strings.Repeat("x", i+1))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			f.SetUint(n + uint64(i)%200)
		case reflect.Int64:
			f.SetInt(int64(n) + int64(i))
		case reflect.Array:
			f.Index(0).SetUint(n)
		case reflect.Slice:
			fillSlice(f)
		}
	}
}

func fillSlice(f reflect.Value) {
	switch s := f.Addr().Interface().(type) {
	case *[]string:
		*s = []string{"T1110", "T1078"}
	case *[]byte:
		*s = []byte(`{"a":1}`)
	case *[]OrgMatch:
		*s = []OrgMatch{{Org: 7, Reason: MatchPrefix, Side: SideDestination}}
	}
}

func TestEveryEventFieldHasAColumn(t *testing.T) {
	leaves := func(typ reflect.Type) int { // but for Outline, a part of Residual
		n := typ.NumField() - 1
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Type == reflect.TypeFor[Endpoint]() {
				n += f.Type.NumField() - 1
			}
		}
		return n
	}
	if got, want := len(Fields), leaves(reflect.TypeFor[Event]()); got != want {
		t.Errorf("registry has %d fields, Event %d", got, want)
	}
	if got, want := len(reflect.VisibleFields(reflect.TypeFor[Batch]()))-1, len(Fields); got != want { // but for opened
		t.Errorf("Batch has %d columns, registry %d", got, want)
	}
	seen := map[string]bool{}
	for _, f := range Fields {
		if seen[f.Name] {
			t.Errorf("field %s twice", f.Name)
		}
		seen[f.Name] = true
		if (f.Type == TypeEnum) != (f.Enum != nil) {
			t.Errorf("field %s: enum list and type disagree", f.Name)
		}
	}
}

func TestDict(t *testing.T) {
	var d Dict
	for i := range 5000 {
		d.Append(strings.Repeat("k", i%700))
	}
	if len(d.Values) != 700 {
		t.Fatalf("%d values, want 700 (with the empty one)", len(d.Values))
	}
	for i := range 5000 {
		if d.At(i) != strings.Repeat("k", i%700) {
			t.Fatalf("row %d is %q", i, d.At(i))
		}
	}
	d.Reset()
	d.Append("z")
	if d.At(0) != "z" || len(d.Values) != 2 {
		t.Fatal("dictionary not usable after Reset")
	}
}

func TestParties(t *testing.T) {
	for _, c := range []struct {
		side     Side
		stage    Stage
		affected []string
		hosting  string
	}{
		{SideDestination, StageAttempt, []string{"2.2.2.2"}, "1.1.1.1"},
		{SideSource, StageIncident, []string{"1.1.1.1"}, "2.2.2.2"},
		{SideBoth, StageIncident, []string{"2.2.2.2", "1.1.1.1"}, "1.1.1.1"},
		{SideNone, StageContext, nil, ""},
		{SideSource, StageState, []string{"1.1.1.1"}, ""},
	} {
		var e Event
		e.Reset()
		e.Source.IP, e.Destination.IP = mustAddr("1.1.1.1"), mustAddr("2.2.2.2")
		e.Affected, e.Stage = c.side, c.stage
		var b Batch
		b.Append(&e)
		p, n := b.AffectedParties(0)
		var got []string
		for _, q := range p[:n] {
			got = append(got, q.IP.String())
		}
		h, _ := b.HostingParty(0)
		if !slices.Equal(got, c.affected) || h.IP.String() != c.hosting {
			t.Errorf("%s: affected %v hosting %v", c.side, got, h.IP)
		}
	}
}

func mustAddr(s string) Addr { return AddrFrom(netip.MustParseAddr(s)) }

func TestTextForms(t *testing.T) {
	for in, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "::ffff:1.2.3.4": "1.2.3.4", "2001:DB8::1": "2001:db8::1", "::": "::", "0:0::0": "::", "0.0.0.0": "0.0.0.0",
	} {
		a, err := ParseAddr(in)
		if err != nil || a.String() != want {
			t.Errorf("%s: %s %v", in, a, err)
		}
	}
	if _, err := ParseAddr("1.2.3"); err == nil {
		t.Error("1.2.3 accepted as an address")
	}
	if c, ok := ParseCountry("vn"); !ok || c.String() != "VN" {
		t.Error("vn not read")
	}
	if _, ok := ParseCountry("v1"); ok {
		t.Error("v1 accepted as a country")
	}
	if got := (Bytes16{1}).String(); got != "01000000-0000-0000-0000-000000000000" {
		t.Error(got)
	}
}

func TestEnumerationsHaveTheirConstants(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{RSITTest.String(), "test/test"},
		{RSITScanner.String(), "information-gathering/scanner"},
		{RSITPhishing.Class(), "fraud"},
		{RSITVulnerableSystem.String(), "vulnerable/vulnerable-system"},
		{SectorHealth.String(), "health"}, {SectorEducation.String(), "education"},
		{SectorBanking.String(), "banking"},
		{SectorPublicAdministration.String(), "public-administration"},
		{SectorDigitalInfra.String(), "digital-infrastructure"}, {SectorOther.String(), "other"},
		{WayProtectiveDNS.String(), "protective-dns"}, {TLPRed.String(), "TLP:RED"},
		{PAPRed.String(), "PAP:RED"}, {StageContext.String(), "context"},
		{StatusMoved.String(), "moved"}, {BandLarge.String(), "large"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// The published machine tags of RSIT, TLP and PAP must be our lists.
func TestPublishedTaxonomies(t *testing.T) {
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	type entry struct{ Value string }
	type tag struct {
		Predicates []entry
		Values     []struct {
			Predicate string
			Entry     []entry
		}
	}
	read := func(name string) (m tag) {
		raw, err := os.ReadFile(filepath.Join(dir, "misp", "taxonomies", name, "machinetag.json"))
		if err != nil {
			t.Skipf("no corpus (set HAIDANG_CORPUS): %v", err)
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	var rsit []string
	for _, v := range read("rsit").Values {
		for _, e := range v.Entry {
			rsit = append(rsit, v.Predicate+"/"+e.Value)
		}
	}
	if !slices.Equal(rsit, RSITs.Names[1:]) {
		t.Errorf("RSIT differs:\n%q\n%q", rsit, RSITs.Names[1:])
	}
	for _, p := range read("PAP").Predicates {
		if p.Value == "WHITE" { // the old name of CLEAR
			continue
		}
		if _, err := PAPs.Parse("PAP:" + p.Value); err != nil {
			t.Error(err)
		}
	}
	for _, p := range read("tlp").Predicates {
		name := "TLP:" + strings.ToUpper(p.Value)
		if _, err := TLPs.Parse(name); err != nil && !slices.Contains([]string{"TLP:WHITE", "TLP:EX:CHR", "TLP:UNCLEAR"}, name) {
			t.Error(err)
		}
	}
}
