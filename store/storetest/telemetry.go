// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"haidang/event"
)

// Telemetry makes records with the cardinalities of real sensors, for
// measuring: 300,000 attackers (Zipf), 50,000 victims, 3,000 signatures, 200
// sensors; 45 % alerts, 25 % flows, 12 % DNS, 10 % HTTP, 8 % others.
type Telemetry struct {
	r         *rand.Rand
	attackers *rand.Zipf
	victims   *rand.Zipf
	rules     *rand.Zipf
	Next      event.Time    // time of the next record
	Step      time.Duration // mean distance between records
	seq       uint64
}

// NewTelemetry starts a stream of records.
func NewTelemetry(seed uint64) *Telemetry {
	r := rand.New(rand.NewPCG(seed, 77))
	return &Telemetry{
		r:         r,
		attackers: rand.NewZipf(r, 1.2, 50, 300_000),
		victims:   rand.NewZipf(r, 1.1, 100, 50_000),
		rules:     rand.NewZipf(r, 1.3, 10, 3_000),
		Next:      Epoch, Step: 10 * time.Microsecond,
	}
}

// Batch makes the next n records, all of one sensor's message.
func (t *Telemetry) Batch(n int) *event.Batch {
	b := new(event.Batch)
	t.seq++
	sensor := t.r.IntN(200)
	ingested := t.Next + event.Time(time.Second)
	low := t.r.Uint32()
	high := t.r.Uint64()
	var e event.Event
	for i := range n {
		e.Reset()
		t.Next += event.Time(t.r.Int64N(2*int64(t.Step)) / 1000 * 1000)
		e.Time, e.Ingested = t.Next, ingested/1e6*1e6
		e.RawSeq, e.RawOffset, e.Parser = t.seq, uint32(i), 1
		// As normalise makes them: those of a message share their beginning.
		binary.BigEndian.PutUint64(e.ID[:], uint64(ingested/1e6)<<16|0x7000|high>>52)
		binary.BigEndian.PutUint64(e.ID[8:], 1<<63|high<<12>>2)
		binary.BigEndian.PutUint32(e.ID[12:], low^uint32(i))
		e.Observer, e.ObserverType = "sensor-"+strconv.Itoa(sensor), event.ObserverIDS
		e.Dataset = "suricata.eve"
		t.fill(&e)
		b.Append(&e)
	}
	return b
}

func (t *Telemetry) fill(e *event.Event) {
	r := t.r
	attacker, victim := t.attackers.Uint64(), t.victims.Uint64()
	e.Source = event.Endpoint{
		IP: v4(0x2d000000 + uint32(attacker)*2654435761>>6), Port: uint16(32768 + r.IntN(28000)),
		AS: uint32(1000 + attacker%4000), Country: countries[attacker*7%uint64(len(countries))],
	}
	e.Destination = event.Endpoint{
		IP: v4(0x71000000 + uint32(victim)), Port: ports[r.IntN(len(ports))],
		AS: uint32(45000 + victim%60), Country: countries[0],
	}
	e.Transport = 6
	e.Protocol = protocols[r.IntN(len(protocols))]
	defer func() {
		a, b := &e.Source, &e.Destination
		e.CommunityID = event.CommunityID(a.IP, b.IP, a.Port, b.Port, e.Transport)
	}()
	e.TLP, e.PAP, e.Confidence = event.TLPAmber, event.PAPAmber, 50
	e.Outline, e.Residual = "{\"flow_id\":\x1f,\"in_iface\":\"eth0\"}", strconv.AppendUint(e.Residual[:0], r.Uint64()>>10, 10)
	switch p := r.IntN(100); {
	case p < 45:
		t.alert(e, attacker, victim)
	case p < 70:
		t.flow(e)
	case p < 82:
		e.Action, e.Kind, e.Stage = "dns", event.KindEvent, event.StageContext
		e.Destination.Port, e.Transport = 53, 17
		e.DNSName = fmt.Sprintf("host%d.example%d.vn", victim%700, attacker%900)
		e.DNSType = 1
	case p < 92:
		e.Action, e.Kind, e.Stage = "http", event.KindEvent, event.StageContext
		e.Destination.Domain = fmt.Sprintf("www%d.example.vn", victim%3000)
		e.URL = fmt.Sprintf("/index.php?id=%d", r.IntN(100000))
		e.HTTPMethod, e.UserAgent = "GET", fmt.Sprintf("Mozilla/5.0 (agent %d)", attacker%400)
	default:
		e.Action, e.Kind, e.Stage = "tls", event.KindEvent, event.StageContext
		e.Destination.Domain = fmt.Sprintf("tls%d.example.vn", victim%5000)
	}
}

func (t *Telemetry) alert(e *event.Event, attacker, victim uint64) {
	rule := t.rules.Uint64()
	e.Action, e.Kind, e.Stage = "allowed", event.KindAlert, event.StageAttempt
	e.Category = event.CategoryIntrusionDetection | event.CategoryNetwork
	e.Severity = uint8(2 + rule%3)
	e.RuleID = strconv.FormatUint(2_000_000+rule, 10)
	e.RuleName = fmt.Sprintf("ET SCAN signature number %d of the set", rule)
	e.RSIT = []event.RSIT{event.RSITScanner, event.RSITBruteForce, event.RSITExploit, event.RSITIDSAlert}[rule%4]
	e.Way, e.Affected, e.Confirmed = event.WayNetwork, event.SideDestination, event.ConfirmedYes
	if rule%5 == 0 {
		e.Techniques = append(e.Techniques[:0], "T1110")
	}
	e.Sector = event.Sector(victim % 30)
	minute := uint64(e.Time / event.Time(time.Minute))
	binary.BigEndian.PutUint64(e.Hash[:], (attacker*31+rule)*0x9e3779b97f4a7c15^(victim*17+minute)*0xc2b2ae3d27d4eb4f)
}

func (t *Telemetry) flow(e *event.Event) {
	e.Action, e.Kind, e.Stage = "flow", event.KindEvent, event.StageContext
	e.Start = e.Time - event.Time(t.r.Int64N(60e9)/1000*1000)
	e.End = e.Time
	e.Source.Bytes, e.Destination.Bytes = uint64(t.r.IntN(4000)), uint64(t.r.ExpFloat64()*5000)
}

func v4(x uint32) (a event.Addr) {
	a[10], a[11] = 0xff, 0xff
	binary.BigEndian.PutUint32(a[12:], x)
	return a
}

var (
	ports     = []uint16{22, 22, 22, 23, 80, 80, 443, 443, 445, 3389, 8080, 5060}
	protocols = []string{"", "ssh", "http", "tls", "smb"}
	countries = func() (out []event.Country) {
		for _, c := range []string{
			"VN", "US", "CN", "RU", "DE", "NL", "FR", "GB", "IN", "BR", "KR", "JP", "SG", "HK", "TW", "ID",
			"TH", "MY", "PH", "UA", "PL", "IT", "ES", "SE", "FI", "NO", "CA", "MX", "AR", "ZA", "NG", "EG",
		} {
			out = append(out, event.MustCountry(c))
		}
		return out
	}()
)
