// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"haidang/app"
	"haidang/app/admin"
	"haidang/config"
)

type doctorCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run looks for the usual mistakes. It fails when it finds one.
func (c *doctorCmd) Run(ctx context.Context, s streams) error {
	var found []app.Finding
	cfg, err := c.load(s)
	if err == nil {
		err = cfg.Check()
	}
	found = append(found, app.Judge("configuration", "it can be used", err, "correct the file or the environment variable it names"))
	if err == nil {
		found = append(found, app.Examine(cfg)...)
		found = append(found, c.running(ctx, cfg)...)
	}
	bad := 0
	for _, f := range found {
		if !f.Good {
			bad++
		}
	}
	if c.JSON {
		err = printJSON(s.out, found)
	} else {
		err = c.print(s, found)
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d checks found something to do", bad, len(found))
	}
	return err
}

// running looks at the server: whether it answers, and what it says of itself.
func (c *doctorCmd) running(ctx context.Context, cfg config.Config) []app.Finding {
	remote, err := admin.Remote(cfg.Data)
	if err != nil {
		return []app.Finding{app.Judge("administration socket", "", err, "set XDG_RUNTIME_DIR to a folder with a short path")}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	st, err := admin.Call[admin.Status](ctx, remote, admin.MethodStatus, admin.None{})
	if errors.Is(err, admin.ErrNotRunning) {
		return []app.Finding{portFree(cfg.Listen), {What: "observatory", Detail: "not running on this data folder", Remedy: "start it: haidang serve"}}
	}
	if err != nil {
		return []app.Finding{app.Judge("observatory", "", err, "look at its log")}
	}
	out := []app.Finding{{What: "observatory", Good: true, Detail: fmt.Sprintf("version %s at %s, %d records in %d segments", st.Version, st.Address, st.Records, st.Segments)}}
	for _, w := range st.Warnings {
		out = append(out, app.Finding{What: w.Code + " " + w.About, Detail: w.EN, Remedy: w.VI})
	}
	return append(out, c.sensors(ctx, remote)...)
}

func (c *doctorCmd) sensors(ctx context.Context, remote admin.Caller) []app.Finding {
	rows, err := admin.Call[[]admin.Sensor](ctx, remote, admin.MethodSensorList, admin.None{})
	if err != nil {
		return []app.Finding{app.Judge("sensors", "", err, "look at the observatory's log")}
	}
	if len(rows) == 0 {
		return []app.Finding{{What: "sensors", Detail: "none is enrolled", Remedy: "haidang sensor enrol NAME --country VN"}}
	}
	var out []app.Finding
	for _, r := range rows {
		switch {
		case r.Revoked != nil:
		case r.LastSeen == nil:
			out = append(out, app.Finding{What: "sensor " + r.Name, Detail: "has never sent anything", Remedy: "on its machine: haidang sensor test --to URL"})
		case r.Skew > 60 || r.Skew < -60:
			out = append(out, app.Finding{What: "sensor " + r.Name, Detail: fmt.Sprintf("its clock is %.0f s off", r.Skew), Remedy: "let its machine keep time by NTP"})
		case r.Drops > 0:
			out = append(out, app.Finding{What: "sensor " + r.Name, Detail: fmt.Sprintf("its kernel dropped %d packets", r.Drops), Remedy: "give Suricata more threads or a larger ring"})
		}
	}
	if len(out) == 0 {
		out = append(out, app.Finding{What: "sensors", Good: true, Detail: fmt.Sprintf("%d enrolled", len(rows))})
	}
	return out
}

func portFree(listen string) app.Finding {
	l, err := net.Listen("tcp", listen)
	if err == nil {
		err = l.Close()
	}
	return app.Judge("address "+listen, "free", err, "choose another with --listen, or stop the program that holds it")
}

func (c *doctorCmd) print(s streams, found []app.Finding) error {
	for _, f := range found {
		mark := "ok  "
		if !f.Good {
			mark = "DO  "
		}
		if _, err := fmt.Fprintf(s.out, "%s%s: %s\n", mark, f.What, f.Detail); err != nil {
			return err
		}
		if !f.Good && f.Remedy != "" {
			fmt.Fprintf(s.out, "      → %s\n", f.Remedy)
		}
	}
	return nil
}
