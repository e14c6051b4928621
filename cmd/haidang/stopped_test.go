// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// A script must be able to tell what was done from what was cut short: only what runs
// until it is told to stop has ended well then.
func TestStoppedBeforeTheEnd(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		args string
		code int
	}{
		{"organisation create X --type school", 1},
		{"token create --role operator --name an", 1},
		{"sensor enrol hue-1", 1},
		{"serve --listen 127.0.0.1:0", 0},
	} {
		var out, told bytes.Buffer
		args := append(strings.Fields(c.args), "--data", filepath.Join(t.TempDir(), "d"))
		code := run(stopped, args, streams{strings.NewReader(""), &out, &told, []string{"HAIDANG_DISK_MIN_FREE=16 MiB", "HAIDANG_DISK_MIN_FREE_PERCENT=0"}})
		if code != c.code || c.code == 1 && !strings.Contains(told.String(), "told to stop before it was done") {
			t.Errorf("%s: %d\n%s\n%s", c.args, code, &out, &told)
		}
	}
}
