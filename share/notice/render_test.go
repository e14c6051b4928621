// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// sampleLetter is what a hospital receives: two infected machines, a service
// that is open, and something that may not be sent by mail.
func sampleLetter(t testing.TB) letter {
	t.Helper()
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	b.turn(0)
	second, exposed, closed := bot(2), bot(3), bot(4)
	second.Machine = event.Machine{Addr: mustAddr("2001:db8::25")}
	second.Problem.Name, second.Relapses = "qakbot", 1
	exposed.Problem = event.Problem{RSIT: event.RSITPotentiallyUnwanted, By: event.ProblemPort, Port: 3389}
	exposed.Stage, exposed.Severity, exposed.Samples = event.StageState, event.SeverityMedium, nil
	closed.Tier = event.T4
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1), second, exposed, closed), Why: map[string]string{
		"vi": "Địa chỉ nằm trong dải 203.0.113.0/24 đã đăng ký.", "en": "The address lies in 203.0.113.0/24, which is registered.",
	}})
	b.turn(time.Minute)
	got := r.received()
	if len(got) != 1 {
		t.Fatalf("%d letters", len(got))
	}
	return got[0]
}

// run gives what a program of the system makes of a file.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (Debian's packages mblaze and w3m)", program)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+t.TempDir(), "MAILDOT=", "COLUMNS=100")
	var out, fault bytes.Buffer
	c.Stdout, c.Stderr = &out, &fault
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v %s", program, err, fault.String())
	}
	return out.String()
}

// A mail reader without windows, another program's reading of MIME.
func TestAMailReaderShowsTheLetter(t *testing.T) {
	l := sampleLetter(t)
	file := filepath.Join(t.TempDir(), "letter.eml")
	if err := os.WriteFile(file, l.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	shown := run(t, "mshow", file)
	for _, want := range []string{
		"Subject: [TLP:AMBER] Hải Đăng: 3 thông báo về mạng của đơn vị", "From: Hải Đăng <notices@haidang.example>", "Kính gửi Bệnh viện Đa khoa Trung ương Huế",
		"Máy bị nhiễm mã độc", "2001:db8::25", "xuất hiện lại sau khi đã xử lý", "cổng 3389", "Còn thông tin khác không được phép gửi qua thư", "port 3389",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the reader does not show %q:\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "=C3=") || strings.Contains(shown, "&#") {
		t.Errorf("the reader shows encodings:\n%s", shown)
	}
	if strings.Contains(shown, "\n\n\n\n") {
		t.Errorf("gaps of several lines:\n%s", shown)
	}
}

func TestATextBrowserShowsTheHTML(t *testing.T) {
	l := sampleLetter(t)
	file := filepath.Join(t.TempDir(), "letter.html")
	if err := os.WriteFile(file, []byte(l.open(t).html), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := run(t, "w3m", "-dump", "-cols", "90", "-O", "UTF-8", "-I", "UTF-8", file)
	for _, want := range []string{
		"TLP:AMBER", "Máy bị nhiễm mã độc", "1. Tìm đúng máy", "203.0.113.5, gw.hospital.vn", "cao; sự cố an ninh mạng; mới", "Service open to the whole Internet",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the browser does not show %q:\n%s", want, shown)
		}
	}
}
