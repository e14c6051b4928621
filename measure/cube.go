// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"strconv"
	"strings"

	"haidang/event"
)

// Cube names one declared cross-tabulation.
type Cube uint8

// The cubes. Those of strings (rule … sensor) are keyed by numbers that the
// names table gives.
const (
	CubeTotal      Cube = iota // kind × way of everything, once a record
	CubeAffected               // affected country × kind × way
	CubeHosting                // hosting country × confirmed × kind × way
	CubePair                   // affected country × hosting country × confirmed
	CubeSector                 // sector × SME band × kind
	CubeAffectedAS             // affected AS × kind
	CubeHostingAS              // hosting AS × kind × confirmed × (affects home)
	CubeRule
	CubeMalware
	CubeTechnique
	CubeLure
	CubeSensor // × affects home
	CubeOrgs   // organisation × sector × band × kind: who contributes to a sector cell
	CubeSeen   // sensor × affected country × kind, events alone: who saw what of a line
	cubes
)

// finest is the shortest period that a cube is counted by.
func (c Cube) finest() Resolution {
	if c == CubeOrgs || c == CubeSeen {
		return ByHour
	}
	return ByMinute
}

// setCubes is the number of cubes that keep distinct addresses: affected,
// hosting, pair, sector, in that order from CubeAffected.
const setCubes = 4

// Cell holds the counts of one key in one period. Events are folded
// (events/1), records are sums of cert.count.
type Cell [8]int64

// Columns of a Cell. Excluded records are in none but the last.
const (
	colAttempt  = 0 // events; records are at colRecords + the same
	colIncident = 1
	colState    = 2
	colRecords  = 3
	colContext  = 6
	colExcluded = 7
)

func (c *Cell) add(o *Cell) {
	for i := range c {
		c[i] += o[i]
	}
}

func (c *Cell) zero() bool { return *c == Cell{} }

// Attacks, Incidents and States are folded events by stage.
func (c *Cell) Attacks() int64   { return c[colAttempt] }
func (c *Cell) Incidents() int64 { return c[colIncident] }
func (c *Cell) States() int64    { return c[colState] }

// Events gives the folded events of a stage; 0 for context.
func (c *Cell) Events(s event.Stage) int64 {
	if col := column(s); col < colRecords {
		return c[col]
	}
	return 0
}

// Records gives the records of a stage, excluded ones left out.
func (c *Cell) Records(s event.Stage) int64 {
	if col := column(s); col < colRecords {
		return c[colRecords+col]
	}
	return c[colContext]
}

// Excluded gives the known-benign records.
func (c *Cell) Excluded() int64 { return c[colExcluded] }

// Totals gives the cell in the words of the picture.
func (c *Cell) Totals() event.Totals {
	return event.Totals{
		Attacks: c[colAttempt], Incidents: c[colIncident], States: c[colState],
		Context:  c[colContext],
		Records:  c[colRecords] + c[colRecords+1] + c[colRecords+2] + c[colContext],
		Excluded: c[colExcluded],
	}
}

// column gives the events column of a stage, colContext for context and for
// records without a stage.
func column(s event.Stage) int {
	if s >= event.StageAttempt && s <= event.StageState {
		return int(s - event.StageAttempt)
	}
	return colContext
}

// Dim is one dimension of a cube, named as the record's field is.
type Dim string

// Dimensions.
const (
	DimAffectedCountry Dim = "affected.country"
	DimHostingCountry  Dim = "hosting.country"
	DimConfirmed       Dim = "hosting.confirmed"
	DimKind            Dim = "cert.rsit"
	DimWay             Dim = "cert.way"
	DimSector          Dim = "cert.sector"
	DimBand            Dim = "cert.band"
	DimAffectedAS      Dim = "affected.as"
	DimHostingAS       Dim = "hosting.as"
	DimHome            Dim = "home" // "yes" where the home country is affected
	DimOrg             Dim = "affected.org"
	DimOnce            Dim = "once"    // "yes" but for the second country of an event that affects two
	DimAffects         Dim = "affects" // "yes" where somebody is affected, though the country may be unknown
	DimRule            Dim = "rule.id"
	DimMalware         Dim = "threat.software.name"
	DimTechnique       Dim = "threat.technique.id"
	DimLure            Dim = "cert.lure"
	DimSensor          Dim = "observer.name"
)

// field places a dimension within a packed key.
type field struct {
	dim   Dim
	shift uint8
	bits  uint8
}

func (f field) of(key uint64) uint64 { return key >> f.shift & (1<<f.bits - 1) }

// Widths of the packed enumerations; a test holds them against the lists.
const (
	bitsPlace  = 10
	bitsKind   = 6
	bitsWay    = 4
	bitsSector = 6
	bitsBand   = 3
)

var layouts = [cubes][]field{
	CubeTotal:      {{DimKind, 4, bitsKind}, {DimWay, 0, bitsWay}},
	CubeAffected:   {{DimAffectedCountry, 10, bitsPlace}, {DimKind, 4, bitsKind}, {DimWay, 0, bitsWay}},
	CubeHosting:    {{DimHostingCountry, 11, bitsPlace}, {DimConfirmed, 10, 1}, {DimKind, 4, bitsKind}, {DimWay, 0, bitsWay}},
	CubePair:       {{DimAffectedCountry, 11, bitsPlace}, {DimConfirmed, 10, 1}, {DimHostingCountry, 0, bitsPlace}},
	CubeSector:     {{DimSector, 9, bitsSector}, {DimBand, 6, bitsBand}, {DimKind, 0, bitsKind}},
	CubeAffectedAS: {{DimAffectedAS, 6, 32}, {DimKind, 0, bitsKind}},
	CubeHostingAS:  {{DimHostingAS, 8, 32}, {DimHome, 7, 1}, {DimConfirmed, 6, 1}, {DimKind, 0, bitsKind}},
	CubeRule:       {{DimRule, 0, 32}},
	CubeMalware:    {{DimMalware, 0, 32}},
	CubeTechnique:  {{DimTechnique, 0, 32}},
	CubeLure:       {{DimLure, 0, 32}},
	CubeSensor:     {{DimHome, 32, 1}, {DimSensor, 0, 32}},
	CubeOrgs:       {{DimOrg, 15, 32}, {DimSector, 9, bitsSector}, {DimBand, 6, bitsBand}, {DimKind, 0, bitsKind}},
	CubeSeen:       {{DimSensor, 18, 32}, {DimAffectedCountry, 8, bitsPlace}, {DimAffects, 7, 1}, {DimOnce, 6, 1}, {DimKind, 0, bitsKind}},
}

// Describe lists which dimensions are counted together, as CubeWith finds them.
func Describe() string {
	var out []string
	for _, layout := range layouts[:CubeSeen] {
		var dims []string
		for _, f := range layout {
			dims = append(dims, string(f.dim))
		}
		out = append(out, strings.Join(dims, " × "))
	}
	return strings.Join(out, "; ")
}

// place packs a country into 10 bits; 0 is unknown.
func place(c event.Country) uint64 {
	hi, lo := uint64(c>>8)-'A', uint64(c&0xff)-'A'
	if hi >= 26 || lo >= 26 {
		return 0
	}
	return hi*26 + lo + 1
}

// country is the inverse of place.
func country(p uint64) event.Country {
	if p == 0 || p > 26*26 {
		return 0
	}
	p--
	return event.Country(('A'+p/26)<<8 | ('A' + p%26))
}

func yesNo(v uint64) string {
	if v != 0 {
		return "yes"
	}
	return "no"
}

// text gives a dimension's value in the words of the record.
func (t *texts) text(d Dim, v uint64) string {
	switch d {
	case DimAffectedCountry, DimHostingCountry:
		return country(v).String()
	case DimKind:
		return event.RSIT(v).String()
	case DimWay:
		return event.Way(v).String()
	case DimSector:
		return event.Sector(v).String()
	case DimBand:
		return event.Band(v).String()
	case DimConfirmed, DimHome, DimOnce, DimAffects:
		return yesNo(v)
	case DimAffectedAS, DimHostingAS, DimOrg:
		return strconv.FormatUint(v, 10)
	default:
		return t.name(d, uint32(v))
	}
}
