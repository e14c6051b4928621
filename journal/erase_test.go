// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"haidang/event"
)

// canary is no word that packing could find elsewhere.
const canary = "q7Zx-VK0w-9tRu-canary-Jd3m-Ys8P"

// filesWith names the files below a folder that hold the text.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestErasedMessagesAreGoneFromTheDisk(t *testing.T) {
	for name, at := range map[string]int{"the first": 0, "one between": 2, "the last": 4} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t.TempDir())
			j := open(t, c, 0, Dependencies{})
			var ids []string
			for i := range 5 {
				body := "record\n"
				if i == at {
					body = "secret " + canary + "\n"
				}
				ids = append(ids, mustSend(t, j, delivery("hue-1", ""), body).Batch)
			}
			if len(filesWith(t, c.Dir, canary)) == 0 {
				t.Fatal("the record is not on disk, so nothing can be seen here")
			}
			last := j.State().Last
			for range 2 { // again changes nothing
				if left, err := j.Erase(t.Context(), ids[at:at+1], last); err != nil || len(left) > 0 {
					t.Fatal(left, err)
				}
				if f := filesWith(t, c.Dir, canary); len(f) > 0 {
					t.Fatalf("still in %v", f)
				}
			}
			closeJournal(t, j)
			j = open(t, c, last, Dependencies{})
			if f := filesWith(t, c.Dir, canary); len(f) > 0 {
				t.Fatalf("in %v after a restart", f)
			}
			for i, id := range ids {
				f, found := j.Find(t.Context(), id)
				if held, err := j.Holds(t.Context(), event.Position(i+1)); err != nil || held != (i != at) || held != (found == nil) {
					t.Errorf("position %d: held %v, found %+v (%v, %v)", i+1, held, f, found, err)
				}
			}
			if _, err := j.Find(t.Context(), ids[at]); !errors.Is(err, ErrNotFound) {
				t.Errorf("the batch is found: %v", err)
			}
			r := mustSend(t, j, delivery("hue-1", ""), "after\n")
			want := append(slices.Delete(slices.Clone(ids), at, at+1), r.Batch)
			if got := readTo(t, j, 0, j.State().Last); !slices.Equal(got, want) {
				t.Errorf("kept %v, want %v", got, want)
			}
			if p, err := j.Before(t.Context(), time.Now().Add(time.Hour)); err != nil || p != j.State().Last {
				t.Errorf("before the next hour: %d, %v; want %d", p, err, j.State().Last)
			}
			if p, err := j.Before(t.Context(), time.Now().Add(-time.Hour)); err != nil || p != 0 {
				t.Errorf("before the last hour: %d, %v", p, err)
			}
		})
	}
}

func readTo(t *testing.T, j *Journal, after, to event.Position) (batches []string) {
	t.Helper()
	err := j.ReadTo(t.Context(), after, to, func(c event.Chunk) error {
		if c.Last {
			batches = append(batches, c.Batch)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

// A batch of many messages goes whole, however its pieces were cut.
func TestAllMessagesOfABatchAreErased(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 64 << 10
	j := open(t, c, 0, Dependencies{})
	mustSend(t, j, delivery("hue-1", ""), "before\n")
	long := noise(rand.New(rand.NewPCG(1, 2)), 300<<10) // one record over many messages
	r := mustSend(t, j, delivery("hue-1", ""), "first "+canary+"\n", long[:200<<10]+canary+"2"+long[200<<10:]+"\n", "last\n")
	if len(filesWith(t, c.Dir, canary+"2")) == 0 {
		t.Fatal("the record is not on disk, so nothing can be seen here")
	}
	messages, err := j.messagesOf(t.Context(), r.Batch)
	if err != nil || len(messages) < 4 {
		t.Fatal(messages, err)
	}
	if err := j.erase(t.Context(), slices.Min(messages)); err != nil { // and then a crash came
		t.Fatal(err)
	}
	if left, err := j.Erase(t.Context(), []string{r.Batch}, j.State().Last); err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	if f := append(filesWith(t, c.Dir, canary), filesWith(t, c.Dir, long[100<<10:100<<10+64])...); len(f) > 0 {
		t.Errorf("still in %v", f)
	}
}

// What a batch still needs that has not ended, or that the store has not
// committed, is never taken from it.
func TestErasingWaitsForOpenBatches(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 64 << 10
	j := open(t, c, 0, Dependencies{})
	slow, err := j.Begin(delivery("vinh-1", ""))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		if err := slow.Write([]byte(noise(r, 48<<10)), 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); j.State().Last == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no piece was written before the batch ended")
		}
	}
	secret := mustSend(t, j, delivery("hue-1", ""), canary+"\n")
	committed := j.State().Last
	ids := []string{secret.Batch}
	if left, err := j.Erase(t.Context(), ids, committed); err != nil || len(left) != 1 {
		t.Fatalf("while a batch is open: %v %v", left, err)
	}
	ended, err := slow.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left, err := j.Erase(t.Context(), ids, committed); err != nil || len(left) != 1 {
		t.Fatalf("while the store has not committed it: %v %v", left, err)
	}
	if got := readTo(t, j, 0, j.State().Last); !slices.Contains(got, ended.Batch) {
		t.Fatalf("the open batch is lost: %v", got)
	}
	if left, err := j.Erase(t.Context(), ids, j.State().Last); err != nil || len(left) > 0 {
		t.Fatalf("after the commit: %v %v", left, err)
	}
	if f := filesWith(t, j.cfg.Dir, canary); len(f) > 0 {
		t.Errorf("still in %v", f)
	}
	if left, err := j.Erase(t.Context(), []string{"nonsense"}, 1); err == nil {
		t.Errorf("nonsense was taken as a batch: %v", left)
	}
}
