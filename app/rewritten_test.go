// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"haidang/collect"
	"haidang/journal"
)

// What a sender packed is journalled as it came; records that name participants
// are rewritten, and may never be journalled so.
func TestRewrittenRecordsAreNotKeptAsTheyCame(t *testing.T) {
	if _, ok := any(&private{Append: &journal.Append{}}).(collect.Keeper); ok {
		t.Error("a batch of records that are rewritten takes them packed")
	}
	if _, ok := any(&journal.Append{}).(collect.Keeper); !ok {
		t.Error("the journal packs anew what came packed")
	}
}
