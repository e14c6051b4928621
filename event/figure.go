// SPDX-License-Identifier: Apache-2.0

package event

// FigureQuery asks for one table of the open lattice: a figure of a place, by at
// most three dimensions, in a period of the calendar.
type FigureQuery struct {
	Figure string   // "attacks" or, with its version, "attacks/1"
	Of     string   // a country's code or "world"; "" where the table tells
	By     []string // country, hosting, kind, way, technique, sector
	Period string   // "2026-Q3"; "" is today
	Zone   string   // "local" or "UTC"; "" is local
	Base   string   // "previous", "week", "year"; "" for no change
	Limit  int      // at most this many rows, largest first; 0 for all
	Form   int      // of a citation that is worked out again (CitedFigure.Form): changes are judged as then
	Bare   bool     // without FigureRow.Hosts, which costs most and stands beside what is counted
	// Groups are those whose rows are wanted, with all that the whole table gives them;
	// none for all. Status and version are the whole table's.
	Groups [][]string
	Later  bool // who asks has the Gate's Settled return before what it tells is shown: one wait for many figures
}

// FigureStatus says how settled a figure is.
type FigureStatus string

// Statuses.
const (
	FigureProvisional FigureStatus = "provisional" // may still change
	FigureFinal       FigureStatus = "final"
	FigureRevised     FigureStatus = "revised" // final before, counted anew since
)

// FigurePeriod is a period of the calendar.
type FigurePeriod struct {
	Name     string  // "2026-Q3"
	Kind     string  // "quarter"
	Zone     string  // "Asia/Ho_Chi_Minh", "UTC"
	From, To Time    // From inclusive, To exclusive
	Days     float64 // length
	Ended    bool
}

// Figure is a table of numbers that can be cited, with all without which they
// mean nothing: definition, unit, population, period, base and status.
type Figure struct {
	Definition string // id and version, "attacks/1"
	Unit       string // "attacks"
	Of         string // a country's code, or "world"
	By         []string
	Period     FigurePeriod
	BaseKind   string        // "previous", "week", "year"; "" where no change was asked for
	Base       *FigurePeriod // nil likewise
	Status     FigureStatus
	Revision   int          // published version of the number, from 1
	At         Time         // when it was counted
	Watermark  Time         // figures are complete up to here; TimeUnset when no sensor reports
	Replay     bool         // some of it was sent by a replay
	Ranked     int          // how many rows have a rank; 0 where the table is no ranking
	Panel      *FigurePanel // on what changes rest; nil without a base, and of participants
	// Unconfirmed is what a ranking of hosting countries leaves out: addresses as
	// seen, which may be forged. Nil in other tables.
	Unconfirmed *int64
	// Silent says that no sensor reported anything in the period: Rows' noughts are then
	// no numbers of what happened.
	Silent bool
	// Distinct says that values are numbers of different ones, or ratios of them:
	// they do not add up over periods, and have no mean by the day.
	Distinct bool
	Rows     []FigureRow
}

// FigureRow is one line: values of By, and the number.
type FigureRow struct {
	Group  []string
	Value  int64
	PerDay float64      // Value over the period's days
	Rank   int          // 0 without
	Hidden bool         // withheld to protect those concerned; Value is then 0
	Few    bool         // a ratio of too few to be published; Value is then 0
	Ratio  *FigureRatio // of shares and rates; Value is then its numerator
	// Estimated says that Value is a sketch's estimate, with a standard error of 0.81 %.
	Estimated bool
	Hosts     *FigureUnits // of events by hosting side: how many addresses made them; nil in other tables, or not kept
	Was       *int64       // value in the version before, where it was another; nil otherwise
	Change    *FigureChange
	Rests     *FigureRests // on what the line's change rests; nil where that is as of the whole
}

// FigureChange is the change of a row against the figure's base. Percent and
// PerDay mean nothing where the base's value is 0.
type FigureChange struct {
	Value   int64 // the base's
	Percent float64
	PerDay  float64      // percent change of the counts per day
	Ratio   *FigureRatio // of shares and rates: the base's
	Points  float64      // of shares: change in percentage points
}

// FigureUnits is a published number of different ones: with noise of -4 to +4 where
// it was counted, without where it is estimated.
type FigureUnits struct {
	Count     int64
	Estimated bool
}

// On what a change rests.
const (
	RestsOnMost    = "plain" // the matched panel saw at least 80 % of both periods' events: the plain change
	RestsOnPanel   = "panel" // at least 50 %, by five sensors of three organisations: the panel's change alone
	RestsOnNothing = "break" // neither: a break in series, no change
)

// FigureRests says on what a line's change rests, by the panel of the figure.
type FigureRests struct {
	Rests string
	// Change of what the panel saw of the line, one decimal: nil where its base is 0, at
	// a break, and where it would tell what a few organisations' sensors saw.
	Percent, PerDay *float64
}

// FigurePanel is the matched panel of a change: the sensors of one declared
// coverage that were at work in nine tenths of the hours of both periods. Its
// numbers are rounded, since what is not the panel's is some few sensors'.
type FigurePanel struct {
	Rests         string
	Sensors       int
	Organisations int
	Share         float64  // least part of a period's events that it saw, whole percent
	Percent       *float64 // change of what it saw, one decimal; nil where its base is 0, and at a break
	PerDay        *float64
}
