// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

func (a *API) sensors(h huma.API) {
	huma.Register(h, get("sensors", "/api/v1/sensors", "How the sensors are: last seen, rate, clock, losses, what is quarantined"), a.sensorList)
}

type sensorsIn struct {
	Auth
}

type sensorsOut struct {
	Body struct {
		Sensors []sensorLine `json:"sensors"`
	}
}

type sensorLine struct {
	Name     string       `json:"name"`
	Country  string       `json:"country,omitempty"`
	Covers   string       `json:"covers,omitempty"`
	Replay   bool         `json:"replay"`
	Enrolled time.Time    `json:"enrolled"`
	Revoked  *time.Time   `json:"revoked,omitempty"`
	LastSeen string       `json:"last_seen,omitempty"`
	Silent   bool         `json:"silent" doc:"nothing for three minutes"`
	Rate     float64      `json:"records_per_second"`
	Skew     float64      `json:"clock_skew_seconds" doc:"median of received minus event time"`
	Drops    int64        `json:"drops" doc:"lost before us, as the sensor reports"`
	Reasons  []reasonLine `json:"quarantine" doc:"most frequent reasons of its newest quarantined records"`
}

type reasonLine struct {
	Reason  event.Reason `json:"reason"`
	Count   int64        `json:"count"`
	Batch   string       `json:"batch"`
	Line    int64        `json:"line"`
	Detail  string       `json:"detail"`
	Example string       `json:"example" doc:"the newest such record, cut after 200 bytes"`
}

func (a *API) sensorList(ctx context.Context, in *sensorsIn) (*sensorsOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	r, err := a.deps.Gate.Sensors(ctx, v)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	return encodeSensors(r), nil
}

func encodeSensors(r classify.Released[[]classify.SensorReport]) *sensorsOut {
	var out sensorsOut
	out.Body.Sensors = []sensorLine{}
	for _, s := range r.Value() {
		l := sensorLine{
			Name: s.Name, Country: s.Country.String(), Covers: s.Covers, Replay: s.Replay,
			Enrolled: s.Enrolled, Revoked: s.Revoked, Silent: s.Silent, Rate: s.Rate,
			Skew: time.Duration(s.Skew).Seconds(), Drops: s.Drops, Reasons: []reasonLine{},
		}
		if s.Heard {
			l.LastSeen = s.LastSeen.String()
		}
		for _, x := range s.Reasons {
			l.Reasons = append(l.Reasons, reasonLine{
				x.Reason, x.Count, x.Example.Batch, x.Example.Line, x.Example.Detail, string(x.Example.Bytes[:min(200, len(x.Example.Bytes))]),
			})
		}
		out.Body.Sensors = append(out.Body.Sensors, l)
	}
	return &out
}
