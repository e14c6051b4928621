// SPDX-License-Identifier: Apache-2.0

package event

// Series is one sequence of numbers that somebody else published: a vendor's or a
// partner's totals. It is shown under its source's name and never added to figures
// counted here.
type Series struct {
	ID         string // "vendor-web-threats"
	Name       SeriesText
	Source     string // who published it; shown beside every number
	Method     SeriesText
	Licence    string // under which it may be shown
	URL        string // where it was published; never fetched
	Unit       SeriesText
	Population SeriesText // whose: "the vendor's users", …
	Version    int        // of the whole, from 1; a changed value makes the next
	Imported   Time       // of Version
	Points     []SeriesPoint
}

// SeriesText is a text in both languages.
type SeriesText struct{ VI, EN string }

// In gives the text in a language, "vi" or "en".
func (t SeriesText) In(lang string) string {
	if lang == "vi" {
		return t.VI
	}
	return t.EN
}

// SeriesPoint is one number of a series. Numbers are decimal as they were
// published: their digits are kept.
type SeriesPoint struct {
	Period  FigurePeriod
	Country string // code; "" where the series is not of a country, "world" for all
	Value   string
	Low     string // "" where the source gives no interval
	High    string
	Active  string // participants behind a share, where the source tells
	Status  string // "provisional", "final", "revised"
	Version int    // of the series in which this number first stood

	// Worked out here, by rule, from numbers of this series alone.
	PerDay    string         // Value over the period's days, rounded; "" for shares
	Previous  *SeriesChange  // on the period before, of the same country
	Year      *SeriesChange  // on the same period a year before
	Rank      int            // among the countries of the period (rank/1); 0 without
	RankWorst int            // where intervals overlap, the worst that it may be
	Ranked    int            // how many countries have a rank
	Before    []SeriesBefore // what stood here in earlier versions, the oldest first
}

// SeriesChange is a change in percent with two decimals; in percentage points for
// shares. Both are "" where the base is 0.
type SeriesChange struct {
	Base    string // the base's period
	Value   string // the base's value
	Percent string
	Points  string
}

// SeriesBefore is a number that was replaced.
type SeriesBefore struct {
	Version          int
	Value, Low, High string
	Status           string
}
