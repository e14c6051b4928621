// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

const citeText = "Keeps the figure that the same question to /api/v1/stats answers, whole, and gives its permalink and the signed document. " +
	"The same figure always has the same permalink. Periods must have ended; what is provisional is cited as such, and its page leads on to what revised it. " +
	"Without a token a visitor can make only so many new ones an hour (429). `haidang verify` checks the document offline."

func (a *API) cite(h huma.API) {
	o := huma.Operation{
		OperationID: "cite", Method: http.MethodPost, Path: "/api/v1/cite", Summary: "Give a figure an address of its own, signed", Description: citeText,
		Errors: []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, RejectUnknownQueryParameters: true,
	}
	huma.Register(h, o, func(ctx context.Context, in *citeIn) (*citeOut, error) {
		v, err := a.viewer(in.Auth)
		if err != nil {
			return nil, err
		}
		from := addressOf(ctx)
		if v.Role() != classify.Visitor {
			from = netip.Addr{}
		}
		r, err := a.deps.Gate.Cite(ctx, classify.Nobody(), in.query(in.Figure), from)
		if err != nil {
			return nil, a.problem(ctx, v, err)
		}
		c := r.Value()
		out := &citeOut{Location: a.deps.Origin + "/f/" + c.ID}
		out.Body = citeBody{Permalink: out.Location, Revises: c.Revises, RevisedBy: c.RevisedBy, Document: c.Document}
		return out, nil
	})
}

type citeIn struct {
	Auth
	Figure string `query:"figure" required:"true" doc:"name of a definition, with its version where one is meant" example:"attacks/1"`
	CiteQuestion
}

// CiteQuestion is what of a question to the figures can be cited: a table as a whole.
type CiteQuestion struct {
	Of     string `query:"of" doc:"a country's code, or world" example:"VN"`
	By     string `query:"by" doc:"dimensions of a declared table, separated by commas" example:"hosting"`
	Period string `query:"period" required:"true" doc:"a period that has ended, as in /api/v1/stats" example:"2026-Q3"`
	Zone   string `query:"zone" enum:"local,UTC" default:"local"`
	Base   string `query:"base" doc:"what a change is measured against, as in /api/v1/stats"`
}

func (q *CiteQuestion) query(id string) event.FigureQuery {
	out := event.FigureQuery{Figure: id, Of: q.Of, Period: q.Period, Zone: q.Zone, Base: q.Base}
	if q.By != "" {
		out.By = strings.Split(q.By, ",")
	}
	return out
}

// query asks for the whole table: what is cited is whole, and Limit shortens what
// is shown.
func (q *StatsQuestion) query(id string) event.FigureQuery {
	return (&CiteQuestion{q.Of, q.By, q.Period, q.Zone, q.Base}).query(id)
}

type citeOut struct {
	Location string `header:"Content-Location"`
	Body     citeBody
}

type citeBody struct {
	Permalink string          `json:"permalink"`
	Revises   string          `json:"revises,omitempty" doc:"id of the citation of the same table and period before this one"`
	RevisedBy string          `json:"revised_by,omitempty" doc:"id of the newest one, where this is not it"`
	Document  json.RawMessage `json:"document" doc:"canonical form (RFC 8785), and envelope with an Ed25519 signature over it"`
}

// permalink adds to an answer where its figure stands for ever, or how to make it so.
func (a *API) permalink(ctx context.Context, r classify.Released[event.Figure], in *StatsQuestion, out *statsBody) {
	if !out.Period.Ended || out.Silent {
		return
	}
	id, err := a.deps.Gate.Permalink(ctx, r, addressOf(ctx))
	var limit *classify.LimitError
	if err != nil && !errors.As(err, &limit) {
		a.deps.Log.Error("no permalink", "error", err)
	}
	if err == nil && id != "" {
		out.Permalink = a.deps.Origin + "/f/" + id
		return
	}
	q := url.Values{"figure": {out.Definition}, "of": {out.Of}, "period": {out.Period.Name}}
	for name, value := range map[string]string{"by": in.By, "zone": in.Zone, "base": in.Base} {
		if value != "" {
			q.Set(name, value)
		}
	}
	out.Cite = a.deps.Origin + "/api/v1/cite?" + q.Encode()
}

type addressKey struct{}

// address says from where a request comes. One that cannot be told is everybody's.
func (a *API) address(r *http.Request) netip.Addr {
	if a.deps.Address != nil {
		if from := a.deps.Address(r); from.IsValid() {
			return from
		}
	}
	return netip.IPv6Unspecified()
}

func addressOf(ctx context.Context) netip.Addr {
	from, _ := ctx.Value(addressKey{}).(netip.Addr)
	return from
}

// limited tells when it is worth trying again.
func limited(l *classify.LimitError) error {
	if l.Retry <= 0 {
		return huma.Error422UnprocessableEntity(l.Detail)
	}
	seconds := int64((l.Retry + time.Second - 1) / time.Second)
	return huma.ErrorWithHeaders(huma.Error429TooManyRequests(l.Detail), http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}})
}
