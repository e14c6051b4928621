// SPDX-License-Identifier: Apache-2.0

//go:build browser

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"haidang/chromium"
)

// watch notes in the page when which number of today's attacks was shown.
const watch = `(() => {
	const e = document.querySelector('hd-counter[data-of="today"]');
	window.shown = [];
	const note = () => window.shown.push([Date.now(), Number(e.textContent.replace(/\D/g, ''))]);
	note();
	new MutationObserver(note).observe(e, {childList: true, characterData: true, subtree: true});
	return true;
})()`

// From the last byte at the door to the number in the page: 1,000 attacks,
// evenly spread, in a real browser against the running binary.
func TestLatencyFromDoorToPage(t *testing.T) {
	ctx := chromium.Start(t)
	chromium.Show(t, ctx, chromium.Screen{Wide: 1440, Theme: "dark"})
	doorToPage(ctx, t, begin(t))
}

// The same beside 5,000 open pages, which a program of its own holds.
func TestLatencyFromDoorToPageAmongThousands(t *testing.T) {
	ctx := chromium.Start(t)
	o := begin(t)
	defer hold(t, o.url, 5000)()
	doorToPage(ctx, t, o)
}

// hold starts the program that holds live connections; the result ends it.
func hold(t *testing.T, address string, n int) func() {
	t.Helper()
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Max < uint64(n)+1000 {
		t.Skipf("this machine lets a process open %d files, %d are needed: %v", files.Max, n+1000, err)
	}
	program := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.Command("go", "build", "-o", program, "../bench").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "readers", "-n", fmt.Sprint(n), address)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the readers: %v\n%s", cmd.Wait(), &failed)
	}
	t.Log(lines.Text())
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		for lines.Scan() {
			t.Log(lines.Text())
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the readers: %v\n%s", err, &failed)
		}
	}
}

func doorToPage(ctx context.Context, t *testing.T, o *observatory) {
	t.Helper()
	token := o.enrol("latency")
	if r := o.post("eve", token, strings.NewReader(single(0))); r.Status != 200 {
		t.Fatalf("%+v", r)
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate(o.url+"/en/")); err != nil {
		t.Fatal(err)
	}
	chromium.Until(t, ctx, `document.querySelector('hd-counter[data-of="today"]')?.textContent.trim() === '1'`)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](watch)); err != nil {
		t.Fatal(err)
	}
	const attacks = 1000
	sent := make([]int64, attacks+2) // by the number that the counter shows then
	for i := 2; i <= attacks+1; i++ {
		began := time.Now()
		if r := o.post("eve", token, strings.NewReader(single(i))); r.Status != 200 {
			t.Fatalf("%+v", r)
		}
		sent[i] = began.UnixMilli()
		time.Sleep(max(0, 20*time.Millisecond-time.Since(began)))
	}
	chromium.Until(t, ctx, fmt.Sprintf(`window.shown.at(-1)[1] >= %d`, attacks+1))
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[[][2]int64](`window.shown`))
	if err != nil {
		t.Fatal(err)
	}
	var delays []int64
	for i := 2; i <= attacks+1; i++ {
		at := slices.IndexFunc(shown, func(s [2]int64) bool { return s[1] >= int64(i) })
		delays = append(delays, shown[at][0]-sent[i])
	}
	slices.Sort(delays)
	median, p99 := delays[len(delays)/2], delays[len(delays)*99/100]
	t.Logf("door to page over %d attacks: median %d ms, p99 %d ms, longest %d ms; the number changed %d times", attacks, median, p99, delays[len(delays)-1], len(shown))
	// Below a second is promised of a machine that has nothing else to do, and is
	// measured there; here nothing may get stuck.
	if p99 >= 20_000 {
		t.Errorf("p99 is %d ms", p99)
	}
}

// single is one attack on a Vietnamese address, from another source each time
// so that nothing folds.
func single(i int) string {
	return fmt.Sprintf(`{"timestamp":%q,"event_type":"alert","src_ip":"8.8.%d.%d","src_port":4242,"dest_ip":"203.113.131.1","dest_port":22,"proto":"TCP","alert":{"signature_id":7,"signature":"latency","category":"Attempted Administrator Privilege Gain","severity":1}}`+"\n",
		time.Now().UTC().Format("2006-01-02T15:04:05.000000-0700"), i/250, 1+i%250)
}
