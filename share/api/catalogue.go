// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/figure"
)

// catalogue lists the figures and their tables, so that nobody has to guess what may
// be asked.
func (a *API) catalogue(h huma.API) {
	huma.Register(h, huma.Operation{
		OperationID: "stats-list", Method: http.MethodGet, Path: "/api/v1/stats", Summary: "Which figures there are, and by what they may be asked", Description: statsText,
		RejectUnknownQueryParameters: true,
	}, func(context.Context, *struct{}) (*catalogueOut, error) {
		out := &catalogueOut{}
		for _, id := range figure.BuiltIn().Counted() {
			out.Body.Figures = append(out.Body.Figures, countedOf(figure.BuiltIn().Find(id)))
		}
		return out, nil
	})
}

type catalogueOut struct {
	Body struct {
		Figures []countedFigure `json:"figures"`
	}
}

type countedFigure struct {
	Definition string          `json:"definition" example:"attacks/1"`
	Name       twoLanguage     `json:"name"`
	Unit       twoLanguage     `json:"unit"`
	Path       string          `json:"path" doc:"what to ask" example:"/api/v1/stats/attacks/1"`
	About      twoLanguage     `json:"about" doc:"path of the definition"`
	Tables     []declaredTable `json:"tables"`
}

type declaredTable struct {
	Of        []string `json:"of" doc:"country: any country's code; world"`
	By        string   `json:"by" doc:"as the parameter is written; empty for the number alone" example:"kind,way"`
	Ranked    bool     `json:"ranked" doc:"whether its rows have ranks"`
	Protected bool     `json:"protected" doc:"whether disclosure control may hide rows, or adds noise"`
	Periods   []string `json:"periods" doc:"kinds of periods"`
}

func countedOf(d *figure.Definition) countedFigure {
	out := countedFigure{
		Definition: d.ID, Name: twoLanguage{d.Name.VI, d.Name.EN}, Unit: twoLanguage{d.Unit.VI, d.Unit.EN},
		Path: "/api/v1/stats/" + d.ID, About: aboutOf(d.ID),
	}
	for _, t := range classify.Tables(d) {
		declared := declaredTable{By: strings.Join(t.By, ","), Ranked: t.Ranked, Protected: t.Protected, Periods: t.Periods}
		if t.Country {
			declared.Of = append(declared.Of, "country")
		}
		if t.World {
			declared.Of = append(declared.Of, figure.World)
		}
		out.Tables = append(out.Tables, declared)
	}
	return out
}

func aboutOf(definition string) twoLanguage {
	return twoLanguage{"/vi/dinh-nghia/" + definition, "/en/definitions/" + definition}
}
