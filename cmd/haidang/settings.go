// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"haidang/app/admin"
	"haidang/config"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Read a configuration as the server would and say what is wrong."`
	Show  configShowCmd  `cmd:"" help:"Print every setting in force."`
	Reach configReachCmd `cmd:"" help:"Print every host that the observatory connects to by itself."`
}

type configCheckCmd struct {
	File string `arg:"" optional:"" help:"The file; HAIDANG_CONFIG or the defaults without." env:"HAIDANG_CONFIG"`
}

// Run checks a configuration.
func (c *configCheckCmd) Run(s streams) error {
	if _, err := config.Load(c.File, s.environ); err != nil {
		return err
	}
	fmt.Fprintln(s.err, "the configuration is good")
	return nil
}

type configShowCmd struct {
	settings
}

// Run prints the settings.
func (c *configShowCmd) Run(s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	out, err := cfg.Show()
	if err != nil {
		return err
	}
	_, err = s.out.Write(out)
	return err
}

type configReachCmd struct {
	settings
}

// Run prints where the observatory connects to, for a firewall's list.
func (c *configReachCmd) Run(s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	for _, d := range cfg.Outgoing() {
		how := "TLS"
		if !d.TLS {
			how = "plain, on this machine"
		}
		fmt.Fprintf(s.out, "%s\t%s\t%s\n", d.Host, how, d.For)
	}
	return nil
}

type reloadCmd struct {
	settings
}

// Run makes the running observatory read its tables again.
func (c *reloadCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		r, err := admin.Call[admin.Reloaded](ctx, a, admin.MethodReload, admin.None{})
		if err != nil {
			return err
		}
		for _, t := range r.Tables {
			fmt.Fprintln(s.out, t)
		}
		return nil
	})
}
