// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"

	"haidang/event"
	"haidang/normalise"
	"haidang/recording"
)

// What a mapper keeps of rules, of objects and of the order of members changes
// nothing: each line is mapped as a mapper does for which it is the first.
func TestWhatIsKeptChangesNothing(t *testing.T) {
	check := func(t *testing.T, all [][]byte) {
		t.Helper()
		r, c, m := rand.New(rand.NewPCG(8, 8)), testContext(t), New().NewMapper()
		for range 2 * len(all) {
			line := all[r.IntN(len(all))]
			switch at := r.IntN(len(line)); r.IntN(12) {
			case 0:
				line = bytes.Clone(line)
				line[at] = " \"\\{}[],:0a\xff"[r.IntN(12)]
			case 1: // one's beginning, another's end
				other := all[r.IntN(len(all))]
				line = append(bytes.Clone(line[:at]), other[min(at, len(other)):]...)
			}
			if kept, fresh := mapped(m, c, line), mapped(New().NewMapper(), c, line); kept != fresh {
				t.Fatalf("%s\nis mapped to %s\nby a mapper of its own to %s", line, kept, fresh)
			}
		}
	}
	t.Run("recording", func(t *testing.T) { check(t, recorded(t)) })
	t.Run("corpus", func(t *testing.T) {
		var all [][]byte
		for _, name := range []string{"zeek-traces.eve.json", "arkime-pcaps.eve.json"} {
			data := read(t, filepath.Join(corpusDir(t), "suricata", name))
			for i, line := range bytes.Split(data, []byte("\n")) {
				if len(line) > 0 && i%17 == 0 && len(all) < 1500 {
					all = append(all, line)
				}
			}
		}
		check(t, all)
	})
}

// mapped says all of a record in text.
func mapped(m normalise.Mapper, c *normalise.Context, line []byte) string {
	var e event.Event
	e.Reset()
	if err := m.Map(line, c, &e); err != nil {
		return err.Error()
	}
	e.Outline, e.Residual = "", event.AppendFilled(nil, e.Outline, e.Residual)
	v, out := reflect.ValueOf(e), ""
	for i := range v.NumField() {
		out += fmt.Sprintf("%s %q %v\n", v.Type().Field(i).Name, fmt.Sprint(v.Field(i)), v.Field(i))
	}
	return out
}

// recorded gives some lines of each sort of our own recording.
func recorded(t *testing.T) (all [][]byte) {
	t.Helper()
	for _, s := range recording.Streams() {
		if s.Name != "eve" {
			continue
		}
		in, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for i := 0; lines.Scan(); i++ {
			if i%29 == 0 {
				all = append(all, bytes.Clone(lines.Bytes()))
			}
		}
	}
	return all
}
