// SPDX-License-Identifier: Apache-2.0

package recording

import (
	_ "embed" // the manifest is part of the program
	"encoding/json"
	"fmt"
)

//go:embed manifest.json
var manifest []byte

// Manifest says what the recording is made of.
type Manifest struct {
	// Made is the day of the recording, as 2006-01-02.
	Made string `json:"made"`
	// Tools maps each tool to its version (Debian's or the Python package index's).
	Tools map[string]string `json:"tools"`
	// Rules names the Suricata rules that watched.
	Rules Rules `json:"rules"`
	// Networks are the prefixes that occur, by the side on which they lie.
	Networks Networks `json:"networks"`
	// Streams are keyed by Stream.Name.
	Streams map[string]Contents `json:"streams"`
}

// Rules identifies the rule file and says how many signatures it has.
type Rules struct {
	File       string `json:"file"`
	SHA256     string `json:"sha256"`
	Signatures int    `json:"signatures"`
}

// Networks tells the watched organisation's prefixes from those of everybody else; a replay that spreads addresses over
// real countries keeps the sides apart with it.
type Networks struct {
	Home    []string `json:"home"`
	Outside []string `json:"outside"`
}

// Contents counts what is in a stream. Bytes and SHA256 are of the decompressed lines.
type Contents struct {
	File   string `json:"file"`
	Format string `json:"format"`
	Lines  int    `json:"lines"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// First and Last are the times of the first and the last line, as the sensor wrote them.
	First string `json:"first"`
	Last  string `json:"last"`
	// Cut is the rule by which repeated lines were left out, or none.
	Cut string `json:"cut"`
	// Alerts is the number of EVE alerts; nought elsewhere.
	Alerts int `json:"alerts,omitempty"`
	// ByType counts lines by event_type (eve) or eventid (cowrie).
	ByType map[string]int `json:"by_type"`
	// BySignature counts EVE alerts by signature id.
	BySignature map[string]int `json:"by_signature,omitempty"`
}

// ReadManifest reads the manifest that was made with the recording.
func ReadManifest() (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		return Manifest{}, fmt.Errorf("recording: manifest.json: %w", err)
	}
	return m, nil
}
