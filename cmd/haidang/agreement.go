// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"haidang/app/admin"
)

type sensorAgreementCmd struct {
	settings
	Name       string  `arg:"" help:"The sensor's name."`
	Label      *string `help:"Label of records that carry none, such as 'TLP:AMBER personal:basic'." placeholder:"LABEL"`
	Deliver    *bool   `help:"TLP:AMBER+STRICT records may be delivered to the organisations concerned." negatable:""`
	CountsOpen *bool   `help:"TLP:AMBER+STRICT, TLP:RED and partners' records count in open figures." negatable:""`
	Partner    *bool   `help:"The records are a partner's." negatable:""`
	Owner      *uint32 `help:"Number of the organisation that the records are of; 0 is nobody." placeholder:"ORGANISATION"`
	Receiver   *uint32 `help:"Number of the organisation that received them; 0 is the national centre." placeholder:"ORGANISATION"`
	Group      *uint32 `help:"Number of the sharing group that records without one belong to; 0 is none." placeholder:"GROUP"`
	JSON       bool    `help:"Print JSON."`
}

// Run shows an agreement, after changing it.
func (c *sensorAgreementCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		g, err := admin.Call[admin.Agreement](ctx, a, admin.MethodAgreement, admin.ChangeAgreement{
			Sensor: c.Name, Label: c.Label, Deliver: c.Deliver, CountsOpen: c.CountsOpen, Partner: c.Partner,
			Owner: c.Owner, Receiver: c.Receiver, Group: c.Group,
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(s.out, g)
		}
		fmt.Fprintln(s.out, terms(g))
		return nil
	})
}

// terms tells an agreement in one line.
func terms(g admin.Agreement) string {
	out := []string{g.Sensor + ":", g.Label}
	for _, t := range []struct {
		is   bool
		word string
	}{{g.Deliver, "deliver"}, {g.CountsOpen, "counts-open"}, {g.Partner, "partner"}, {!g.Agreed, "(by enrolment)"}} {
		if t.is {
			out = append(out, t.word)
		}
	}
	if g.Owner != 0 {
		out = append(out, fmt.Sprint("owner:", g.Owner))
	}
	if g.Receiver != 0 {
		out = append(out, fmt.Sprint("receiver:", g.Receiver))
	}
	if g.Group != 0 {
		out = append(out, fmt.Sprint("group:", g.Group))
	}
	return strings.Join(out, " ")
}

type groupCmd struct {
	Set  groupSetCmd  `cmd:"" help:"Add a sharing group, or change one; its number is printed."`
	List groupListCmd `cmd:"" help:"List sharing groups."`
}

type groupSetCmd struct {
	settings
	Name  string `arg:"" help:"Its name."`
	Label string `help:"Label that records of the group have." required:"" placeholder:"LABEL"`
	ID    uint32 `help:"Number of the group to change; a new one without."`
}

// Run sets a sharing group.
func (c *groupSetCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		g, err := admin.Call[admin.Group](ctx, a, admin.MethodGroupSet, admin.Group{ID: c.ID, Name: c.Name, Label: c.Label})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, g.ID)
		return nil
	})
}

type groupListCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run lists sharing groups.
func (c *groupListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		rows, err := admin.Call[[]admin.Group](ctx, a, admin.MethodGroupList, admin.None{})
		if err != nil {
			return err
		}
		return list(s, c.JSON, rows, "NUMBER\tNAME\tLABEL", func(g admin.Group) []any { return []any{g.ID, g.Name, g.Label} })
	})
}
