// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"haidang/event"
)

// reason says why an incident is told now.
type reason string

const (
	isNew     reason = "new"
	returned  reason = "returned"   // seen again after it was resolved
	isWorse   reason = "worse"      // its severity rose
	stillSeen reason = "still-seen" // told a reminder period ago, nobody works on it
)

// item is an incident to tell of.
type item struct {
	incident *event.Incident
	reason   reason
	before   time.Time // when it was told before; zero for a new one
}

// told is what a contact was told of an incident last.
type told struct {
	At       time.Time
	Relapses uint32
	Severity uint8
}

// perNotice bounds what one message tells of; more become several.
const perNotice = 200

// decide finds what to tell now, worst first. known gives what was told before.
// Reminders come a hundredth early, so that a digest which was a little late
// the last time does not let one out.
func decide(org uint32, list []event.Incident, now time.Time, remind time.Duration, known func(event.Bytes16) (told, bool)) (out []item) {
	for n := range list {
		i := &list[n]
		if i.Replay || i.Settled() || org != 0 && i.Org != org {
			continue
		}
		last, before := known(i.Key)
		switch {
		case !before && i.Relapses > 0:
			out = append(out, item{i, returned, time.Time{}})
		case !before:
			out = append(out, item{i, isNew, time.Time{}})
		case i.Relapses > last.Relapses:
			out = append(out, item{i, returned, last.At})
		case i.Severity > last.Severity:
			out = append(out, item{i, isWorse, last.At})
		case remind > 0 && i.Status != event.StatusInProgress && !seenUntil(i, now).Before(last.At.Add(remind-remind/100)):
			out = append(out, item{i, stillSeen, last.At})
		}
	}
	slices.SortFunc(out, func(a, b item) int {
		return cmp.Or(cmp.Compare(b.incident.Severity, a.incident.Severity), slices.Compare(a.incident.Key[:], b.incident.Key[:]))
	})
	return out
}

// seenUntil gives when it was seen last; a sensor's clock that runs ahead must
// not make it tell of the future.
func seenUntil(i *event.Incident, now time.Time) time.Time {
	if last := i.Last.Std(); last.Before(now) {
		return last
	}
	return now
}

// identify gives a message's id: the same contact told the same of the same
// incidents. It depends on nothing that a crash forgets.
func identify(route string, items []item) string {
	h := sha256.New()
	fmt.Fprintf(h, "notice/1\n%d %s\n", len(route), route)
	sorted := slices.SortedFunc(slices.Values(items), func(a, b item) int {
		return slices.Compare(a.incident.Key[:], b.incident.Key[:])
	})
	for _, i := range sorted {
		fmt.Fprintf(h, "%x %d %d %s %d\n", i.incident.Key, i.incident.Relapses, i.incident.Severity, i.reason, i.before.UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Schedule says when digests are sent.
type Schedule struct {
	Zone    *time.Location // UTC+7 (Asia/Ho_Chi_Minh) when nil
	Hour    int            // of the day, 0–23
	Weekday time.Weekday   // of weekly digests
}

// slot gives the latest time at or before now at which a digest is sent.
func (s *Schedule) slot(c Cadence, now time.Time) time.Time {
	local := now.In(s.Zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), s.Hour, 0, 0, 0, s.Zone)
	days := 1
	if c == Weekly {
		days = 7
		at = at.AddDate(0, 0, -(int(at.Weekday()-s.Weekday)+7)%7)
	}
	if at.After(now) {
		at = at.AddDate(0, 0, -days)
	}
	return at
}
