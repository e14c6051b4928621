// SPDX-License-Identifier: Apache-2.0

//go:build race

package bulk_test

func init() { underRace = true }
