// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"haidang/app/admin"
	"haidang/event"
)

type quarantineCmd struct {
	List   quarantineListCmd   `cmd:"" help:"List quarantined records, oldest first."`
	Show   quarantineShowCmd   `cmd:"" help:"Show one quarantined record with its bytes."`
	Replay quarantineReplayCmd `cmd:"" help:"Send quarantined records through the door again, after a fix."`
}

type quarantineFilter struct {
	settings
	Sensor string `help:"Only of this sensor."`
	Reason string `help:"Only for this reason, as in not-json."`
	Batch  string `help:"Only of this batch."`
}

func (f quarantineFilter) query() admin.QuarantineQuery {
	return admin.QuarantineQuery{Sensor: f.Sensor, Reason: f.Reason, Batch: f.Batch}
}

type quarantineListCmd struct {
	quarantineFilter
	Limit int  `help:"At most this many." default:"100"`
	JSON  bool `help:"Print JSON."`
}

// Run lists quarantined records.
func (c *quarantineListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		q := c.query()
		q.Limit = c.Limit
		p, err := admin.Call[admin.QuarantinePage](ctx, a, admin.MethodQuarantineList, q)
		if err != nil {
			return err
		}
		if p.Next != "" {
			fmt.Fprintf(s.err, "there are more than %d; narrow with --sensor, --reason, --batch or raise --limit\n", c.Limit)
		}
		return list(s, c.JSON, p.Rejects, "WHEN\tSENSOR\tFORMAT\tBATCH\tLINE\tREASON\tDETAIL", func(r event.Reject) []any {
			return []any{r.At, r.Sensor, r.Format, r.Batch, r.Line, r.Reason, r.Detail}
		})
	})
}

type quarantineShowCmd struct {
	settings
	Batch string `arg:"" help:"The record's batch."`
	Line  int64  `arg:"" help:"Its line within the batch."`
	JSON  bool   `help:"Print JSON."`
}

// Run shows one record. Bytes that a terminal could act on are escaped.
func (c *quarantineShowCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		p, err := admin.Call[admin.QuarantinePage](ctx, a, admin.MethodQuarantineList,
			admin.QuarantineQuery{Batch: c.Batch, Line: c.Line, Limit: 1})
		if err != nil {
			return err
		}
		if len(p.Rejects) == 0 {
			return fmt.Errorf("batch %s has no quarantined record at line %d; `haidang quarantine list --batch %s` shows those it has", c.Batch, c.Line, c.Batch)
		}
		r := p.Rejects[0]
		if c.JSON {
			return printJSON(s.out, r)
		}
		quoted := fmt.Sprintf("%q", r.Bytes)
		fmt.Fprintf(s.out, "sensor  %s\nformat  %s\nbatch   %s\nline    %d\nwhen    %s\nreason  %s\ndetail  %s\nbytes   %s\n",
			r.Sensor, r.Format, r.Batch, r.Line, r.At, r.Reason, r.Detail, strings.Trim(quoted, "`"))
		return nil
	})
}

type quarantineReplayCmd struct {
	quarantineFilter
	JSON bool `help:"Print JSON."`
}

// Run sends quarantined records again.
func (c *quarantineReplayCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		r, err := admin.Call[admin.Replayed](ctx, a, admin.MethodQuarantineReplay, c.query())
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(s.out, r)
		}
		fmt.Fprintf(s.out, "%d records tried: %d accepted, %d refused again, %d kept only in part\n", r.Tried, r.Sent, r.Again, r.Cut)
		return nil
	})
}
