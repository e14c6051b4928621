// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
)

func peers(ctx context.Context, args []string) error { return nil }
