// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"haidang/classify"
	"haidang/collect"
	"haidang/event"
	"haidang/normalise"
	"haidang/participant"
	"haidang/store"
)

// participantKind is the kind of the sidecars that the participants' room keeps.
const participantKind = "participant"

// startParticipants makes the room and reads what the store committed of it.
func (a *App) startParticipants(context.Context) error {
	cfg, err := a.participantConfig()
	if err != nil {
		return err
	}
	a.pseudonyms = newPseudonyms(a)
	a.participants = participant.New(cfg, participant.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now, Open: a.openInputs(), Kept: a.keptParticipants,
	})
	slots, err := a.store.Kept(participantKind, "")
	if err != nil {
		return err
	}
	out := make([]participant.Slot, len(slots))
	for i, s := range slots {
		out[i].Key = s.Key
		for _, p := range s.Parts {
			out[i].Parts = append(out[i].Parts, p)
		}
	}
	if err := a.participants.Open(out); err != nil {
		return fmt.Errorf("participants %w; restore the store from a backup", err)
	}
	return nil
}

// keptParticipants gives what the store keeps of the participants under one key.
func (a *App) keptParticipants(key string) (out []participant.Kept, err error) {
	slots, err := a.store.Kept(participantKind, key)
	for _, s := range slots {
		for _, p := range s.Parts {
			if s.Key == key {
				out = append(out, p)
			}
		}
	}
	return out, err
}

func (a *App) participantConfig() (participant.Config, error) {
	cell, err := a.folder.secret("cell", 16)
	if err != nil {
		return participant.Config{}, err
	}
	return participant.Config{Zone: a.zone, Key: [16]byte(cell)}, nil
}

// countBatch hands a batch to all that count.
func (a *App) countBatch(b *event.Batch) {
	a.measure.Add(b)
	a.participants.Add(b)
	a.accounts.late(b)
}

func (a *App) cutParticipants(out []store.Sidecar) []store.Sidecar {
	for _, p := range a.participants.Cut() {
		out = append(out, store.Sidecar{Kind: participantKind, Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
	return out
}

// heartbeats is the door POST /api/v1/heartbeat: that of the format "heartbeat".
func heartbeats(door http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("format", "heartbeat")
		door.ServeHTTP(w, r)
	})
}

func (a *App) thresholds() classify.Thresholds {
	p := a.cfg.Participants
	return classify.Thresholds{Country: int64(p.MinCountry), Sector: int64(p.MinSector), Ranked: p.MinRanked}
}

// pseudonyms makes what participants are known by. Each calendar year has a key
// of its own, made at first use, so that within a year a participant is one and
// over years nobody can follow it. Who removes a past year's key makes its
// pseudonyms unlinkable for ever.
type pseudonyms struct {
	app  *App
	mu   sync.Mutex
	keys map[int][]byte
}

func newPseudonyms(a *App) *pseudonyms { return &pseudonyms{app: a, keys: map[int][]byte{}} }

// key gives the key of the year that a time lies in. Years that a sender cannot
// honestly mean share the present one's.
func (p *pseudonyms) key(at event.Time) ([]byte, error) {
	now := p.app.now().In(p.app.zone)
	year := now.Year()
	if y := at.Std().In(p.app.zone).Year(); at.IsSet() && (y == year-1 || y == year+1 && now.AddDate(0, 0, 2).Year() == y) {
		year = y
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.keys[year]; k != nil {
		return k, nil
	}
	k, err := p.app.folder.secret("participant-"+strconv.Itoa(year), 32)
	if err == nil {
		p.keys[year] = k
	}
	return k, err
}

// private is a batch of a format whose records name participants: each record is
// rewritten before the journal sees it. What tells a repeat of the batch from
// other bytes is a keyed hash, since names could be guessed from a plain one.
type private struct {
	collect.Append
	redactor *normalise.Redactor
	digest   []byte // secret that the batch's digest begins with
	body     io.Writer
	err      error // of a key that could not be read
	out      []byte
}

// mostChunk is how much a journalled chunk holds, unless one record is longer.
const mostChunk = 1 << 20

// guarded gives the batch as it may be journalled.
func (p *pseudonyms) guarded(x event.Delivery, inner collect.Append) (collect.Append, error) {
	b := &private{Append: inner}
	s, _ := p.app.identity.Sensor(x.Sensor)
	s.Name = x.Sensor
	privacy := normalise.NewPrivacy(s, x.Received, func(name string, at event.Time) (id event.Bytes16) {
		key, err := p.key(at)
		if err != nil {
			b.err = err
			return id
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(x.Sensor + "\x00" + name))
		copy(id[:], mac.Sum(nil))
		return id
	})
	var ok bool
	var err error
	if b.redactor, ok = p.app.normaliser.Redactor(x.Format, privacy); !ok {
		return inner, nil
	}
	if b.digest, err = p.app.folder.secret("participant-digest", 32); err != nil {
		inner.Abort()
		return nil, err
	}
	return b, nil
}

// Body takes the decoded body, behind a secret.
func (b *private) Body() io.Writer {
	if b.body == nil {
		if b.body = b.Append.Body(); b.body != nil {
			_, _ = b.body.Write(b.digest) // a hash takes everything
		}
	}
	return b.body
}

// Write rewrites whole records and hands them on.
func (b *private) Write(data []byte, _ int, preamble []byte) error {
	b.out = b.out[:0]
	records := 0
	for len(data) > 0 {
		var n, before int
		before = len(b.out)
		b.out, data, n = b.redactor.Next(b.out, data)
		if b.err != nil {
			return b.err
		}
		if len(b.out) > mostChunk && before > 0 {
			if err := b.Append.Write(b.out[:before], records, preamble); err != nil {
				return err
			}
			b.out, records = append(b.out[:0], b.out[before:]...), 0
		}
		records += n
	}
	if records == 0 {
		return nil
	}
	return b.Append.Write(b.out, records, preamble)
}

// Give is Write; the memory that names were in goes back clean.
func (b *private) Give(data []byte, records int, preamble []byte, release func()) error {
	err := b.Write(data, records, preamble)
	clear(data)
	if release != nil {
		release()
	}
	return err
}
