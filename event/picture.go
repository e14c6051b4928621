// SPDX-License-Identifier: Apache-2.0

package event

// Count is one line of a ranking: a key in the words of the record (country
// code, "class/type", way, sector, AS number), its folded attacks and records.
type Count struct {
	Key     string
	Events  int64
	Records int64
	// For protected dimensions only (sectors): how many organisations
	// contribute, and the two largest contributions. Never shown to anybody;
	// classify decides by them whether the line may be.
	Organisations   int
	Largest, Second int64
	Hidden          bool // withheld by disclosure control; Events is then 0
}

// Flow is the attacks of one recent second between two countries: what an arc
// on the map stands for. From hosts, To is affected.
type Flow struct {
	From, To Country
	Kind     RSIT
	Events   int64
}

// Minute is one point of the recent series.
type Minute struct {
	Start   Time // start of the minute, by @timestamp
	Attacks int64
	// Incidents and States are figures of their own, never summed with attacks.
	Incidents int64
	States    int64
}

// Totals are the numbers of one period. Attacks are stage attempt after
// folding (attacks/1); Excluded are known-benign records, counted apart.
type Totals struct {
	Attacks   int64
	Incidents int64
	States    int64
	Context   int64
	Records   int64
	Excluded  int64
}

// SensorState is what is known of one sensor's liveliness. Released to the
// public it stands for all sensors of a country: Name, Covers, Rate, Skew and
// Drops are then empty and Sensors says how many there are.
type SensorState struct {
	Sensors       int
	SilentSensors int
	Name          string
	Country       Country
	Covers        string
	LastSeen      Time
	Rate          float64 // records a second, exponential mean over 10 s
	Skew          int64   // median of received minus event time, nanoseconds
	Drops         int64   // records lost before us, as the sensor itself reports
	Silent        bool    // nothing for three minutes
	Replay        bool
}

// Picture is the national picture at one instant, as measure counts it and
// before anybody decided who may see what. Rankings are ordered by Events
// descending, then Key ascending.
type Picture struct {
	At          Time
	Home        Country // whose picture
	DayStart    Time    // local midnight that "today" began at
	Replay      bool    // any of it was sent by a replay
	Rate        float64 // attacks on Home a second, now
	WorldRate   float64
	LastEvent   Time    // newest acceptance
	Today       Totals  // on Home, event time today
	World       Totals  // everywhere, event time today
	Average     float64 // attacks on Home on an average such weekday up to this hour; 0 unknown
	Hosting     []Count // attacks on Home today by confirmed hosting country
	Unconfirmed int64   // attacks on Home today whose hosting address may be forged
	HostingAS   []Count // the same by hosting AS
	HostedIn    Totals  // attacks hosted in Home today, confirmed
	Affected    []Count // attacks today by affected country
	Kinds       []Count // attacks on Home today by RSIT type
	Ways        []Count // attacks on Home today by way
	Sectors     []Count // attacks by sector, last closed day (SectorDay)
	SectorDay   Time
	Minutes     []Minute // last 60 minutes, oldest first, on Home
	Flows       []Flow   // of the last second, strongest first
	FlowsRest   int64    // attacks of that second in none of Flows: weaker ones, or no confirmed and known place to come from
	Sensors     []SensorState
	Watermark   Time
	// Withheld names the sections that this viewer is not shown; they are empty.
	// Held says that all of them are held back for the moment.
	Withheld []string
	Held     bool
}
