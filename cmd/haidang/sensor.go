// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"haidang/app/admin"
	"haidang/config"
	"haidang/event"
	"haidang/sensor"
	"haidang/sensor/door"
)

type sensorCmd struct {
	Run       sensorRunCmd       `cmd:"" default:"withargs" help:"Follow log files and send what is written to them (the default)."`
	Enrol     sensorEnrolCmd     `cmd:"" help:"Make a sensor known; its token is printed once, on standard output."`
	List      sensorListCmd      `cmd:"" help:"List sensors and how they do."`
	Revoke    sensorRevokeCmd    `cmd:"" help:"Refuse a sensor's tokens from now on."`
	Rotate    sensorRotateCmd    `cmd:"" help:"Give a sensor a new token; the present one stays valid for a day."`
	Agreement sensorAgreementCmd `cmd:"" help:"Show or change the label and the terms under which a sensor's records are kept."`
	Test      sensorTestCmd      `cmd:"" help:"Look whether records could be sent from here; sends none."`
}

type sensorRunCmd struct {
	connection
	Format   string      `help:"Format of the files: eve, cowrie." placeholder:"NAME"`
	File     []string    `help:"File to follow, or a pattern; may be given several times." sep:"none" placeholder:"FILE"`
	State    string      `help:"Folder that keeps the place in the files and what is not sent yet." default:"./haidang-sensor" env:"HAIDANG_SENSOR_STATE" placeholder:"DIR"`
	SpoolMax config.Size `help:"How much is kept while the observatory is away." default:"1 GiB" placeholder:"SIZE"`
	FromEnd  bool        `help:"At the very first start, skip what is in the files already."`
	Replay   bool        `help:"Mark everything as a replay."`
}

// Run follows and sends until it is told to stop.
func (c *sensorRunCmd) Run(ctx context.Context, s streams) error {
	if c.Format == "" || len(c.File) == 0 || c.To == "" {
		return errors.New("say what to follow and where to send it: haidang sensor --format eve --file /var/log/suricata/eve.json --to https://observatory.example")
	}
	if rows(c.Format) {
		return fmt.Errorf("%s comes as whole files; load them with `haidang import %s FILE…`", c.Format, c.Format)
	}
	token := door.TokenFrom(c.TokenFile, environment(s, "HAIDANG_TOKEN"))
	if _, err := token(); err != nil {
		return err
	}
	client, err := c.client(s, token)
	if err != nil {
		return err
	}
	defer client.Close()
	n := sensor.New(sensor.Config{
		Format: c.Format, Files: c.File, State: c.State, SpoolMax: int64(c.SpoolMax), FromEnd: c.FromEnd, Replay: c.Replay,
	}, sensor.Dependencies{Door: client, Log: slog.New(slog.NewTextHandler(s.err, nil))})
	if err := n.Start(ctx); err != nil {
		return untilStopped(ctx, err)
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return untilStopped(ctx, n.Stop(stopping))
}

type sensorEnrolCmd struct {
	settings
	Name    string   `arg:"" help:"Its name: lower-case letters, digits, dots, dashes, underscores."`
	Country string   `help:"Where it stands, ISO 3166-1, such as VN."`
	Covers  string   `help:"What it covers, in words."`
	Home    []string `help:"Its own networks, CIDR; may be given several times." placeholder:"CIDR"`
	Zone    string   `help:"Time zone of times without one, such as Asia/Ho_Chi_Minh; UTC without."`
	Replay  bool     `help:"It may only send replays."`
	Label   string   `help:"Label of records that carry none, such as 'TLP:AMBER personal:basic'; TLP:AMBER+STRICT without." placeholder:"LABEL"`
	Deliver bool     `help:"The owner permits delivery of TLP:AMBER+STRICT records to the organisations concerned."`
}

// Run enrols a sensor.
func (c *sensorEnrolCmd) Run(ctx context.Context, s streams) error {
	return c.token(ctx, s, c.Name, admin.MethodSensorEnrol, admin.NewSensor{
		Sensor: event.Sensor{Name: c.Name, Country: c.Country, Covers: c.Covers, Home: c.Home, Zone: c.Zone, Replay: c.Replay},
		Label:  c.Label, Deliver: c.Deliver,
	})
}

func (f settings) token(ctx context.Context, s streams, name, method string, in any) error {
	return administration(ctx, f, s, func(a admin.Caller) error {
		t, err := admin.Call[admin.Token](ctx, a, method, in)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "token of sensor %s; it is not shown again:\n", name)
		fmt.Fprintln(s.out, t.Token)
		return nil
	})
}

type sensorListCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run lists sensors.
func (c *sensorListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		rows, err := admin.Call[[]admin.Sensor](ctx, a, admin.MethodSensorList, admin.None{})
		if err != nil {
			return err
		}
		return list(s, c.JSON, rows, "NAME\tCOUNTRY\tSTATE\tLAST SEEN\tRECORDS/S\tCLOCK\tDROPS\tCOVERS", func(n admin.Sensor) []any {
			state := "live"
			switch {
			case n.Revoked != nil:
				state = "revoked"
			case n.LastSeen == nil:
				state = "never seen"
			case n.Silent:
				state = "silent"
			}
			if n.Replay {
				state += ", replay"
			}
			skew := time.Duration(n.Skew * float64(time.Second)).Round(100 * time.Millisecond)
			return []any{n.Name, n.Country, state, when(n.LastSeen), fmt.Sprintf("%.1f", n.Rate), skew, n.Drops, n.Covers}
		})
	})
}

type sensorRevokeCmd struct {
	settings
	Name string `arg:"" help:"The sensor's name."`
}

// Run revokes a sensor.
func (c *sensorRevokeCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		_, err := admin.Call[admin.None](ctx, a, admin.MethodSensorRevoke, admin.Name{Name: c.Name})
		return err
	})
}

type sensorRotateCmd struct {
	settings
	Name string `arg:"" help:"The sensor's name."`
}

// Run rotates a sensor's token.
func (c *sensorRotateCmd) Run(ctx context.Context, s streams) error {
	return c.token(ctx, s, c.Name, admin.MethodSensorRotate, admin.Name{Name: c.Name})
}

type sensorTestCmd struct {
	connection
	Format string `help:"Format that would be sent." default:"eve"`
	State  string `help:"The sensor's folder, whose spool is looked at, too." default:"./haidang-sensor" env:"HAIDANG_SENSOR_STATE" placeholder:"DIR"`
	JSON   bool   `help:"Print JSON."`
}

// Run looks whether records could be sent.
func (c *sensorTestCmd) Run(ctx context.Context, s streams) error {
	client, err := c.client(s, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	checks := client.Checks(ctx, c.Format, time.Now)
	if st, err := sensor.ReadStatus(c.State); err == nil {
		checks = append(checks, spoolCheck(st))
	}
	bad := 0
	for _, k := range checks {
		if !k.Good {
			bad++
		}
	}
	if c.JSON {
		if err := printJSON(s.out, checks); err != nil {
			return err
		}
	} else {
		for _, k := range checks {
			word := "good"
			if !k.Good {
				word = "BAD "
			}
			fmt.Fprintf(s.out, "%s  %-11s %s\n", word, k.Name, k.Detail)
			if k.Remedy != "" {
				fmt.Fprintf(s.out, "      %-11s → %s\n", "", k.Remedy)
			}
		}
	}
	if bad > 0 {
		return errors.New("records could not be sent from here as it is")
	}
	return nil
}

// spoolCheck says how the spool in the sensor's folder does.
func spoolCheck(st sensor.Status) door.Check {
	k := door.Check{Name: "spool", Good: st.Untold == 0, Detail: fmt.Sprintf(
		"%d records sent, %d batches (%d bytes) waiting, %d records shed, %d refused", st.Sent, st.Waiting, st.Bytes, st.Shed, st.Refused)}
	if st.Shed > 0 {
		k.Remedy = "records were dropped since the spool was full: give it more room with --spool-max"
	}
	if st.Refused > 0 {
		k.Remedy = "the folder refused/ says which batches the observatory will never take, and why"
	}
	return k
}
