// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"haidang/app/admin"
)

// formatSeries is no format of records: numbers that others published.
const formatSeries = "series"

// series imports files of series, each as a whole or not at all.
func (c *importCmd) series(ctx context.Context, s streams) error {
	if c.To != "" {
		return errors.New("series are imported on the observatory's own machine; leave out --to")
	}
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		for _, name := range c.Files {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			done, err := admin.Call[admin.SeriesImported](ctx, a, admin.MethodSeriesImport, admin.SeriesFile{Text: text})
			if err != nil {
				return fmt.Errorf("%s: nothing was imported:\n%w", name, err)
			}
			if c.JSON {
				if err := printJSON(s.out, done); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(s.out, "%s: %d new numbers, %d revised, %d as before; changed series: %s\n", name, done.New, done.Revised, done.Same, strings.Join(done.Series, ", "))
		}
		return nil
	})
}
