// SPDX-License-Identifier: Apache-2.0

package recording

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// line is what the checks need of a record of either format.
type line struct {
	Timestamp string `json:"timestamp"`
	EventType string `json:"event_type"`
	EventID   string `json:"eventid"`
	SrcIP     string `json:"src_ip"`
	DstIP     string `json:"dst_ip"`
	DestIP    string `json:"dest_ip"`
	Community string `json:"community_id"`
	Host      string `json:"host"`
	Sensor    string `json:"sensor"`
	Alert     *struct {
		SignatureID int                 `json:"signature_id"`
		Category    string              `json:"category"`
		Metadata    map[string][]string `json:"metadata"`
	} `json:"alert"`
}

func (l line) kind() string {
	if l.EventType != "" {
		return l.EventType
	}
	return l.EventID
}

// each reads a stream to its end and hands every line to check; it returns what the manifest must say about it.
func each(t *testing.T, s Stream, check func(number int, text string, l line)) Contents {
	t.Helper()
	reader, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	sum := sha256.New()
	got := Contents{ByType: map[string]int{}}
	lines := bufio.NewScanner(io.TeeReader(reader, sum))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		got.Lines++
		got.Bytes += int64(len(lines.Bytes())) + 1
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s line %d: %v", s.Name, got.Lines, err)
		}
		if got.First == "" {
			got.First = l.Timestamp
		}
		got.Last = l.Timestamp
		got.ByType[l.kind()]++
		if l.Alert != nil {
			if got.BySignature == nil {
				got.BySignature = map[string]int{}
			}
			got.Alerts++
			got.BySignature[strconv.Itoa(l.Alert.SignatureID)]++
		}
		check(got.Lines, lines.Text(), l)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s after line %d: %v", s.Name, got.Lines, err)
	}
	got.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return got
}

func mustManifest(t *testing.T) Manifest {
	t.Helper()
	m, err := ReadManifest()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStreamsAreWhatTheManifestSays(t *testing.T) {
	m := mustManifest(t)
	if len(m.Streams) != len(Streams()) {
		t.Fatalf("manifest names %d streams, the package has %d", len(m.Streams), len(Streams()))
	}
	for _, s := range Streams() {
		t.Run(s.Name, func(t *testing.T) {
			want, ok := m.Streams[s.Name]
			if !ok {
				t.Fatalf("manifest does not name the stream %s", s.Name)
			}
			got := each(t, s, func(int, string, line) {})
			got.File, got.Cut, got.Format = want.File, want.Cut, s.Format
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("manifest (-) and stream (+) differ:\n%s", diff)
			}
		})
	}
}

func TestStreamsOpenMoreThanOnce(t *testing.T) {
	for _, s := range Streams() {
		first, second := 0, 0
		each(t, s, func(int, string, line) { first++ })
		each(t, s, func(int, string, line) { second++ })
		if first == 0 || first != second {
			t.Errorf("%s: %d lines, then %d", s.Name, first, second)
		}
	}
}

func TestVariety(t *testing.T) {
	m := mustManifest(t)
	eve, cowrie := m.Streams["eve"], m.Streams["cowrie"]
	if eve.Lines < 10_000 || eve.Lines > 40_000 || eve.Alerts < 3_000 || len(eve.BySignature) < 30 {
		t.Errorf("eve: %d lines (10,000–40,000), %d alerts (≥ 3,000), %d signatures (≥ 30)", eve.Lines, eve.Alerts, len(eve.BySignature))
	}
	if cowrie.Lines < 300 {
		t.Errorf("cowrie: %d lines, want some hundreds", cowrie.Lines)
	}
	wanted := map[string][]string{
		"eve": {"alert", "anomaly", "bittorrent_dht", "dns", "fileinfo", "flow", "ftp", "ftp_data", "http", "ike", "modbus", "mqtt", "netflow", "rdp", "rfb",
			"sip", "smb", "smtp", "snmp", "ssh", "stats", "tftp", "tls"},
		"cowrie": {"client.fingerprint", "client.kex", "client.size", "client.var", "client.version", "command.chpasswd", "command.failed", "command.input",
			"command.success", "direct-tcpip.data", "direct-tcpip.ja4", "direct-tcpip.ja4h", "direct-tcpip.request", "log.closed", "login.failed",
			"login.success", "session.closed", "session.connect", "session.file_download", "session.file_download.failed", "session.file_upload",
			"session.params", "telnet.exploit_attempt", "telnet.exploit_success", "telnet.option"},
	}
	for name, kinds := range wanted {
		for _, kind := range kinds {
			if name == "cowrie" {
				kind = "cowrie." + kind
			}
			if m.Streams[name].ByType[kind] == 0 {
				t.Errorf("%s: no line of type %s", name, kind)
			}
		}
	}
	for name, c := range m.Streams {
		if span := when(t, c.Last).Sub(when(t, c.First)); span < 2*time.Minute {
			t.Errorf("%s spans %v, want two minutes or more", name, span)
		}
	}
}

func when(t *testing.T, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02T15:04:05.999999-0700", time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time that Suricata or Cowrie writes", text)
	return time.Time{}
}

func TestAlertsSayWhoIsAttacked(t *testing.T) {
	for _, s := range Streams() {
		if s.Format != "eve" {
			continue
		}
		each(t, s, func(number int, _ string, l line) {
			if l.Alert == nil || l.Alert.SignatureID < 1_000_000 {
				return
			}
			for _, key := range []string{"attack_target", "mitre_technique_id", "mitre_tactic_id", "signature_severity"} {
				if len(l.Alert.Metadata[key]) == 0 {
					t.Errorf("line %d: signature %d has no %s", number, l.Alert.SignatureID, key)
				}
			}
			if l.Alert.Category == "" {
				t.Errorf("line %d: signature %d has no class", number, l.Alert.SignatureID)
			}
			if l.Community == "" {
				t.Errorf("line %d: no community id", number)
			}
		})
	}
}

// Every address lies in a prefix of the manifest: that is what lets a replay move all of them.
func TestAddressesAreNobodys(t *testing.T) {
	m := mustManifest(t)
	var known []netip.Prefix
	for _, text := range append(append([]string{}, m.Networks.Home...), m.Networks.Outside...) {
		known = append(known, netip.MustParsePrefix(text))
	}
	ours := func(text string) bool {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return false
		}
		if addr.IsUnspecified() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsLinkLocalMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return true
		}
		for _, prefix := range known {
			if prefix.Contains(addr) {
				return true
			}
		}
		return false
	}
	six := 0
	for _, s := range Streams() {
		each(t, s, func(number int, _ string, l line) {
			for _, text := range []string{l.SrcIP, l.DestIP, listening(l)} {
				if text != "" && !ours(text) {
					t.Errorf("%s line %d: address %s is in no network of the manifest", s.Name, number, text)
				}
				if strings.Contains(text, ":") {
					six++
				}
			}
		})
	}
	if six == 0 {
		t.Error("no IPv6 address in the whole recording")
	}
}

// listening is the honeypot's own address; elsewhere Cowrie's dst_ip is whatever an intruder wrote.
func listening(l line) string {
	if l.EventID == "cowrie.session.connect" {
		return l.DstIP
	}
	return ""
}

// make/pack.py refuses to pack the machine's host name; here remain the names that are the same everywhere.
func TestNothingNamesTheRecordingMachine(t *testing.T) {
	for _, s := range Streams() {
		each(t, s, func(number int, text string, l line) {
			for _, path := range []string{"/var/tmp/", "haidang-recording"} {
				if strings.Contains(text, path) {
					t.Errorf("%s line %d contains %s", s.Name, number, path)
				}
			}
			if s.Format == "eve" && l.Host != "hai-dang-demo" {
				t.Errorf("%s line %d: host %q", s.Name, number, l.Host)
			}
			if s.Format == "cowrie" && l.Sensor != "hai-dang-demo-pot" {
				t.Errorf("%s line %d: sensor %q", s.Name, number, l.Sensor)
			}
		})
	}
}

// The rules that lie beside the recording are the ones that watched, and most of them saw something.
func TestRulesAreTheOnesThatWatched(t *testing.T) {
	m := mustManifest(t)
	text, err := os.ReadFile(filepath.FromSlash(m.Rules.File))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != m.Rules.SHA256 {
		t.Errorf("%s has SHA-256 %s, the manifest says %s: record again", m.Rules.File, got, m.Rules.SHA256)
	}
	ids := map[string]bool{}
	for _, rule := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(rule, "alert ") {
			continue
		}
		_, after, _ := strings.Cut(rule, "; sid:")
		id, _, _ := strings.Cut(after, ";")
		if id == "" || ids[id] {
			t.Errorf("no or second use of sid %q: %s", id, rule)
		}
		ids[id] = true
	}
	if len(ids) != m.Rules.Signatures {
		t.Errorf("%d rules, the manifest says %d", len(ids), m.Rules.Signatures)
	}
	for id := range m.Streams["eve"].BySignature {
		if !ids[id] {
			t.Errorf("signature %s fired and is not in %s", id, m.Rules.File)
		}
	}
}
