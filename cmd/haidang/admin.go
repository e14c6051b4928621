// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"haidang/app"
	"haidang/app/admin"
)

// administration reaches the running observatory, or works on the data folder
// when none runs.
func administration(ctx context.Context, f settings, s streams, do func(admin.Caller) error) error {
	cfg, err := f.load(s)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.Administer(ctx, cfg, log, do)
}

// list prints rows as a table for people, or as JSON for scripts.
func list[T any](s streams, asJSON bool, rows []T, head string, line func(T) []any) error {
	if asJSON {
		return printJSON(s.out, rows)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, r := range rows {
		for i, v := range line(r) {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, v)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// when shows a time that may be missing.
func when(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
