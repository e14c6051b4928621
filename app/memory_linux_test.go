// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyUnwrittenPagesOfTheProgramAreDropped(t *testing.T) {
	const smaps = `00400000-00a99000 r--p 00000000 fe:00 105 /opt/a program/haidang
Size:               6756 kB
Rss:                6756 kB
Anonymous:             0 kB
VmFlags: rd mr mw me sd
00a99000-041d0000 r-xp 00699000 fe:00 105 /opt/a program/haidang
Anonymous:             0 kB
06680000-066ff000 r--p 0627f000 fe:00 105 /opt/a program/haidang
Anonymous:           508 kB
066ff000-06df9000 rw-p 062fe000 fe:00 105 /opt/a program/haidang
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 106 /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000002000-7f0000003000 r--s 00000000 fe:00 105 /opt/a program/haidang
Anonymous:             0 kB
7f0000004000-7f0000005000 rw-p 00000000 00:00 0
Anonymous:             4 kB
`
	got, err := programRegions(strings.NewReader(smaps), "/opt/a program/haidang")
	if err != nil {
		t.Fatal(err)
	}
	want := []region{{0x400000, 0x699000}, {0xa99000, 0x3737000}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(region{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheProgramRunsOnWithoutItsPages(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps"); err != nil {
		t.Skip(err)
	}
	var program programPages
	for range 3 {
		if err := program.drop(); err != nil {
			t.Fatal(err)
		}
	}
	if len(program.regions) == 0 {
		t.Error("no page of the program was found")
	}
	if _, err := os.ReadFile("/proc/self/smaps"); err != nil {
		t.Fatal(err)
	}
}
