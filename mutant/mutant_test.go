// SPDX-License-Identifier: Apache-2.0

package mutant

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var everyType = [][]any{
	{[]byte("{\"a\":1}\n"), "xin chào", true, 1, int8(1), int16(2), int32(3), int64(4), uint(5), uint8(6), uint16(7), uint32(8), uint64(9), float32(1), 2.5},
	{[]byte(nil), "", false, -1, int8(-1), int16(-2), int32(-3), int64(-4), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), float32(0), math.Inf(1)},
}

func TestInputsFollowFromNameAndSeedsAlone(t *testing.T) {
	one, again := Make("FuzzX", everyType, 3000), Make("FuzzX", everyType, 3000)
	if diff := cmp.Diff(one, again, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if digest(one) != digest(again) || digest(one) == digest(Make("FuzzY", everyType, 3000)) || digest(one) == digest(Make("FuzzX", everyType[:1], 3000)) {
		t.Error("a digest tells inputs apart")
	}
	// The same in every build and on every machine: whoever changes how inputs are
	// made changes this line.
	if got := digest(one); got != "b272d5ac5f43d24d" {
		t.Errorf("digest %s", got)
	}
	if fewer := Make("FuzzX", everyType, 10); digest(fewer) != digest(one[:10]) {
		t.Error("fewer inputs are not the first of more")
	}
}

func TestInputsAreManyAndBounded(t *testing.T) {
	distinct, changed := map[string]bool{}, make([]int, len(everyType[0]))
	for _, in := range Make("FuzzX", everyType, 3000) {
		distinct[file(in)] = true
		for i, a := range in {
			if reflect.TypeOf(a) != reflect.TypeOf(everyType[0][i]) {
				t.Fatalf("argument %d is a %T", i, a)
			}
			if !reflect.DeepEqual(a, everyType[0][i]) && !reflect.DeepEqual(a, everyType[1][i]) {
				changed[i]++
			}
			if len(text(a)) > maxGrowth+len("xin chào") {
				t.Errorf("%d bytes", len(text(a)))
			}
		}
	}
	if len(distinct) < 2000 {
		t.Errorf("%d different of 3000", len(distinct))
	}
	for i, n := range changed {
		if n < 30 && reflect.TypeOf(everyType[0][i]).Kind() != reflect.Bool {
			t.Errorf("argument %d was changed %d times", i, n)
		}
	}
}

// Targets may write into what they are given, and seeds stay what they were.
func TestNothingIsShared(t *testing.T) {
	seeds := [][]any{{[]byte("one two three"), []byte("four")}}
	for _, in := range Make("FuzzX", seeds, 2000) {
		for _, a := range in {
			for i := range a.([]byte) {
				a.([]byte)[i] = '!'
			}
		}
	}
	if string(seeds[0][0].([]byte)) != "one two three" || string(seeds[0][1].([]byte)) != "four" {
		t.Errorf("%q", seeds)
	}
	made := Make("FuzzX", seeds, 2000)
	want := digest(made[1:])
	for _, a := range made[0] {
		clear(a.([]byte))
	}
	if digest(made[1:]) != want {
		t.Error("an input shares bytes with another")
	}
}

// What hides a few changes away from a seed is found.
func TestWhatIsNearIsReached(t *testing.T) {
	reached := map[string]bool{}
	for _, in := range Make("FuzzX", [][]any{{[]byte(`{"port":22,"host":"a"}`)}, {[]byte(`{"host":[1,2]}`)}}, 20_000) {
		text := in[0].([]byte)
		for name, is := range map[string]bool{
			"a number out of range": bytes.Contains(text, []byte("9223372036854775808")), "bytes that are no UTF-8": bytes.Contains(text, []byte{0xff}),
			"a name twice": bytes.Count(text, []byte(`"host":`)) > 1, "cut": len(text) > 2 && text[len(text)-1] != '}', "empty": len(text) == 0,
			"deep": bytes.Contains(text, []byte("[[[[[[[[[[")), "joined": bytes.Contains(text, []byte("22")) && bytes.Contains(text, []byte("1,2]")),
			"a lone surrogate": bytes.Contains(text, []byte(`\ud800`)),
		} {
			reached[name] = reached[name] || is
		}
	}
	if len(reached) != 8 {
		t.Error(reached)
	}
	for name, is := range reached {
		if !is {
			t.Errorf("never reached: %s", name)
		}
	}
}

const inner = "HAIDANG_TEST_MUTANT_INNER"

// FuzzInner fails, where TestTold asks for it, on what only a made input holds.
func FuzzInner(fuzz *testing.F) {
	f := Of(fuzz)
	f.Add([]byte("seed"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, _ uint8) {
		if os.Getenv(inner) != "" && bytes.Contains(in, []byte{0xff}) {
			clear(in)
			t.FailNow()
		}
	})
}

// A failure is the same in every run, and what it prints is a file that go test
// tries from then on.
func TestTold(t *testing.T) {
	run := func(runs, dir string) string {
		cmd := exec.Command(must(t)(os.Executable()), "-test.run=^FuzzInner$", "-test.v")
		cmd.Env, cmd.Dir = append(os.Environ(), inner+"=1", Variable+"="+runs), dir
		out, err := cmd.CombinedOutput()
		if (err == nil) != (runs == "" && dir == "" || runs == "0") {
			t.Errorf("%s inputs: %v\n%s", runs, err, out)
		}
		return string(out)
	}
	out, times := run("400", ""), regexp.MustCompile(`\d+\.\d+s`)
	if again := run("400", ""); times.ReplaceAllString(again, "") != times.ReplaceAllString(out, "") {
		t.Errorf("two runs differ:\n%s\n%s", out, again)
	}
	_, kept, found := strings.Cut(out, "keep it as a file of testdata/fuzz/FuzzInner:\n")
	if !found {
		t.Fatal(out)
	}
	var text strings.Builder
	for line := range strings.Lines(kept) {
		if line = strings.TrimLeft(line, " "); line == "go test fuzz v1\n" || strings.HasPrefix(line, "[]byte(") || strings.HasPrefix(line, "byte(") {
			text.WriteString(line)
		}
		if strings.HasPrefix(line, "byte(") {
			break
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "testdata", "fuzz", "FuzzInner", "kept")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run("", dir); !strings.Contains(out, "FAIL: FuzzInner/kept") {
		t.Errorf("kept as\n%s\n%s", text.String(), out)
	}
	run("", "")
	run("0", "")
	if out := run("many", ""); !strings.Contains(out, "write how many inputs") {
		t.Error(out)
	}
}

func must(t *testing.T) func(string, error) string {
	return func(s string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}
