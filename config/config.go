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

	Portal       Portal       `yaml:"portal"`
	TLS          TLS          `yaml:"tls"`
	Ingest       Ingest       `yaml:"ingest"`
	Journal      Journal      `yaml:"journal"`
	Store        Store        `yaml:"store"`
	Measure      Measure      `yaml:"measure"`
	Participants Participants `yaml:"participants"`
	Citations    Citations    `yaml:"citations"`
	Enrich       Enrich       `yaml:"enrich"`
	Disk         Disk         `yaml:"disk"`
	Quota        Quota        `yaml:"quota"`
	Memory       Memory       `yaml:"memory"`
	SignIn       SignIn       `yaml:"sign_in"`
	Notices      Notices      `yaml:"notices"`
	Log          Log          `yaml:"log"`
	Workers      int          `yaml:"workers"` // normalising goroutines
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
	Plain bool     `yaml:"plain"` // serve plain HTTP to proxies that speak TLS, and to nobody else
	// Proxies are the networks of the machines that may connect where plain is set,
	// and whose X-Forwarded-For is believed; this machine's own when empty.
	Proxies []string `yaml:"proxies"`
}

// Ingest bounds what a door takes.
type Ingest struct {
	MaxBody   Size `yaml:"max_body"`   // decompressed bytes of one request
	MaxRecord Size `yaml:"max_record"` // longer records go to quarantine
	InFlight  Size `yaml:"in_flight"`  // bytes of all requests being read
}

// Journal bounds the durable log.
type Journal struct {
	URL       string        `yaml:"url"`        // external NATS servers, by tls:// beyond this machine; empty for the embedded one
	CA        string        `yaml:"ca"`         // PEM file of who may vouch for those servers; the system's when empty
	Cert      string        `yaml:"cert"`       // PEM file of the certificate shown to those servers; none when empty
	Key       string        `yaml:"key"`        // and of its key
	Replicas  int           `yaml:"replicas"`   // of an external stream
	MaxBytes  Size          `yaml:"max_bytes"`  // the doors answer 429 beyond
	MaxBehind Size          `yaml:"max_behind"` // likewise, of what the store has not committed yet
	HandOver  Size          `yaml:"hand_over"`  // memory for what goes to the store without being read back
	Burst     Size          `yaml:"burst"`      // records that may be ahead of the store before senders have to wait for it; 0: no more than is handed over
	KeepFor   time.Duration `yaml:"keep_for"`   // for replay, after the store has it
}

// Store bounds what is kept for questions.
type Store struct {
	KeepFor time.Duration `yaml:"keep_for"` // of records, by time of acceptance
	Commit  time.Duration `yaml:"commit"`   // at the latest
	Hold    Size          `yaml:"hold"`     // memory of records that wait to be written; a commit is due at once after four times as many
	Memory  Size          `yaml:"memory"`   // of the query engine
	Live    int           `yaml:"live"`     // segments that merging aims at
}

// Measure bounds the live counts.
type Measure struct {
	FoldMemory Size `yaml:"fold_memory"` // for folding repeats
}

// Participants says of how many active ones shares and rates are published.
type Participants struct {
	MinCountry int `yaml:"min_country"` // of a country
	MinSector  int `yaml:"min_sector"`  // of a sector
	MinRanked  int `yaml:"min_ranked"`  // countries that reach min_country, so that they are ranked
}

// Citations bounds what is kept of figures that are cited.
type Citations struct {
	Kept       int  `yaml:"kept"`        // citations in all
	OfOne      int  `yaml:"of_one"`      // of one table and period while it is provisional, and as many after
	Daily      int  `yaml:"daily"`       // new ones a day, of all visitors together
	PerVisitor int  `yaml:"per_visitor"` // new ones an hour, of one visitor
	MaxSize    Size `yaml:"max_size"`    // of one document
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

// Quota is how many requests a second are answered beside the doors, on average of
// half a minute. This machine itself is not counted.
type Quota struct {
	Address int `yaml:"address"` // of visitors of one IPv4 address, or /64 of IPv6
	Person  int `yaml:"person"`  // of one person or token
}

// Memory bounds what the process takes beside the budgets of its rooms.
type Memory struct {
	// Growth is by how many per cent the heap may outgrow what is in use before it
	// is collected while records come in bulk; else twice as far. The environment's
	// GOGC wins.
	Growth int `yaml:"growth"`
}

// SignIn names whose word on who signs in is taken, beside passkeys.
type SignIn struct {
	Providers []Provider `yaml:"providers"`
	// OneFactor lets a link or a provider's word alone open what is below T3. It is for
	// trying the program out on a machine of one's own, and refused elsewhere.
	OneFactor bool `yaml:"one_factor"`
}

// Provider is an OpenID Connect provider.
type Provider struct {
	ID         string   `yaml:"id"`          // in addresses: lower-case letters, digits and dashes
	Name       string   `yaml:"name"`        // on the button
	Issuer     string   `yaml:"issuer"`      // as in https://accounts.example.vn
	ClientID   string   `yaml:"client_id"`   // as the provider knows us
	SecretFile string   `yaml:"secret_file"` // file with the client's secret; a public client without
	Scopes     []string `yaml:"scopes"`      // beside openid
	Hosts      []string `yaml:"hosts"`       // beside the issuer's own, that its keys and tokens come from
	ACR        []string `yaml:"acr"`         // levels of assurance of which one is asked for and demanded
	AMR        []string `yaml:"amr"`         // methods of which one is demanded, such as mfa
	// MaxAge is how long ago the provider may have asked who it is; any time when zero.
	MaxAge time.Duration `yaml:"max_age"`
}

// Notices says how organisations are told. Without a relay only webhooks are sent,
// and mails wait.
type Notices struct {
	Host         string        `yaml:"host"`          // of the mail relay
	Port         int           `yaml:"port"`          // 587, 465 with tls, 25 with plain when zero
	Security     string        `yaml:"security"`      // starttls, tls or plain
	Username     string        `yaml:"username"`      // no authentication without
	PasswordFile string        `yaml:"password_file"` // file with the relay's password
	From         string        `yaml:"from"`          // sender's address
	ReplyTo      string        `yaml:"reply_to"`      // where answers go; from when empty
	Fallback     string        `yaml:"fallback"`      // inbox that is told of what belongs to nobody
	Inside       []string      `yaml:"inside"`        // networks inside that webhooks may lead to, such as 10.20.0.0/16
	WebhookPorts []int         `yaml:"webhook_ports"` // that webhooks may lead to
	WebhookHosts []string      `yaml:"webhook_hosts"` // and hosts beside the organisation's own confirmed networks: names, .ends of names, or * for any
	Hour         int           `yaml:"hour"`          // of the day that digests are sent at
	Every        time.Duration `yaml:"every"`         // between two looks for what is new
	Relapse      time.Duration `yaml:"relapse"`       // a resolved incident seen later than this after returned
}

// Log says how the product speaks of itself.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text or json
	// Collector is host:port of a machine that the log and the audit log are sent on
	// to, as syslog over TLS (RFC 5425); CA is a PEM file of who may vouch for it.
	Collector string `yaml:"collector"`
	CA        string `yaml:"ca"`
}

// Default gives the settings that a first start uses.
func Default() Config {
	return Config{
		Data:   "./haidang-data",
		Listen: "localhost:8080",
		Portal: Portal{Country: "VN", Zone: "Asia/Ho_Chi_Minh"},
		Ingest: Ingest{MaxBody: 64 * MiB, MaxRecord: MiB, InFlight: 64 * MiB},
		Journal: Journal{
			Replicas: 3, MaxBytes: 8 * GiB, MaxBehind: 2 * GiB, HandOver: 24 * MiB, Burst: GiB, KeepFor: 7 * 24 * time.Hour,
		},
		Store: Store{
			KeepFor: 90 * 24 * time.Hour, Commit: time.Second, Hold: 64 * MiB, Memory: 200 * MiB, Live: 200,
		},
		Measure:      Measure{FoldMemory: 64 * MiB},
		Participants: Participants{MinCountry: 10_000, MinSector: 1_000, MinRanked: 10},
		Citations:    Citations{Kept: 200_000, OfOne: 32, Daily: 2000, PerVisitor: 60, MaxSize: 512 * KiB},
		Quota:        Quota{Address: 1000, Person: 100},
		Disk:         Disk{MinFree: GiB, MinFreePercent: 5},
		Memory:       Memory{Growth: 30},
		Notices:      Notices{Security: "starttls", Hour: 8, Every: 15 * time.Second, Relapse: time.Hour, WebhookPorts: []int{443, 8443}},
		Log:          Log{Level: "info", Format: "text"},
		Workers:      runtime.GOMAXPROCS(0),
	}
}
