// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"haidang/app"
)

type rollupCmd struct {
	Rebuild rollupRebuildCmd `cmd:"" help:"Count the stored records anew, in the place of the roll-ups; the observatory must be stopped."`
}

type rollupRebuildCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run rebuilds the roll-ups.
func (c *rollupRebuildCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	if err := cfg.Check(); err != nil {
		return err
	}
	r, err := app.RebuildRollups(ctx, cfg, newLogger(cfg.Log, s))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, r)
	}
	fmt.Fprintf(s.out, "%d records counted anew in %s\n", r.Records, r.Took)
	if r.From != "" {
		fmt.Fprintf(s.out, "days before %s keep their roll-ups: records of them have expired\n", r.From)
	}
	return nil
}
