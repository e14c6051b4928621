// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"haidang/app/admin"
)

type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Sign citations of figures with another key from now on; the old public key stays among those served."`
}

type keyRotateCmd struct {
	settings
}

// Run makes the next key and prints its id.
func (c *keyRotateCmd) Run(ctx context.Context, s streams) error {
	return administration(ctx, c.settings, s, func(a admin.Caller) error {
		k, err := admin.Call[admin.FigureKey](ctx, a, admin.MethodFigureKeyRotate, admin.None{})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, k.ID)
		return nil
	})
}
