// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"haidang/app/admin"
)

type personCmd struct {
	List     personListCmd     `cmd:"" help:"List people."`
	Invite   personInviteCmd   `cmd:"" help:"Make a one-time link for somebody who is to have a role; it is printed once, on standard output."`
	Readmit  personReadmitCmd  `cmd:"" help:"Make a one-time link for a person who lost every way in."`
	Disable  personDisableCmd  `cmd:"" help:"End a person's sessions and tokens and let them in no more."`
	Enable   personEnableCmd   `cmd:"" help:"Let a disabled person in again."`
	Grant    personGrantCmd    `cmd:"" help:"Give a person a role."`
	Withdraw personWithdrawCmd `cmd:"" help:"Take a role from a person, at once."`
}

type personListCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run lists people.
func (c *personListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		rows, err := admin.Call[[]admin.Person](ctx, a, admin.MethodPersonList, admin.None{})
		if err != nil {
			return err
		}
		return list(s, c.JSON, rows, "ID\tNAME\tROLES\tWAYS IN\tSTATE", func(p admin.Person) []any {
			state := "live"
			if p.Disabled != nil {
				state = "disabled"
			}
			return []any{p.ID, p.Name, strings.Join(p.Roles, ", "), p.WaysIn, state}
		})
	})
}

type personInviteCmd struct {
	settings
	Role         string `arg:"" help:"member or steward (of an organisation), analyst, operator, auditor, security-officer."`
	Organisation uint32 `help:"Number of the organisation." placeholder:"ORGANISATION"`
	Note         string `help:"For whom it is, in a few words."`
}

// Run makes an invitation.
func (c *personInviteCmd) Run(ctx context.Context, s streams) error {
	return c.link(ctx, s, admin.MethodPersonInvite, admin.NewPerson{Role: c.Role, Organisation: c.Organisation, Note: c.Note})
}

func (f settings) link(ctx context.Context, s streams, method string, in any) error {
	return administration(ctx, f, s, func(a admin.Caller) error {
		l, err := admin.Call[admin.Link](ctx, a, method, in)
		if err != nil {
			return err
		}
		if strings.HasPrefix(l.URL, "/") {
			fmt.Fprintln(s.err, "put the observatory's public address before it:")
		}
		fmt.Fprintf(s.err, "good once, until %s; it is not shown again:\n", l.Expires.Format(time.RFC3339))
		fmt.Fprintln(s.out, l.URL)
		return nil
	})
}

type personArg struct {
	settings
	Person string `arg:"" help:"The person's id, as haidang person list shows it."`
}

type personReadmitCmd struct{ personArg }

// Run makes a link for a person who is there.
func (c *personReadmitCmd) Run(ctx context.Context, s streams) error {
	return c.link(ctx, s, admin.MethodPersonReadmit, admin.Person{ID: c.Person})
}

type personDisableCmd struct{ personArg }

// Run disables a person.
func (c *personDisableCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodPersonDisable, admin.Person{ID: c.Person})
}

type personEnableCmd struct{ personArg }

// Run enables a person.
func (c *personEnableCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodPersonEnable, admin.Person{ID: c.Person})
}

type roleArgs struct {
	personArg
	Role         string `arg:"" help:"member or steward (of an organisation), analyst, operator, auditor, security-officer."`
	Organisation uint32 `help:"Number of the organisation." placeholder:"ORGANISATION"`
}

func (c *roleArgs) in() admin.ChangeRole {
	return admin.ChangeRole{Person: c.Person, Role: c.Role, Organisation: c.Organisation}
}

type personGrantCmd struct{ roleArgs }

// Run gives a role.
func (c *personGrantCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodPersonGrant, c.in())
}

type personWithdrawCmd struct{ roleArgs }

// Run takes a role.
func (c *personWithdrawCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodPersonWithdraw, c.in())
}
