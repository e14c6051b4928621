// SPDX-License-Identifier: Apache-2.0

package admin

// MethodSeriesImport takes series that others published: SeriesFile → SeriesImported.
const MethodSeriesImport = "series.import"

// SeriesFile is a file of series, CSV or NDJSON.
type SeriesFile struct {
	Text []byte `json:"text"`
}

// SeriesImported says what an import did.
type SeriesImported struct {
	Lines   int      `json:"lines"`
	Series  []string `json:"series"` // ids of those that changed
	New     int      `json:"new"`    // points
	Revised int      `json:"revised"`
	Same    int      `json:"same"`
}
