// SPDX-License-Identifier: Apache-2.0

package event

// Op is a comparison in a filter.
type Op uint8

// Comparisons.
const (
	OpEqual    Op = iota // any of Values
	OpNot                // none of Values
	OpPrefix             // text starts with, or address lies in the CIDR
	OpExists             // set
	OpMissing            // not set
	OpAtLeast            // ≥ Values[0]
	OpAtMost             // ≤ Values[0]
	OpContains           // text contains, for url.full and process.command_line
)

// Filter restricts one stored or derived field; a Query's filters must all hold.
type Filter struct {
	Field  string
	Op     Op
	Values []string // in the text form that the API shows
}

// Query asks for records. From is inclusive, To exclusive, both by @timestamp;
// TimeUnset leaves that end open.
type Query struct {
	From, To Time
	Filters  []Filter
	Fields   []string // columns wanted; empty for all
	Limit    int      // at most this many rows
	Cursor   string   // from the previous page; empty for the first (newest first)
	Scope    *Scope   // what the asker may read; nil for everything, unmasked
}

// Metric is what an aggregation counts.
type Metric string

// Metrics.
const (
	MetricRecords      Metric = "records"      // sum of cert.count
	MetricEvents       Metric = "events"       // after folding repeats (events/1)
	MetricAffected     Metric = "affected"     // distinct affected addresses
	MetricHosting      Metric = "hosting"      // distinct hosting addresses
	MetricSources      Metric = "sources"      // distinct source addresses
	MetricDestinations Metric = "destinations" // distinct destination addresses
)

// Metrics that are times, in nanoseconds (Time); TimeUnset where no record
// matches. Metrics does not list them: they are not counts.
const (
	MetricFirst Metric = "first" // earliest @timestamp
	MetricLast  Metric = "last"  // latest @timestamp
)

// IsTime says whether a metric's values are times.
func (m Metric) IsTime() bool { return m == MetricFirst || m == MetricLast }

// Metrics lists all counting metrics in the API's order.
var Metrics = []Metric{
	MetricRecords, MetricEvents, MetricAffected, MetricHosting, MetricSources, MetricDestinations,
}

// Aggregate asks for counts by at most five fields; besides fields, "minute",
// "hour" and "day" of @timestamp (UTC) are allowed in By.
type Aggregate struct {
	Query
	By      []string
	Metrics []Metric
}

// Cell is one line of an aggregation: the group's values in text form, in the
// order of By, and one number a metric, in the order asked.
type Cell struct {
	Group  []string
	Values []int64
}
