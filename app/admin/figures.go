// SPDX-License-Identifier: Apache-2.0

package admin

// Names of the methods about figures that are cited.
const (
	MethodFigureKeyRotate = "figure-key.rotate" // None → FigureKey
	MethodFigureReplay    = "figure.replay"     // Canonical → ReplayedFigure
)

// FigureKey names a key that citations are signed with.
type FigureKey struct {
	ID string `json:"id"`
}

// Canonical is a cited figure's canonical form.
type Canonical struct {
	Canonical []byte `json:"canonical"`
	Rollups   bool   `json:"rollups,omitempty"` // from the roll-ups, even where records are there
}

// ReplayedFigure says what became of working a figure out again.
type ReplayedFigure struct {
	Same        bool               `json:"same"`
	FromRecords bool               `json:"from_records"`      // else from roll-ups: records have expired
	Records     int64              `json:"records,omitempty"` // counted
	Canonical   []byte             `json:"canonical,omitempty"`
	At          int                `json:"at"` // the first byte that differs
	Differences []FigureDifference `json:"differences,omitempty"`
	Gone        string             `json:"gone,omitempty"` // why it can no longer be worked out
	RevisedBy   string             `json:"revised_by,omitempty"`
}

// FigureDifference is what was worked out otherwise.
type FigureDifference struct {
	What  string   `json:"what"`
	Group []string `json:"group,omitempty"`
	Old   *int64   `json:"old,omitempty"`
	New   *int64   `json:"new,omitempty"`
	From  string   `json:"from,omitempty"`
	To    string   `json:"to,omitempty"`
}
