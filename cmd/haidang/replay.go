// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"haidang/app/admin"
	"haidang/event"
	"haidang/replay"
)

type replayCmd struct {
	settings
	To        string        `help:"The observatory's address, as in http://localhost:8080; the one that runs on the data folder without." placeholder:"URL"`
	Rate      float64       `help:"Records a second; as recorded without."`
	Speed     float64       `help:"Multiple of the recorded speed." default:"1"`
	Duration  time.Duration `help:"How long, as in 10m; one pass over the recording without."`
	Loop      bool          `help:"Play again and again until stopped."`
	Seed      uint64        `help:"Decides which addresses take part." default:"1"`
	Yesterday bool          `help:"First send some passes with yesterday's times, as fast as it goes, so that there is a closed day."`
	Members   string        `help:"Write the member networks file that fits the replay, and end; - is standard output." placeholder:"FILE"`
	JSON      bool          `help:"Print the summary as JSON."`
	generateFlags
}

// Run replays the embedded recording, or sends load made from it.
func (c *replayCmd) Run(ctx context.Context, s streams) error {
	if c.Members != "" {
		return c.writeMembers(s)
	}
	if c.Rate < 0 || c.Speed <= 0 || c.Duration < 0 {
		return errors.New("--rate and --duration cannot be negative, --speed must be above 0")
	}
	log := slog.New(slog.NewTextHandler(s.err, nil))
	return untilStopped(ctx, running(c.settings, s, func(a admin.Caller) error {
		to, err := observatory(ctx, a, c.To)
		if err != nil {
			return err
		}
		enrolled, err := admin.Call[[]admin.Sensor](ctx, a, admin.MethodSensorList, admin.None{})
		if err != nil {
			return err
		}
		if c.Generate {
			return c.generate(ctx, s, a, to, enrolled)
		}
		r := replay.New(replay.Config{
			To: to, Rate: c.Rate, Speed: c.Speed, Duration: c.Duration, Loop: c.Loop, Seed: c.Seed, Yesterday: c.Yesterday,
		}, replay.Dependencies{Log: log, Enrol: func(ctx context.Context, n event.Sensor) (string, error) {
			return enrolOrRotate(ctx, a, enrolled, n)
		}})
		sum, err := r.Run(ctx)
		if c.JSON && err == nil {
			return printJSON(s.out, sum)
		}
		fmt.Fprintf(s.err, "%d records (%d bytes) sent by %d sensors in %s, %d requests repeated\n",
			sum.Records, sum.Bytes, sum.Sensors, sum.Took.Round(time.Millisecond), sum.Retries)
		return err
	}))
}

func (c *replayCmd) writeMembers(s streams) error {
	text, err := replay.Members()
	if err != nil {
		return err
	}
	if c.Members == "-" {
		_, err = s.out.Write(text)
		return err
	}
	return os.WriteFile(c.Members, text, 0o644)
}

// observatory gives the address to send to: the one asked for, or that of the
// observatory that runs on the data folder.
func observatory(ctx context.Context, a admin.Caller, to string) (string, error) {
	if to != "" {
		return to, nil
	}
	st, err := admin.Call[admin.Status](ctx, a, admin.MethodStatus, admin.None{})
	if err != nil {
		return "", err
	}
	return st.Address, nil
}

// running reaches the observatory that runs on the data folder, which tokens
// come from.
func running(f settings, s streams, do func(admin.Caller) error) error {
	cfg, err := f.load(s)
	if err != nil {
		return err
	}
	a, err := admin.Remote(cfg.Data)
	if err != nil {
		return err
	}
	err = do(a)
	if errors.Is(err, admin.ErrNotRunning) {
		return fmt.Errorf("%w (%s): start it with `haidang serve`, or name its folder with --data", err, cfg.Data)
	}
	return err
}

// enrolOrRotate gives a token of the sensor: it is enrolled, or, where it is
// enrolled already, gets a new token. The one before stays valid for a day.
func enrolOrRotate(ctx context.Context, a admin.Caller, enrolled []admin.Sensor, n event.Sensor) (string, error) {
	method, in := admin.MethodSensorEnrol, any(enrolment(n))
	i := slices.IndexFunc(enrolled, func(e admin.Sensor) bool { return e.Name == n.Name && e.Revoked == nil })
	if i >= 0 {
		if enrolled[i].Replay != n.Replay {
			return "", fmt.Errorf("sensor %s is enrolled for something else; revoke it or use another name", n.Name)
		}
		method, in = admin.MethodSensorRotate, admin.Name{Name: n.Name}
	}
	t, err := admin.Call[admin.Token](ctx, a, method, in)
	return t.Token, err
}

// enrolment is how a sensor of a replay is enrolled: members see what its records
// say of their networks, marked as a replay. Nobody stands behind its addresses.
func enrolment(n event.Sensor) admin.NewSensor {
	out := admin.NewSensor{Sensor: n}
	if n.Replay {
		out.Label, out.Deliver = "TLP:AMBER personal:none", true
	}
	return out
}
