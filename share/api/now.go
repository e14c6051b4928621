// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

func (a *API) picture(h huma.API) {
	huma.Register(h, huma.Operation{
		OperationID: "now", Method: http.MethodGet, Path: "/api/v1/now",
		Summary:     "The public picture of today: open to everybody",
		Description: "Provisional figures of the running day (attacks/1, events/1, hosted/1). Replay is true when any of it was sent by a replay.",
	}, a.now)
}

type nowOut struct {
	Body nowBody
}

type nowBody struct {
	At          string     `json:"at"`
	Country     string     `json:"country" doc:"whose picture"`
	Since       string     `json:"since" doc:"local midnight that today began at"`
	Status      string     `json:"status" enum:"provisional"`
	Unit        string     `json:"unit" enum:"attacks/1"`
	Replay      bool       `json:"replay"`
	Rate        float64    `json:"attacks_per_second"`
	Today       totals     `json:"today"`
	World       totals     `json:"world"`
	HostedIn    totals     `json:"hosted_in_country"`
	Hosting     []nowCount `json:"hosting_countries" doc:"confirmed hosting side only"`
	HostingAS   []nowCount `json:"hosting_as"`
	Unconfirmed int64      `json:"hosting_unconfirmed" doc:"address as seen, may be forged"`
	Affected    []nowCount `json:"affected_countries" doc:"coverage of our sensors, not a ranking of countries"`
	Kinds       []nowCount `json:"kinds"`
	Ways        []nowCount `json:"ways"`
}

type totals struct {
	Attacks   int64 `json:"attacks"`
	Incidents int64 `json:"incidents"`
	States    int64 `json:"states"`
	Records   int64 `json:"records"`
	Excluded  int64 `json:"excluded" doc:"known-benign records, counted apart"`
}

type nowCount struct {
	Key     string `json:"key"`
	Attacks int64  `json:"attacks"`
	Records int64  `json:"records"`
}

func (a *API) now(context.Context, *struct{}) (*nowOut, error) {
	return &nowOut{Body: encodePicture(a.deps.Gate.Picture(classify.Nobody()))}, nil
}

func encodePicture(r classify.Released[event.Picture]) nowBody {
	p := r.Value()
	return nowBody{
		At: p.At.String(), Country: p.Home.String(), Since: p.DayStart.String(),
		Status: "provisional", Unit: "attacks/1", Replay: p.Replay, Rate: p.Rate,
		Today: encodeTotals(p.Today), World: encodeTotals(p.World), HostedIn: encodeTotals(p.HostedIn),
		Hosting: figures(p.Hosting), HostingAS: figures(p.HostingAS), Unconfirmed: p.Unconfirmed,
		Affected: figures(p.Affected), Kinds: figures(p.Kinds), Ways: figures(p.Ways),
	}
}

func encodeTotals(t event.Totals) totals {
	return totals{t.Attacks, t.Incidents, t.States, t.Records, t.Excluded}
}

func figures(in []event.Count) []nowCount {
	out := make([]nowCount, len(in))
	for i, c := range in {
		out[i] = nowCount{c.Key, c.Events, c.Records}
	}
	return out
}
