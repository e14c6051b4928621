// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"haidang/normalise/clamav"
	"haidang/sensor"
)

// Config says for whom the agent speaks and what it follows.
type Config struct {
	// Participants names the machines at work, asked before each heartbeat. A
	// single one is also the participant of the logs; of several, the host that
	// a line came from by syslog.
	Participants func() ([]string, error)
	Country      string
	Sector       string
	Organisation uint32
	Logs         []string // of scans: clamd, clamscan, clamdscan
	OnAccess     []string // of clamonacc
	State        string   // folder of the spools
	SpoolMax     int64
	Agent        string        // name and version
	Every        time.Duration // between heartbeats (1 h)
	Replay       bool
}

// Dependencies are what the agent needs from outside.
type Dependencies struct {
	Door sensor.Door
	Log  *slog.Logger
	Now  func() time.Time
}

// Agent sends heartbeats and follows logs. New is inert.
type Agent struct {
	cfg     Config
	deps    Dependencies
	beats   *sensor.Spool
	sensors []*sensor.Sensor
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// New makes an agent.
func New(c Config, d Dependencies) *Agent {
	if c.Every <= 0 {
		c.Every = time.Hour
	}
	if c.SpoolMax <= 0 {
		c.SpoolMax = 256 << 20
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Agent{cfg: c, deps: d}
}

// Start opens the spools, sends a first heartbeat and begins to follow. It does
// not wait for the observatory.
func (a *Agent) Start(ctx context.Context) error {
	names, err := a.cfg.Participants()
	if err != nil {
		return err
	}
	if a.beats, err = sensor.OpenSpool(filepath.Join(a.cfg.State, "heartbeat"), a.cfg.SpoolMax, a.deps.Log); err != nil {
		return err
	}
	if err := a.follow(ctx, names); err != nil {
		return errors.Join(err, a.close(ctx))
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	sender := sensor.NewSender(a.beats, a.deps.Door, a.cfg.Replay, a.deps.Log)
	a.done.Go(func() { sender.Run(running) })
	a.done.Go(func() { a.run(running) })
	return nil
}

// follow starts a sensor for each way in which logs are written.
func (a *Agent) follow(ctx context.Context, names []string) error {
	for _, l := range []struct {
		name, way string
		files     []string
	}{{"scans", "", a.cfg.Logs}, {"on-access", "file-on-access", a.cfg.OnAccess}} {
		if len(l.files) == 0 {
			continue
		}
		hints := a.hints(names, l.way)
		s := sensor.New(sensor.Config{
			Format: "clamav", Files: l.files, State: filepath.Join(a.cfg.State, l.name), SpoolMax: a.cfg.SpoolMax, Replay: a.cfg.Replay,
			Rewrite: func(lines []byte) []byte { return clamav.Forward(lines, hints, time.Local, a.deps.Now()) },
		}, sensor.Dependencies{Door: a.deps.Door, Log: a.deps.Log})
		if err := s.Start(ctx); err != nil {
			return err
		}
		a.sensors = append(a.sensors, s)
	}
	return nil
}

// hints are what the logs do not say.
func (a *Agent) hints(names []string, way string) url.Values {
	h := url.Values{}
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	if len(names) == 1 {
		set("participant", names[0])
	}
	set("way", way)
	set("country", a.cfg.Country)
	set("sector", a.cfg.Sector)
	if a.cfg.Organisation != 0 {
		set("organisation", strconv.FormatUint(uint64(a.cfg.Organisation), 10))
	}
	return h
}

// run puts a heartbeat into the spool now and then.
func (a *Agent) run(ctx context.Context) {
	tick := time.NewTicker(a.cfg.Every)
	defer tick.Stop()
	for {
		a.beat()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// heartbeat is one line of the format "heartbeat".
type heartbeat struct {
	Participant  string `json:"participant"`
	Time         string `json:"time"`
	Country      string `json:"country,omitempty"`
	Sector       string `json:"sector,omitempty"`
	Organisation uint32 `json:"organisation,omitempty"`
	Agent        string `json:"agent,omitempty"`
}

func (a *Agent) beat() {
	names, err := a.cfg.Participants()
	if err != nil {
		a.deps.Log.Error("participants cannot be read; their heartbeat is left out", "error", err.Error())
		return
	}
	var lines []byte
	for _, n := range names {
		line, err := json.Marshal(heartbeat{
			n, a.deps.Now().UTC().Format(time.RFC3339), a.cfg.Country, a.cfg.Sector, a.cfg.Organisation, a.cfg.Agent,
		})
		if err != nil {
			continue // strings and numbers always encode
		}
		lines = append(append(lines, line...), '\n')
	}
	if len(lines) == 0 {
		return
	}
	if shed, err := a.beats.PutLines("heartbeat", lines); err != nil || shed {
		a.deps.Log.Error("a heartbeat could not be kept", "shed", shed, "error", err)
	}
}

// Stop ends following and sending; what could not be sent is sent after the next
// start.
func (a *Agent) Stop(ctx context.Context) error {
	a.stop()
	ended := make(chan struct{})
	go func() { a.done.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	return a.close(ctx)
}

func (a *Agent) close(ctx context.Context) error {
	var errs []error
	for _, s := range a.sensors {
		errs = append(errs, s.Stop(ctx))
	}
	return errors.Join(append(errs, a.beats.Close())...)
}
