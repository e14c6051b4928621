// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"haidang/event"
)

func TestIDs(t *testing.T) {
	make := func(key, stream string, seq event.Position, offset uint32) event.Bytes16 {
		ids := newIDMaker([]byte(key), stream).of(event.TimeOf(now), seq)
		return ids.id(offset)
	}
	id := make("key", "RAW", 42, 10)
	if id != make("key", "RAW", 42, 10) {
		t.Error("not the same after a restart")
	}
	// The ids of all stored records hang on this value: it never changes.
	if got := id.String(); got != "01a1fdfa-4600-7a24-aba7-6935972dbdb9" {
		t.Errorf("id is %s, another than it always was", got)
	}
	// What a message's ids share is what makes their column cheap to store.
	if next := make("key", "RAW", 42, 11); !bytes.Equal(next[:12], id[:12]) {
		t.Errorf("%s and %s of one message begin differently", id, next)
	}
	ms := uint64(0)
	for _, b := range id[:6] {
		ms = ms<<8 | uint64(b)
	}
	if id[6]>>4 != 7 || id[8]>>6 != 2 || int64(ms) != now.UnixMilli() {
		t.Errorf("%s is no UUIDv7 of %s", id, now)
	}
	seen := map[event.Bytes16]string{id: "itself"}
	for name, other := range map[string]event.Bytes16{
		"sequence": make("key", "RAW", 43, 10), "offset": make("key", "RAW", 42, 11),
		"stream": make("key", "RAW2", 42, 10), "key": make("kez", "RAW", 42, 10),
	} {
		if seen[other] != "" {
			t.Errorf("%s makes no difference", name)
		}
		seen[other] = name
	}
}

// TestSipHash: the first vectors of the reference implementation's vectors.h
// (siphash-2-4-128), key 00 01 … 0f, input 00 01 ….
func TestSipHash(t *testing.T) {
	in := make([]byte, 0, 2)
	for n, want := range []string{"a3817f04ba25a8e66df67214c7550293", "da87c1d86b99af44347659119b22fc45"} {
		lo, hi := sipHash128(0x0706050403020100, 0x0f0e0d0c0b0a0908, in)
		var got [16]byte
		putLE64(got[:], lo)
		putLE64(got[8:], hi)
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("%d bytes: %x, want %s", n, got, want)
		}
		in = append(in, byte(n))
	}
}

func attempt(change func(*event.Event)) event.Event {
	var e event.Event
	e.Reset()
	e.Time, e.Observer, e.Stage, e.RSIT = event.TimeOf(now), "s1", event.StageAttempt, event.RSITScanner
	e.RuleID, e.Affected = "7", event.SideDestination
	e.Source.IP, _ = event.ParseAddr("203.0.113.7")
	e.Destination.IP, _ = event.ParseAddr("192.0.2.1")
	change(&e)
	return e
}

func TestFoldingKeys(t *testing.T) {
	key := func(change func(*event.Event)) event.Bytes16 {
		e := attempt(change)
		k, _ := foldKey(&e, nil)
		return k
	}
	base := key(func(*event.Event) {})
	same := map[string]func(*event.Event){
		"later in the window": func(e *event.Event) { e.Time += event.Time(59 * time.Second) },
		"other port":          func(e *event.Event) { e.Source.Port = 9 },
		"other name":          func(e *event.Event) { e.RuleName = "new name" },
		"replay":              func(e *event.Event) { e.Replay = true },
		"larger count":        func(e *event.Event) { e.Count = 9 },
		"sooner journalled":   func(e *event.Event) { e.Ingested = e.Time - 1 },
	}
	for name, change := range same {
		if key(change) != base {
			t.Errorf("%s: not folded", name)
		}
	}
	other := map[string]func(*event.Event){
		"next window": func(e *event.Event) { e.Time += event.Time(time.Minute) },
		"sensor":      func(e *event.Event) { e.Observer = "s2" },
		"rule":        func(e *event.Event) { e.RuleID = "8" },
		"class":       func(e *event.Event) { e.RuleID = "" },
		"affected":    func(e *event.Event) { e.Destination.IP[15]++ },
		"hosting":     func(e *event.Event) { e.Source.IP[15]++ },
		"participant": func(e *event.Event) { e.Participant[0] = 1 },
		"state":       func(e *event.Event) { e.Stage = event.StageState },
		"file":        func(e *event.Event) { e.Source.IP, e.FileSHA256 = event.Addr{}, event.Bytes32{1} },
		"url":         func(e *event.Event) { e.Source.IP, e.URL = event.Addr{}, "http://x" },
		"side":        func(e *event.Event) { e.Affected = event.SideSource },
		"incident":    func(e *event.Event) { e.Stage = event.StageIncident },
		"both sides":  func(e *event.Event) { e.Affected = event.SideBoth },
		"kind":        func(e *event.Event) { e.RSIT = event.RSITBruteForce },
		"way":         func(e *event.Event) { e.Way = event.WayWeb },
		"forgeable":   func(e *event.Event) { e.Confirmed = event.ConfirmedNo },
		"country":     func(e *event.Event) { e.Destination.Country = event.MustCountry("LA") },
		"its country": func(e *event.Event) { e.Source.Country = event.MustCountry("LA") },
		"sector":      func(e *event.Event) { e.Sector = event.SectorHealth },
		"band":        func(e *event.Event) { e.Band = 2 },
		"malware":     func(e *event.Event) { e.Software = "mirai" },
		"lure":        func(e *event.Event) { e.Lure = "mirai" },
		"technique":   func(e *event.Event) { e.Techniques = []string{"T1110"} },
		"techniques":  func(e *event.Event) { e.Techniques = []string{"T1110", "T1046"} },
		"owner":       func(e *event.Event) { e.Orgs = []event.OrgMatch{{Org: 7, Side: event.SideSource}} },
		"other end's": func(e *event.Event) { e.Orgs = []event.OrgMatch{{Org: 7, Side: event.SideDestination}} },
		"before 1970": func(e *event.Event) { e.Time = -1 },
	}
	seen := map[event.Bytes16]string{base: "base"}
	for name, change := range other {
		k := key(change)
		if seen[k] != "" || !k.IsSet() {
			t.Errorf("%s: folded with %s", name, seen[k])
		}
		seen[k] = name
	}
	feed := func(e *event.Event) { e.ObserverType = event.ObserverFeed }
	if key(feed) != key(func(e *event.Event) { feed(e); e.Time += event.Time(11 * time.Hour) }) {
		t.Error("a feed is not folded by the day")
	}
	if key(func(e *event.Event) { e.Time = -1 }) == key(func(e *event.Event) { e.Time = 1 }) {
		t.Error("the windows before and after 1970 are one")
	}
	if key(func(e *event.Event) { e.Stage = event.StageContext }).IsSet() {
		t.Error("context is folded")
	}
}
