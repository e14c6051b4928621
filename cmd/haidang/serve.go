// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"haidang/app"
	"haidang/config"
)

// settings are the flags of every command that needs the configuration. A flag
// wins over the environment, which wins over the file.
type settings struct {
	Config string `help:"Configuration file." env:"HAIDANG_CONFIG" placeholder:"FILE"`
	Data   string `help:"Data folder (default ./haidang-data)." placeholder:"DIR"`
}

func (f settings) load(s streams) (config.Config, error) {
	c, err := config.Load(f.Config, s.environ)
	if err != nil {
		return c, err
	}
	if f.Data != "" {
		c.Data = f.Data
	}
	return c, nil
}

type serveCmd struct {
	settings
	Listen string `help:"Address of portal, doors and API (default localhost:8080)." placeholder:"HOST:PORT"`
	Replay bool   `help:"Label every page as a replay."`
}

// stopWithin is how long a clean stop may take before it is given up.
const stopWithin = 20 * time.Second

// Run serves until it is told to stop. One line with the portal's address goes
// to standard output when everything answers.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	cfg.Portal.Replay = cfg.Portal.Replay || c.Replay
	if err := cfg.Check(); err != nil {
		return err
	}
	a := app.New(cfg, newLogger(cfg.Log, s))
	if err := a.Start(ctx); err != nil {
		return untilStopped(ctx, err)
	}
	fmt.Fprintln(s.out, a.Address())
	link, err := a.FirstLink(ctx)
	if err != nil {
		return untilStopped(ctx, errors.Join(err, a.Stop(ctx)))
	}
	if link != "" {
		fmt.Fprintf(s.err, "No operator can sign in yet. This address lets the first one in, once, within a day:\n%s\n", link)
	}
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-a.Failed():
	}
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := a.Stop(stopping); err != nil {
		return untilStopped(ctx, err)
	}
	return failed
}

func newLogger(c config.Log, s streams) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(s.err, o))
	}
	return slog.New(slog.NewTextHandler(s.err, o))
}
