// SPDX-License-Identifier: Apache-2.0

package config

import (
	"runtime"
	"time"
)

// Config is everything that can be set. Its YAML names are the documented
// ones; the environment variable of a field is HAIDANG_ and the names joined by
// underscores in upper case, as in HAIDANG_JOURNAL_URL.
type Config struct {
	Data   string `yaml:"data"`   // folder of everything the observatory keeps
	Listen string `yaml:"listen"` // host:port of portal, doors and API

	Portal  Portal  `yaml:"portal"`
	TLS     TLS     `yaml:"tls"`
	Ingest  Ingest  `yaml:"ingest"`
	Journal Journal `yaml:"journal"`
	Store   Store   `yaml:"store"`
	Measure Measure `yaml:"measure"`
	Enrich  Enrich  `yaml:"enrich"`
	Disk    Disk    `yaml:"disk"`
	Log     Log     `yaml:"log"`
	Workers int     `yaml:"workers"` // normalising goroutines
}

// Portal says whose picture is shown.
type Portal struct {
	Country string `yaml:"country"` // ISO 3166-1 alpha-2
	Zone    string `yaml:"zone"`    // IANA time zone that days begin in
	Replay  bool   `yaml:"replay"`  // label every page as a replay
	Origin  string `yaml:"origin"`  // public address for citations, as in https://observatory.example
}

// TLS gives certificates from files or from an ACME authority. With neither,
// plain HTTP is served, on loopback only unless Plain says otherwise.
type TLS struct {
	Cert  string   `yaml:"cert"`
	Key   string   `yaml:"key"`
	ACME  []string `yaml:"acme"`  // host names to get certificates for
	Email string   `yaml:"email"` // contact given to the ACME authority
	Plain bool     `yaml:"plain"` // allow plain HTTP beyond loopback, behind a proxy
}

// Ingest bounds what a door takes.
type Ingest struct {
	MaxBody   Size `yaml:"max_body"`   // decompressed bytes of one request
	MaxRecord Size `yaml:"max_record"` // longer records go to quarantine
	InFlight  Size `yaml:"in_flight"`  // bytes of all requests being read
}

// Journal bounds the durable log.
type Journal struct {
	URL      string        `yaml:"url"`       // external NATS servers; empty for the embedded one
	Replicas int           `yaml:"replicas"`  // of an external stream
	MaxBytes Size          `yaml:"max_bytes"` // the doors answer 429 beyond
	KeepFor  time.Duration `yaml:"keep_for"`  // for replay, after the store has it
}

// Store bounds what is kept for questions.
type Store struct {
	KeepFor time.Duration `yaml:"keep_for"` // of records, by time of acceptance
	Commit  time.Duration `yaml:"commit"`   // at the latest
	Memory  Size          `yaml:"memory"`   // of the query engine
	Live    int           `yaml:"live"`     // segments that merging aims at
}

// Measure bounds the live counts.
type Measure struct {
	FoldMemory Size `yaml:"fold_memory"` // for folding repeats
}

// Enrich names files that replace or add to the embedded tables.
type Enrich struct {
	Country string `yaml:"country"` // MMDB with country codes
	AS      string `yaml:"as"`      // MMDB with AS numbers
	Members string `yaml:"members"` // member networks
	Benign  string `yaml:"benign"`  // known-benign prefixes and rules
}

// Disk says when doors stop taking more.
type Disk struct {
	MinFree        Size    `yaml:"min_free"`
	MinFreePercent float64 `yaml:"min_free_percent"`
}

// Log says how the product speaks of itself.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text or json
}

// Default gives the settings that a first start uses.
func Default() Config {
	return Config{
		Data:   "./haidang-data",
		Listen: "localhost:8080",
		Portal: Portal{Country: "VN", Zone: "Asia/Ho_Chi_Minh"},
		Ingest: Ingest{MaxBody: 64 * MiB, MaxRecord: MiB, InFlight: 64 * MiB},
		Journal: Journal{
			Replicas: 3, MaxBytes: 8 * GiB, KeepFor: 7 * 24 * time.Hour,
		},
		Store: Store{
			KeepFor: 90 * 24 * time.Hour, Commit: time.Second, Memory: 200 * MiB, Live: 200,
		},
		Measure: Measure{FoldMemory: 64 * MiB},
		Disk:    Disk{MinFree: GiB, MinFreePercent: 5},
		Log:     Log{Level: "info", Format: "text"},
		Workers: runtime.GOMAXPROCS(0),
	}
}
