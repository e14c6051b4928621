// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"haidang/mutant"
)

// moment is what a kill would leave: the disk, and what the observatory knows.
type moment struct {
	what  string
	state string
	log   []byte
	o     *observatory
}

// A sensor is killed at every step that it makes on disk, and started again:
// each line arrives once, in order, whatever the moment.
func TestKilledAtEveryStep(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	o, d := newObservatory(t)
	spool, err := OpenSpool(state, 1<<30, testLog(t))
	must(t, err)
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	var moments []moment
	spool.disk.step = func(what string) {
		m := moment{what: what, state: filepath.Join(dir, fmt.Sprintf("moment-%03d", len(moments)))}
		must(t, os.CopyFS(m.state, os.DirFS(state)))
		m.log, err = os.ReadFile(w.path)
		must(t, err)
		m.o = o.copy()
		moments = append(moments, m)
	}
	f, err := NewFollower([]string{w.path}, nil, false, testLog(t))
	must(t, err)
	sender := NewSender(spool, d, false, testLog(t))
	// The same steps as collect and Run, one after the other.
	put := func() {
		var r records
		f.Read(&r, batchBytes, time.Now())
		_, err := spool.Put("eve", &r, f.Places())
		must(t, err)
	}
	send := func() {
		h, body, ok, err := spool.First()
		must(t, err)
		if ok {
			must(t, sender.deliver(t.Context(), h, body))
		}
	}
	for range 4 {
		w.lines(3)
		put()
		w.lines(2)
		w.text(line(w.n + 1)[:20])
		put()
		send()
		w.text(line(w.n + 1)[20:] + "\n")
		w.n++
		must(t, spool.Mark(f.Places()))
		put()
		send()
		send()
	}
	f.Close()
	must(t, spool.Close())
	if len(moments) < 60 {
		t.Fatalf("%d moments", len(moments))
	}
	all, err := os.ReadFile(w.path)
	must(t, err)
	want := numbered(1, w.n)
	for i, m := range moments {
		checkMoment(t, i, m, all, want)
	}
}

func checkMoment(t *testing.T, i int, m moment, all []byte, want []string) {
	t.Helper()
	// The log is the original file: its inode is what the places name.
	path := filepath.Join(filepath.Dir(m.state), "eve.json")
	must(t, os.WriteFile(path, all[:len(m.log)], 0o644))
	s := quick(t, m.state, m.o.serve(t), path)
	must(t, s.Start(t.Context()))
	w := newWriter(t, path)
	w.text(string(all[len(m.log):])) // the daemon writes on
	eventually(t, "everything arrives", func() bool { return len(m.o.lines()) >= len(want) })
	stop(t, s)
	if got := m.o.lines(); !slices.Equal(got, want) {
		t.Errorf("killed at step %d (%s): %d lines, want %d; first difference at %d", i, m.what, len(got), len(want), firstDifference(got, want))
	}
}

func TestDamagedBatchIsPutAside(t *testing.T) {
	dir := t.TempDir()
	spool, err := OpenSpool(dir, 1<<30, testLog(t))
	must(t, err)
	for range 3 {
		r := records{}
		r.add([]byte(line(1) + "\n"))
		_, err := spool.Put("eve", &r, nil)
		must(t, err)
	}
	must(t, os.Truncate(spool.path(2), 100))
	must(t, spool.Close())
	spool, err = OpenSpool(dir, 1<<30, testLog(t))
	must(t, err)
	defer func() { must(t, spool.Close()) }()
	must(t, os.Truncate(spool.path(3), 100)) // while running
	for n := 0; ; n++ {
		h, _, ok, err := spool.First()
		must(t, err)
		if !ok {
			if n != 1 {
				t.Errorf("%d whole batches", n)
			}
			break
		}
		must(t, spool.Sent(h))
	}
	r := records{}
	r.add([]byte(line(1) + "\n"))
	_, err = spool.Put("eve", &r, nil)
	must(t, err)
	if h, _, _, _ := spool.First(); h.Seq != 4 {
		t.Errorf("number %d was used before", h.Seq)
	}
}

func FuzzBatchFile(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	good, _ := encodeBatch(head{Seq: 3, Records: 1}, []byte("body"))
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, body, err := decodeBatch(data)
		if err == nil && (h.Length != len(body) || h.Version != stateVersion) {
			t.Fatalf("accepted %+v with %d bytes", h, len(body))
		}
	})
}
