// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"

	"haidang/pagecache/pagecachetest"
)

// Blocks that lie behind the consumer leave the kernel's cache; those it has yet
// to come to, and the newest behind it, do not.
func TestBlocksBehindTheConsumerLeaveTheCache(t *testing.T) {
	j := open(t, testConfig(t.TempDir()), 0, Dependencies{})
	gate := make(chan struct{})
	f := follow(t, j, func() { <-gate })
	big := append(incompressible(700_000), '\n')
	send := func() { mustSend(t, j, delivery("s", ""), string(big)) }
	folder := j.link.Load().folder
	blocks := func() uint64 {
		highest, err := folder.highest()
		if err != nil {
			t.Fatal(err)
		}
		return highest
	}
	const some = cachedBlocks + 3
	for blocks() < some {
		send()
	}
	for block := uint64(1); block < some; block++ {
		if pagecachetest.Resident(t, folder.name(block)) == 0 {
			t.Errorf("block %d left the cache before anybody came to it", block)
		}
	}
	close(gate)
	f.all(t, int(j.State().Last))
	for block := uint64(1); block < some; block++ {
		pages, behind := pagecachetest.Resident(t, folder.name(block)), block+cachedBlocks < some
		if behind && pages > 0 || !behind && pages == 0 {
			t.Errorf("block %d of %d has %d pages in memory", block, some, pages)
		}
	}
}
