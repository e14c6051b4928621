// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"haidang/app/admin"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; it is printed once, on standard output."`
	List   tokenListCmd   `cmd:"" help:"List tokens."`
	Revoke tokenRevokeCmd `cmd:"" help:"Make a token worthless at once."`
}

type tokenCreateCmd struct {
	settings
	Role    string        `help:"What its holder may do." enum:"operator" required:""`
	Name    string        `help:"Who holds it." default:"operator"`
	Expires time.Duration `help:"How long it is valid, as in 720h; for ever without."`
}

// Run makes a token.
func (c *tokenCreateCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		t, err := admin.Call[admin.Token](ctx, a, admin.MethodTokenCreate,
			admin.NewToken{Name: c.Name, Role: c.Role, Expires: c.Expires})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "token of %s (%s); it is not shown again:\n", c.Name, c.Role)
		fmt.Fprintln(s.out, t.Token)
		return nil
	})
}

type tokenListCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run lists tokens.
func (c *tokenListCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		rows, err := admin.Call[[]admin.TokenLine](ctx, a, admin.MethodTokenList, admin.None{})
		if err != nil {
			return err
		}
		return list(s, c.JSON, rows, "NAME\tROLE\tCREATED\tEXPIRES\tREVOKED", func(t admin.TokenLine) []any {
			return []any{t.Name, t.Role, when(&t.Created), when(t.Expires), t.Revoked}
		})
	})
}

type tokenRevokeCmd struct {
	settings
	Name string `arg:"" help:"The token's name."`
}

// Run revokes a token.
func (c *tokenRevokeCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		_, err := admin.Call[admin.None](ctx, a, admin.MethodTokenRevoke, admin.Name{Name: c.Name})
		return err
	})
}
