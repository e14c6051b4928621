// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/event"
)

// maxTokens of one sensor are kept, newest last: the present one and those that
// rotation left.
const maxTokens = 8

type sensorRecord struct {
	Sensor  event.Sensor  `json:"sensor"`
	Created time.Time     `json:"created"`
	Revoked *time.Time    `json:"revoked,omitempty"`
	Tokens  []tokenRecord `json:"tokens"`
}

type tokenRecord struct {
	Hash    digest     `json:"hash"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
}

type sensorToken struct {
	record *sensorRecord
	token  *tokenRecord
}

// Enrolment is what can be told of an enrolled sensor.
type Enrolment struct {
	event.Sensor
	Created time.Time  `json:"created"`
	Rotated time.Time  `json:"rotated"` // when its present token was made
	Revoked *time.Time `json:"revoked,omitempty"`
}

// Enrol makes a sensor known and gives its token, the only time it can be seen.
// A revoked name can be enrolled anew; its old tokens stay refused.
func (i *Identity) Enrol(ctx context.Context, s event.Sensor) (string, error) {
	if err := checkSensor(&s); err != nil {
		return "", err
	}
	token, hash := newToken(SensorPrefix)
	err := i.changeSensor(ctx, "enrol", s.Name, func(old *sensorRecord, now time.Time) (*sensorRecord, error) {
		if old != nil && old.Revoked == nil {
			return nil, fmt.Errorf("sensor %s: %w", s.Name, ErrExists)
		}
		return &sensorRecord{Sensor: s, Created: now, Tokens: []tokenRecord{{Hash: hash, Created: now}}}, nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Update changes what is known of an enrolled sensor; its tokens stay.
func (i *Identity) Update(ctx context.Context, s event.Sensor) error {
	if err := checkSensor(&s); err != nil {
		return err
	}
	return i.changeSensor(ctx, "update", s.Name, func(old *sensorRecord, _ time.Time) (*sensorRecord, error) {
		if err := alive(old, s.Name); err != nil {
			return nil, err
		}
		r := *old
		r.Sensor = s
		return &r, nil
	})
}

// Rotate gives a sensor a new token; the present one works for a day more.
func (i *Identity) Rotate(ctx context.Context, name string) (string, error) {
	token, hash := newToken(SensorPrefix)
	err := i.changeSensor(ctx, "rotate", name, func(old *sensorRecord, now time.Time) (*sensorRecord, error) {
		if err := alive(old, name); err != nil {
			return nil, err
		}
		r := *old
		r.Tokens = slices.Clone(old.Tokens)
		last := &r.Tokens[len(r.Tokens)-1]
		end := now.Add(i.cfg.Overlap)
		last.Expires = &end
		r.Tokens = append(r.Tokens, tokenRecord{Hash: hash, Created: now})
		if n := len(r.Tokens) - maxTokens; n > 0 {
			r.Tokens = r.Tokens[n:]
		}
		return &r, nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Revoke refuses all tokens of a sensor from now on.
func (i *Identity) Revoke(ctx context.Context, name string) error {
	return i.changeSensor(ctx, "revoke", name, func(old *sensorRecord, now time.Time) (*sensorRecord, error) {
		if err := alive(old, name); err != nil {
			return nil, err
		}
		r := *old
		r.Revoked = &now
		return &r, nil
	})
}

func alive(r *sensorRecord, name string) error {
	switch {
	case r == nil:
		return fmt.Errorf("sensor %.80q: %w", name, ErrNotFound)
	case r.Revoked != nil:
		return fmt.Errorf("sensor %s: %w; enrol it anew", name, ErrRevoked)
	}
	return nil
}

func (i *Identity) changeSensor(ctx context.Context, what, name string, change func(*sensorRecord, time.Time) (*sensorRecord, error)) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r, err := change(k.sensors[name], now)
		return Action{What: "sensor." + what, On: "sensor/" + name}, []write{{kindSensor, name, r}}, err
	})
}

func (r *sensorRecord) named() string { return r.Sensor.Name }
func (r *sensorRecord) whole() bool   { return len(r.Tokens) > 0 }

// Authenticate says which sensor holds a token.
func (i *Identity) Authenticate(token string) (event.Sensor, error) {
	k := i.known.Load()
	if k == nil {
		return event.Sensor{}, ErrNotStarted
	}
	h, ok := hash(SensorPrefix, token)
	t, found := k.sensorTokens[h]
	switch {
	case !ok || !found || !same(h, t.token.Hash):
		return event.Sensor{}, i.refuse("unknown", ErrUnknownToken)
	case t.record.Revoked != nil:
		return event.Sensor{}, i.refuse("revoked", ErrRevoked)
	case over(t.token.Expires, i.now()):
		return event.Sensor{}, i.refuse("expired", ErrExpired)
	}
	return t.record.Sensor, nil
}

// Sensor gives what is known of an enrolled sensor, revoked or not: its records
// outlive its token.
func (i *Identity) Sensor(name string) (event.Sensor, bool) {
	if k := i.known.Load(); k != nil {
		if r := k.sensors[name]; r != nil {
			return r.Sensor, true
		}
	}
	return event.Sensor{}, false
}

// List gives all sensors by name, revoked ones too.
func (i *Identity) List() []Enrolment {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	out := make([]Enrolment, 0, len(k.sensors))
	for _, r := range k.sensors {
		e := Enrolment{Sensor: r.Sensor, Created: r.Created, Revoked: r.Revoked}
		e.Rotated = r.Tokens[len(r.Tokens)-1].Created
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Enrolment) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// CheckSensor says what is wrong with what is known of a sensor; Enrol says the
// same.
func CheckSensor(s event.Sensor) error { return checkSensor(&s) }

// checkSensor refuses what other rooms could not use, and writes the country
// in upper case and networks in their usual form.
func checkSensor(s *event.Sensor) error {
	if err := checkName(s.Name); err != nil {
		return err
	}
	if s.Country != "" {
		c, ok := event.ParseCountry(s.Country)
		if !ok {
			return fmt.Errorf("%w: country %.20q: use the two letters of ISO 3166-1, such as VN", ErrInvalid, s.Country)
		}
		s.Country = c.String()
	}
	if len(s.Covers) > 500 || !utf8.ValidString(s.Covers) || strings.ContainsFunc(s.Covers, unicode.IsControl) {
		return fmt.Errorf("%w: covers: use at most 500 bytes of plain text on one line", ErrInvalid)
	}
	home := make([]string, 0, len(s.Home))
	for _, n := range s.Home {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return fmt.Errorf("%w: home %.80q: use CIDR networks, such as 192.0.2.0/24", ErrInvalid, n)
		}
		home = append(home, p.Masked().String())
	}
	if s.Home = home; len(home) == 0 {
		s.Home = nil
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" {
		return fmt.Errorf("%w: zone %.80q: use an IANA name, such as Asia/Ho_Chi_Minh", ErrInvalid, s.Zone)
	}
	return nil
}
