// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

func (p *places) all() []place {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]place(nil), p.list...)
}

// Every message lies where it was noted, over several block files. This is what
// a version of the server that lays its files out otherwise would break; readers
// would then ask the log.
func TestMessagesLieWhereTheyWereWritten(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	big := append(incompressible(700_000), '\n')
	for i := range 15 {
		mustSend(t, j, delivery("s", ""), string(big))
		mustSend(t, j, delivery("s", fmt.Sprint(i)), "a small one\n")
	}
	folder := j.link.Load().folder
	r := blockReader{usual: c.MessageBytes}
	defer r.close()
	blocks := map[uint64]bool{}
	all := j.places.all()
	if len(all) != int(j.State().Last) {
		t.Fatalf("%d places of %d messages", len(all), j.State().Last)
	}
	for _, at := range all {
		blocks[at.block] = true
		got, ok := r.message(folder, at)
		if !ok {
			t.Fatalf("message %d does not lie at %+v", at.seq, at)
		}
		want, err := j.read(t.Context(), at.seq)
		if err != nil {
			t.Fatal(err)
		}
		got.payload = nil
		if d := cmp.Diff(want, got, cmp.AllowUnexported(decoded{}, decodedPart{}, head{}, batchID{}, ref{}, raw{}), cmp.Comparer(bytes.Equal)); d != "" {
			t.Fatalf("message %d: %s", at.seq, d)
		}
	}
	if len(blocks) < 2 {
		t.Errorf("all messages lie in one block, so that nothing is known of the next")
	}
}

func TestAMessageThatLiesElsewhereIsNotTaken(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	for i := range 3 {
		mustSend(t, j, delivery("s", ""), fmt.Sprint("record ", i, "\n"))
	}
	folder, good := j.link.Load().folder, j.places.all()[1]
	for name, change := range map[string]func(*place){
		"another message": func(p *place) { p.nonce++ },
		"a byte before":   func(p *place) { p.end-- },
		"a byte behind":   func(p *place) { p.end++ },
		"shorter":         func(p *place) { p.end, p.size = p.end-1, p.size-1 },
		"longer":          func(p *place) { p.end, p.size = p.end+1, p.size+1 },
		"no nonce":        func(p *place) { p.size = 8 },
		"before the file": func(p *place) { p.end = 3 },
		"beyond the file": func(p *place) { p.end += 1 << 20 },
		"another block":   func(p *place) { p.block++ },
	} {
		t.Run(name, func(t *testing.T) {
			r := blockReader{usual: c.MessageBytes}
			defer r.close()
			bad := good
			change(&bad)
			if _, ok := r.message(folder, bad); ok {
				t.Error("it was taken")
			}
			if _, ok := r.message(folder, good); !ok {
				t.Error("and then the right one was not")
			}
		})
	}
	damaged, err := os.ReadFile(folder.name(good.block))
	if err != nil {
		t.Fatal(err)
	}
	damaged[good.end-recordSum-5] ^= 1
	if err := os.WriteFile(folder.name(good.block), damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	var r blockReader
	defer r.close()
	if _, ok := r.message(folder, good); ok {
		t.Error("a damaged message was taken")
	}
}

// Places that turn out wrong cost time and nothing else.
func TestWithoutPlacesTheLogIsAsked(t *testing.T) {
	c := testConfig(t.TempDir())
	c.HandoverBytes = 1
	j := open(t, c, 0, Dependencies{})
	gate := make(chan struct{})
	f := follow(t, j, func() { <-gate })
	data := benchLines(100)
	for range 40 {
		mustSend(t, j, delivery("s", ""), string(data))
	}
	j.places.mu.Lock()
	for i := range j.places.list {
		switch i % 3 {
		case 0:
			j.places.list[i].end -= 100
		case 1:
			j.places.list[i].block += 7
		}
	}
	j.places.mu.Unlock()
	close(gate)
	chunks := f.all(t, 40)
	if len(chunks) != 40 {
		t.Fatalf("%d chunks of 40", len(chunks))
	}
	for _, chunk := range chunks {
		if !bytes.Equal(chunk.Data, data) {
			t.Fatal("other bytes came back")
		}
	}
	if left := j.places.all(); len(left) != 0 {
		t.Errorf("%d places are kept of messages that were delivered", len(left))
	}
}

// What was removed may still lie in the files, and is read by nobody; what comes
// after it is found, wherever it lies now.
func TestWhatWasRemovedIsNotReadFromItsPlace(t *testing.T) {
	for name, remove := range map[string]func(j *Journal, ids []string, at []place) error{
		"purged": func(j *Journal, _ []string, at []place) error {
			return j.Purge(t.Context(), event.Position(at[2].seq))
		},
		"erased": func(j *Journal, ids []string, at []place) error {
			left, err := j.Erase(t.Context(), ids[:2], event.Position(at[1].seq))
			if len(left) > 0 {
				t.Errorf("%q are left", left)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t.TempDir())
			c.HandoverBytes = 1
			j := open(t, c, 0, Dependencies{})
			var ids []string
			for i := range 5 {
				ids = append(ids, mustSend(t, j, delivery("s", ""), fmt.Sprint("record ", i, "\n")).Batch)
			}
			if err := remove(j, ids, j.places.all()); err != nil {
				t.Fatal(err)
			}
			if left := j.places.all(); len(left) != 3 {
				t.Errorf("%d places are kept of 3 messages", len(left))
			}
			got := text(follow(t, j, func() {}).all(t, 3))
			want := map[string]string{ids[2]: "record 2\n", ids[3]: "record 3\n", ids[4]: "record 4\n"}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPlacesAreTakenInOrder(t *testing.T) {
	var p places
	for seq := range uint64(maxPlaces + 10) {
		p.add(place{seq: seq + 1})
	}
	if n := len(p.all()); n != maxPlaces {
		t.Errorf("%d places are kept, of %d at most", n, maxPlaces)
	}
	for _, c := range []struct {
		seq  uint64
		ok   bool
		left int
	}{{1, true, maxPlaces - 1}, {1, false, maxPlaces - 1}, {5, true, maxPlaces - 5}, {4, false, maxPlaces - 5}, {maxPlaces + 5, false, 0}, {7, false, 0}} {
		if at, ok := p.take(c.seq); ok != c.ok || ok && at.seq != c.seq || len(p.all()) != c.left {
			t.Errorf("%d: taken %v, %d left; want %v, %d", c.seq, ok, len(p.all()), c.ok, c.left)
		}
	}
}

func TestBuffersOfFullMessagesAreUsedAgain(t *testing.T) {
	r := blockReader{usual: 1000}
	full, small := r.room(900), r.room(499)
	if cap(full) < 1000 || cap(small) >= 1000 {
		t.Errorf("rooms of %d and %d bytes", cap(full), cap(small))
	}
	r.reuse(small)
	r.reuse(nil)
	for range spares + 1 {
		r.reuse(full)
	}
	if len(r.spare) != spares {
		t.Errorf("%d buffers are kept", len(r.spare))
	}
	if again := r.room(1000); &again[0] != &full[0] || len(again) != 1000 {
		t.Error("a new one was made")
	}
	if longer := r.room(1001); len(longer) != 1001 {
		t.Errorf("%d bytes for a longer one", len(longer))
	}
}
