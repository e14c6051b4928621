// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/series"
)

// startSeries reads what others published.
func (a *App) startSeries(ctx context.Context) error {
	bucket, err := a.journal.Bucket(ctx, "series")
	if err != nil {
		return err
	}
	a.series, err = series.New(series.Config{Zone: a.zone}, series.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now, Bucket: bucket,
		Record: func(ctx context.Context, ids []string) error {
			_, err := a.audit.Append(ctx, audit.Entry{Action: audit.Dataset, Actor: audit.System, Outcome: audit.Done, Object: audit.Object{Kind: "series", IDs: ids}})
			return err
		},
	})
	if err != nil {
		return err
	}
	if err := a.series.Start(ctx); err != nil {
		return err
	}
	a.life.add("series of others", a.series.Stop)
	a.gate.WithSeries(a.series)
	return nil
}

// importSeries takes a file of series.
func (a *App) importSeries(ctx context.Context, f admin.SeriesFile) (admin.SeriesImported, error) {
	done, err := a.series.Import(ctx, bytes.NewReader(f.Text))
	return admin.SeriesImported(done), err
}
