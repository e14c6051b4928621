// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"time"

	"haidang/figure"
)

// dataset describes a page's figures to search engines, as schema.org/Dataset.
type dataset struct {
	Context      string         `json:"@context"`
	Type         string         `json:"@type"`
	Name         string         `json:"name"`
	Description  string         `json:"description"`
	URL          string         `json:"url"`
	InLanguage   string         `json:"inLanguage"`
	Temporal     string         `json:"temporalCoverage"`
	Free         bool           `json:"isAccessibleForFree"`
	Creator      organisation   `json:"creator"`
	Measured     []string       `json:"variableMeasured"`
	Distribution []distribution `json:"distribution"`
}

type organisation struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

type distribution struct {
	Type   string `json:"@type"`
	Format string `json:"encodingFormat"`
	URL    string `json:"contentUrl"`
	Name   string `json:"name"`
}

// dataset describes the blocks of a page.
func (o *opened) dataset(name string, at figure.Period, blocks []figureBlock) *dataset {
	origin := o.p.cfg.Origin
	d := &dataset{
		Context: "https://schema.org", Type: "Dataset", Name: name, Description: o.l.T("data.description"),
		URL: origin + o.path(o.l, at.String()), InLanguage: o.l.Code, Free: true,
		Temporal:     at.From.Format(time.DateOnly) + "/" + at.To.AddDate(0, 0, -1).Format(time.DateOnly),
		Creator:      organisation{"Organization", o.l.T("name"), origin + o.l.path("home")},
		Measured:     []string{},
		Distribution: []distribution{},
	}
	for _, b := range blocks {
		if b.Shut {
			continue
		}
		d.Measured = append(d.Measured, b.Kicker)
		d.Distribution = append(d.Distribution,
			distribution{"DataDownload", "text/csv", origin + b.Links.CSV, b.Kicker},
			distribution{"DataDownload", "application/json", origin + b.Links.JSON, b.Kicker})
	}
	return d
}
