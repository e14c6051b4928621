// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package app

type programPages struct{}

func (*programPages) drop() error { return nil }
