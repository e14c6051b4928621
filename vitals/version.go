// SPDX-License-Identifier: Apache-2.0

package vitals

import "runtime/debug"

// Version is set by the build (-ldflags "-X haidang/vitals.Version=…").
var Version = "dev"

// Revision gives the commit that the program was built from, if the build
// recorded it, else the empty string.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
