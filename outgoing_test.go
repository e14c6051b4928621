// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// connects are the files of the observatory that open connections, and where to. The
// rest of the table are commands that a person starts with an address.
var connects = map[string]string{
	"app/outgoing.go":            "the hosts of config.Outgoing, by HTTP",
	"app/collector/collector.go": "log.collector",
	"journal/link.go":            "journal.url",
	"share/notice/webhook.go":    "webhooks, each address looked at after its name was resolved",
	"share/account/account.go":   "providers in tests; app hands in its own client",
	"identity/identity.go":       "the system's resolver",
	"share/notice/notice.go":     "a word in a comment; the relay is reached in mail.go",
	"app/admin/client.go":        "the administration's socket",
	"sensor/door/door.go":        "a sensor's observatory, by --to",
	"sensor/door/check.go":       "likewise",
	"replay/replay.go":           "likewise",
	"replay/post.go":             "likewise",
	"replay/generate/run.go":     "likewise",
	"replay/generate/send.go":    "likewise",
	"cmd/haidang/verify.go":      "the address of a citation, given by hand",
}

// opens matches what opens a connection; mail goes through go-mail's client to the
// relay that is configured (share/notice/mail.go).
var opens = regexp.MustCompile(`http\.Client\{|http\.(Get|Post|Head|DefaultClient|DefaultTransport)\b|http\.Transport\{|net\.Dial|net\.Dialer|tls\.Dial|nats\.Connect\(|mail\.NewClient\(|net\.Resolver|net\.DefaultResolver|net\.Lookup`)

// Every place that opens a connection is known: a new one must say where it leads.
func TestOutgoingConnectionsAreKnown(t *testing.T) {
	seen := map[string]bool{}
	for _, path := range sources(t, ".go") {
		path = filepath.ToSlash(path)
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "e2e/") || path == "share/notice/mail.go" {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !opens.Match(source) {
			continue
		}
		if seen[path] = true; connects[path] == "" {
			t.Errorf("%s opens connections (%s); say where to in the table, and in config.Outgoing", path, opens.Find(source))
		}
	}
	for path := range connects {
		if !seen[path] {
			t.Errorf("%s is in the table and opens no connection", path)
		}
	}
}
