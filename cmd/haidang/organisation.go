// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"haidang/app/admin"
)

type organisationCmd struct {
	Create  organisationCreateCmd  `cmd:"" help:"Take an organisation in; its number is printed."`
	List    organisationListCmd    `cmd:"" help:"List organisations."`
	Show    organisationShowCmd    `cmd:"" help:"Print all that is known of an organisation, as JSON."`
	Contact organisationContactCmd `cmd:"" help:"Add, change or remove whom an organisation wants to be told."`
	Claim   networkClaimCmd        `cmd:"" help:"Say that a network is an organisation's; how to prove it is printed."`
	Confirm networkConfirmCmd      `cmd:"" help:"Make a claimed network the organisation's own, and say what was seen."`
	Refuse  networkRefuseCmd       `cmd:"" help:"Say that a network is not the organisation's, and why."`
	Prove   networkProveCmd        `cmd:"" help:"Look for the proof of a claimed network in the domain name system."`
	Disable organisationDisableCmd `cmd:"" help:"Take all rights that come from an organisation, at once."`
	Enable  organisationEnableCmd  `cmd:"" help:"Give them back."`
	Import  organisationImportCmd  `cmd:"" help:"Take in the organisations of a member networks file."`
}

type organisationCreateCmd struct {
	settings
	Name      string   `arg:"" help:"Its name, in Vietnamese."`
	NameEN    string   `name:"name-en" help:"Its name in English."`
	Type      string   `help:"What it is: state-body, party-body, hospital, school, company, isp, bank, vendor, cert, association, other." default:"other"`
	Sector    string   `help:"Its sector, such as health."`
	Band      string   `help:"Its size: micro, small, medium, large."`
	Country   string   `help:"Where it is, ISO 3166-1." default:"VN"`
	Province  string   `help:"ISO 3166-2, such as VN-HN."`
	Parent    uint32   `help:"Number of the organisation above." placeholder:"ORGANISATION"`
	StateBody bool     `help:"It is a Party or State body."`
	Community []string `help:"Community that TLP:GREEN reaches it in; may be given several times."`
	Client    []uint32 `help:"Number of a client, whom TLP:AMBER reaches through it; may be given several times." placeholder:"ORGANISATION"`
	ID        uint32   `help:"Its number; the next one without."`
}

// Run takes an organisation in.
func (c *organisationCreateCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		o, err := admin.Call[admin.Organisation](ctx, a, admin.MethodOrganisationCreate, admin.Organisation{
			ID: c.ID, Name: c.Name, NameEN: c.NameEN, Type: c.Type, Sector: c.Sector, Band: c.Band, Country: c.Country,
			Province: c.Province, Parent: c.Parent, StateBody: c.StateBody, Communities: c.Community, Clients: c.Client,
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, o.ID)
		return nil
	})
}

type organisationListCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run lists organisations.
func (c *organisationListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		rows, err := admin.Call[[]admin.Organisation](ctx, a, admin.MethodOrganisationList, admin.None{})
		if err != nil {
			return err
		}
		return list(s, c.JSON, rows, "NUMBER\tNAME\tTYPE\tSECTOR\tNETWORKS\tCONTACTS\tSTATE", func(o admin.Organisation) []any {
			var own []string
			for _, n := range o.Networks {
				if n.State == "confirmed" {
					own = append(own, n.Network)
				}
			}
			state := "live"
			if o.Disabled != nil {
				state = "disabled"
			}
			return []any{o.ID, o.Name, o.Type, o.Sector, strings.Join(own, " "), len(o.Contacts), state}
		})
	})
}

type organisationShowCmd struct {
	settings
	ID uint32 `arg:"" help:"Its number."`
}

// Run shows an organisation.
func (c *organisationShowCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		o, err := admin.Call[admin.Organisation](ctx, a, admin.MethodOrganisationShow, admin.ID{ID: c.ID})
		if err != nil {
			return err
		}
		return printJSON(s.out, o)
	})
}

type organisationContactCmd struct {
	settings
	ID       uint32   `arg:"" help:"The organisation's number."`
	Email    string   `arg:"" help:"The contact's address; one of the same address is replaced."`
	Name     string   `help:"Who it is."`
	Language string   `help:"Language that comes first in a message: vi, en." default:"vi"`
	Digest   bool     `help:"Once a day and not at once."`
	Weekly   bool     `help:"Once a week."`
	Stage    []string `help:"Only attempt, incident or state; may be given several times."`
	Kind     []string `help:"Only this class or type of RSIT, such as fraud or fraud/phishing; may be given several times."`
	Severity uint8    `help:"At least this, 0 to 6 as OCSF."`
	Tier     []string `help:"Only this tier, T0 to T4; may be given several times."`
	Remove   bool     `help:"Tell it no more."`
}

// Run changes a contact.
func (c *organisationContactCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodOrganisationContact, admin.ChangeContact{
		Organisation: c.ID, Remove: c.Remove, Contact: admin.Contact{
			Name: c.Name, Email: c.Email, Language: c.Language, Digest: c.Digest, Weekly: c.Weekly, Stages: c.Stage, Kinds: c.Kind, Severity: c.Severity, Tiers: c.Tier,
		},
	})
}

// change calls a method that answers nothing.
func (f settings) change(ctx context.Context, s streams, method string, in any) error {
	return administration(ctx, f, s, func(a admin.Caller) error {
		_, err := admin.Call[admin.None](ctx, a, method, in)
		return err
	})
}

type networkArgs struct {
	settings
	ID      uint32 `arg:"" help:"The organisation's number."`
	Network string `arg:"" help:"A prefix such as 192.0.2.0/24, an AS such as AS64500, or a domain such as example.vn."`
}

func (c *networkArgs) in(why string) admin.ChangeNetwork {
	return admin.ChangeNetwork{Organisation: c.ID, Network: c.Network, Why: why}
}

type networkClaimCmd struct{ networkArgs }

// Run claims a network.
func (c *networkClaimCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		n, err := admin.Call[admin.Network](ctx, a, admin.MethodNetworkClaim, c.in(""))
		if err != nil {
			return err
		}
		if n.TXT == "" {
			fmt.Fprintf(s.err, "%s has no zone of its own; an analyst must confirm it: haidang organisation confirm %d %s --proof '…'\n", n.Network, c.ID, n.Network)
			return nil
		}
		fmt.Fprintf(s.out, "%s TXT %q\n", n.TXT, n.Challenge)
		return nil
	})
}

type networkConfirmCmd struct {
	networkArgs
	Proof string `help:"What was seen, for example in WHOIS." required:""`
}

// Run confirms a network.
func (c *networkConfirmCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodNetworkConfirm, c.in(c.Proof))
}

type networkRefuseCmd struct {
	networkArgs
	Why string `help:"Why it is not the organisation's." required:""`
}

// Run refuses a network.
func (c *networkRefuseCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodNetworkRefuse, c.in(c.Why))
}

type networkProveCmd struct{ networkArgs }

// Run looks for a proof.
func (c *networkProveCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodNetworkProve, c.in(""))
}

type organisationDisableCmd struct {
	settings
	ID uint32 `arg:"" help:"Its number."`
}

// Run disables an organisation.
func (c *organisationDisableCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodOrganisationDisable, admin.ID{ID: c.ID})
}

type organisationEnableCmd struct {
	settings
	ID uint32 `arg:"" help:"Its number."`
}

// Run enables an organisation.
func (c *organisationEnableCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, admin.MethodOrganisationEnable, admin.ID{ID: c.ID})
}

type organisationImportCmd struct {
	settings
	File  string `arg:"" help:"CSV or YAML, as enrich.members." type:"existingfile"`
	Proof string `help:"Confirm the networks at once, and say what was seen; claimed only without."`
}

// Run imports organisations.
func (c *organisationImportCmd) Run(ctx context.Context, s streams) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		n, err := admin.Call[admin.Imported](ctx, a, admin.MethodOrganisationImport, admin.Import{
			Name: filepath.Base(c.File), Data: string(data), Proof: c.Proof,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%d organisations, %d networks\n", n.Organisations, n.Networks)
		return nil
	})
}
