// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"haidang/agent"
	"haidang/config"
	"haidang/sensor/door"
	"haidang/vitals"
)

type agentCmd struct {
	connection
	Participant  string        `help:"This machine's name; the observatory keeps a keyed hash of it only. /etc/machine-id or the host's name without." placeholder:"NAME"`
	Fleet        string        `help:"File with the names of many participants, one a line, read before each heartbeat." placeholder:"FILE" xor:"who"`
	Country      string        `help:"Where they are, ISO 3166-1; where the sensor stands without."`
	Sector       string        `help:"Their sector, such as health."`
	Organisation uint32        `help:"Their organisation's number."`
	Log          []string      `help:"ClamAV log of scans to follow (clamd, clamscan, clamdscan); may be given several times." sep:"none" placeholder:"FILE"`
	OnAccess     []string      `help:"Log of clamonacc to follow; may be given several times." sep:"none" placeholder:"FILE"`
	State        string        `help:"Folder that keeps the place in the files and what is not sent yet." default:"./haidang-agent" env:"HAIDANG_AGENT_STATE" placeholder:"DIR"`
	SpoolMax     config.Size   `help:"How much is kept while the observatory is away." default:"256 MiB" placeholder:"SIZE"`
	Every        time.Duration `help:"Time between heartbeats." default:"1h"`
	Replay       bool          `help:"Mark everything as a replay."`
}

// Run sends heartbeats and follows logs until it is told to stop.
func (c *agentCmd) Run(ctx context.Context, s streams) error {
	if c.To == "" {
		return errors.New("say where to send: haidang agent --to https://observatory.example --token-file FILE --log /var/log/clamav/clamav.log")
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
	a := agent.New(agent.Config{
		Participants: c.participants, Country: c.Country, Sector: c.Sector, Organisation: c.Organisation,
		Logs: c.Log, OnAccess: c.OnAccess, State: c.State, SpoolMax: int64(c.SpoolMax),
		Agent: "haidang/" + vitals.Version, Every: c.Every, Replay: c.Replay,
	}, agent.Dependencies{Door: client, Log: slog.New(slog.NewTextHandler(s.err, nil))})
	if err := a.Start(ctx); err != nil {
		return untilStopped(ctx, err)
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return untilStopped(ctx, a.Stop(stopping))
}

// participants gives the names at work.
func (c *agentCmd) participants() ([]string, error) {
	if c.Fleet != "" {
		return fleet(c.Fleet)
	}
	if c.Participant != "" {
		return []string{c.Participant}, nil
	}
	if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(strings.TrimSpace(string(id))) > 0 {
		return []string{strings.TrimSpace(string(id))}, nil
	}
	name, err := os.Hostname()
	return []string{name}, err
}

func fleet(file string) (names []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); ; {
		if !lines.Scan() {
			return names, lines.Err()
		}
		if n := strings.TrimSpace(lines.Text()); n != "" && !strings.HasPrefix(n, "#") {
			names = append(names, n)
		}
	}
}
