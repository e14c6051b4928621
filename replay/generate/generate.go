// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"time"
)

// Config says what is made. Zero values get the defaults named.
type Config struct {
	Seed        uint64
	Sensors     int       // default 200
	Attackers   int       // default 300,000
	Victims     int       // default 50,000
	Rules       int       // default 3,000
	BodyRecords int       // records a body, default 1,200 (some 750 KB)
	Rate        float64   // records a second by their timestamps, default 200,000
	Start       time.Time // timestamp of the first; now by default
	Six         float64   // share of IPv6 addresses, default 0.05; negative for none
	Late        float64   // share of records that are hours late, default 0.01; negative for none
	Broken      float64   // share of broken lines, default 0.001; negative for none
}

func (c Config) withDefaults() Config {
	for v, d := range map[*int]int{
		&c.Sensors: 200, &c.Attackers: 300_000, &c.Victims: 50_000, &c.Rules: 3_000, &c.BodyRecords: 1_200,
	} {
		if *v <= 0 {
			*v = d
		}
	}
	for v, d := range map[*float64]float64{&c.Six: 0.05, &c.Late: 0.01, &c.Broken: 0.001} {
		if *v == 0 {
			*v = d
		}
		*v = max(*v, 0)
	}
	if c.Rate <= 0 {
		c.Rate = 200_000
	}
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	return c
}

// Body is whole lines of one sensor.
type Body struct {
	Number  uint64
	Sensor  int
	Records int
	Data    []byte
}

// Generator makes bodies, for one goroutine; Split gives more of them.
type Generator struct {
	*stock
	number uint64 // of the next body
	step   uint64
	random random
	clock  clock
	rings  [][ringSize]conversation // by service
	truth  Truth
}

// stock is what generators share and never change.
type stock struct {
	cfg                      Config
	attackers, victims       []address
	sixVictims               []int // those with IPv6 addresses
	pickAttacker, pickVictim zipf
	pickRule, pickName       zipf
	kinds                    [256]uint8 // event types by share
	full, lean               [len(mix)]templates
	services                 int
	late, broken             uint64  // thresholds of a random number
	micros                   int64   // of the first record
	interval                 float64 // microseconds from one record to the next
}

// New cuts the recording into templates; what it makes is decided by the
// configuration alone.
func New(cfg Config) (*Generator, error) {
	cfg = cfg.withDefaults()
	s := &stock{cfg: cfg}
	if err := s.cut(); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	s.attackers, s.victims = population(cfg)
	for i, v := range s.victims {
		if v.addr.Is6() {
			s.sixVictims = append(s.sixVictims, i)
		}
	}
	s.pickAttacker, s.pickVictim = newZipf(1.1, 10, cfg.Attackers), newZipf(1.1, 10, cfg.Victims)
	s.pickRule, s.pickName = newZipf(1.2, 4, cfg.Rules), newZipf(1.1, 4, 20_000)
	s.late, s.broken = threshold(cfg.Late), threshold(cfg.Broken)
	s.micros, s.interval = cfg.Start.UnixMicro(), 1e6/cfg.Rate
	s.kinds = shares()
	return s.generator(0, 1), nil
}

func (s *stock) generator(first, step uint64) *Generator {
	return &Generator{
		stock: s, number: first, step: step, rings: make([][ringSize]conversation, s.services), truth: newTruth(s.cfg),
	}
}

// Split gives n generators that together make what this one would from its
// start on: the i-th makes bodies i, i+n, i+2n … One goroutine each.
func (g *Generator) Split(n int) []*Generator {
	out := make([]*Generator, n)
	for i := range out {
		out[i] = g.generator(uint64(i), uint64(n))
	}
	return out
}

// Sensors lists the names of the sensors that bodies come from.
func (g *Generator) Sensors() []string {
	out := make([]string, g.cfg.Sensors)
	for i := range out {
		out[i] = sensorName(i)
	}
	return out
}

func sensorName(i int) string { return fmt.Sprintf("load-%03d", i) }

// Truth is the count of all that this generator made so far.
func (g *Generator) Truth() Truth { return g.truth }

// Next makes the next body, appending to buf.
func (g *Generator) Next(buf []byte) Body {
	b := Body{Number: g.number, Records: g.cfg.BodyRecords}
	g.number += g.step
	g.random = random(mix64(g.cfg.Seed ^ mix64(b.Number+1)))
	b.Sensor = int(g.random.below(uint32(g.cfg.Sensors)))
	sets := &g.full
	if leanSensor(b.Sensor) {
		sets = &g.lean
	}
	name := sensorName(b.Sensor)
	first := float64(b.Number) * float64(b.Records)
	for i := range b.Records {
		at := g.micros + int64((first+float64(i))*g.interval)
		buf = g.record(buf, b.Number, name, sets, at)
	}
	b.Data = buf
	g.truth.Bodies++
	g.truth.Sensors[b.Sensor] += int64(b.Records)
	return b
}
