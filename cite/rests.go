// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"encoding/json"
	"errors"

	"haidang/event"
)

// since is a value that forms have since a later one, null where there is none.
type since[T any] struct{ value *T }

// UnmarshalJSON implements json.Unmarshaler.
func (s *since[T]) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(&s.value)
}

// panel says on what changes rest; percent and per_day are null where there is none.
type panel struct {
	Rests         string  `json:"rests"`
	Sensors       int     `json:"sensors"`
	Organisations int     `json:"organisations"`
	Share         int64   `json:"share"`
	Percent       *string `json:"percent"`
	PerDay        *string `json:"per_day_percent"`
}

// rests says on what a line's change rests; percent and per_day are null where there
// is none, or it is withheld.
type rests struct {
	Rests   string  `json:"rests"`
	Percent *string `json:"percent"`
	PerDay  *string `json:"per_day_percent"`
}

func (s *since[T]) is() (v *T) {
	if s != nil {
		v = s.value
	}
	return v
}

func panelIn(s *since[panel]) (*event.FigurePanel, error) {
	p := s.is()
	if p == nil {
		return nil, nil
	}
	out := &event.FigurePanel{Rests: p.Rests, Sensors: p.Sensors, Organisations: p.Organisations, Share: float64(p.Share)}
	var err1, err2 error
	out.Percent, err1 = optional(p.Percent)
	out.PerDay, err2 = optional(p.PerDay)
	return out, errors.Join(err1, err2)
}

func restsIn(s *since[rests]) (*event.FigureRests, error) {
	r := s.is()
	if r == nil {
		return nil, nil
	}
	out := &event.FigureRests{Rests: r.Rests}
	var err1, err2 error
	out.Percent, err1 = optional(r.Percent)
	out.PerDay, err2 = optional(r.PerDay)
	return out, errors.Join(err1, err2)
}

// optional reads a number that may be absent.
func optional(s *string) (*float64, error) {
	if s == nil {
		return nil, nil
	}
	v, err := decimal(s)
	return &v, err
}
