// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
)

func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func publicOf(k ed25519.PrivateKey, since, until event.Time) event.FigureKey {
	public := k.Public().(ed25519.PublicKey)
	return event.FigureKey{ID: KeyID(public), Public: public, Since: since, Until: until}
}

func sealed(t *testing.T, at time.Time) ([]byte, *event.CitedFigure) {
	t.Helper()
	c := sample(rand.New(rand.NewPCG(7, 7)))
	text, err := Canonical(c)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := seal(text, keyOf(1), "v1", at)
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// Documents of the first form, written by the program that knew no other, still verify,
// and are written again to their identical bytes.
func TestDocumentsOfTheFirstFormStillVerify(t *testing.T) {
	text, err := os.ReadFile("testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile("testdata/first.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(lines) {
		c, err := Verify(line, keys)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !bytes.Contains(c.Canonical, []byte(`"schema":"haidang.figure/1"`)) {
			t.Errorf("%s is not of the first form: %s", c.ID, c.Canonical)
		}
		again, err := Canonical(&c.CitedFigure)
		if err != nil || !bytes.Equal(again, c.Canonical) || ID(again) != c.ID {
			t.Errorf("%s is written as %s: %v", c.ID, again, err)
		}
		n++
	}
	if n != 12 {
		t.Errorf("%d documents", n)
	}
}

// What was cited in a form of before and says the same is not cited again; what says
// something else is its revision.
func TestAFigureOfAnOlderFormKeepsItsPlace(t *testing.T) {
	for _, form := range []int{1, FormOfWhole} {
		olderForm(t, form)
	}
}

func olderForm(t *testing.T, form int) {
	t.Helper()
	b := opened(t, &shelf{}, Config{}, func() time.Time { return noon })
	first := sample(rand.New(rand.NewPCG(9, 9)))
	first.Form, first.Figure.Panel = form, nil
	first.Figure.Rows = []event.FigureRow{{Group: []string{"a"}, Value: 5, PerDay: 5}}
	old, err := b.Cite(t.Context(), first, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	now := *first
	now.Form = 0
	now.Figure.Rows = []event.FigureRow{{Group: []string{"a"}, Value: 5, PerDay: 5, Rests: &event.FigureRests{Rests: event.RestsOnMost}}}
	if form == 1 {
		now.Figure.Rows[0].Hosts = &event.FigureUnits{Count: 2}
	}
	if same, err := b.Cite(t.Context(), &now, netip.Addr{}); err != nil || same.ID != old.ID || same.RevisedBy != "" {
		t.Errorf("%s %s %v, want %s", same.ID, same.RevisedBy, err, old.ID)
	}
	now.Figure.Rows[0].Value = 6
	other, err := b.Cite(t.Context(), &now, netip.Addr{})
	if err != nil || other.Revises != old.ID || other.Form != 0 {
		t.Errorf("%+v %v", other, err)
	}
}

func TestDocumentsVerify(t *testing.T) {
	d, c := sealed(t, noon)
	keys := []event.FigureKey{publicOf(keyOf(2), 0, event.TimeUnset), publicOf(keyOf(1), event.TimeOf(noon.Add(-time.Hour)), event.TimeUnset)}
	got, err := Verify(d, keys)
	if err != nil || got.Position != c.Position || got.Software != "v1" || got.Computed != event.TimeOf(noon) {
		t.Fatalf("%+v %v", got, err)
	}
	// However it is spaced, and whatever stands beside it.
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, []byte(strings.Replace(string(d), `{"figure"`, `{"unsigned":{"a":1.5},"figure"`, 1)), "", "  "); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(spaced.Bytes(), keys); err != nil {
		t.Error(err)
	}
	if _, err := Verify(d, keys[:1]); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("with another key: %v", err)
	}
	for _, late := range []event.FigureKey{
		publicOf(keyOf(1), event.TimeOf(noon.Add(time.Second)), event.TimeUnset), publicOf(keyOf(1), 0, event.TimeOf(noon.Add(-time.Second))),
	} {
		if _, err := Verify(d, []event.FigureKey{late}); !errors.Is(err, ErrSignature) {
			t.Errorf("a key that was not in use: %v", err)
		}
	}
}

// Whatever byte of a document is changed, it is not taken for what it was.
func TestNoByteCanBeChanged(t *testing.T) {
	d, _ := sealed(t, noon)
	keys := []event.FigureKey{publicOf(keyOf(1), 0, event.TimeUnset)}
	want, err := Verify(d, keys)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d {
		for _, bit := range []byte{1, 2, 16, 64} {
			changed := bytes.Clone(d)
			changed[i] ^= bit
			got, err := Verify(changed, keys)
			if err == nil && (!bytes.Equal(got.Canonical, want.Canonical) || got.Computed != want.Computed || got.Software != want.Software || got.ID != want.ID) {
				t.Fatalf("byte %d changed to %q: taken as another figure", i, changed[i])
			}
		}
	}
}

func TestKeysReadBack(t *testing.T) {
	keys := []event.FigureKey{publicOf(keyOf(1), event.TimeOf(noon), event.TimeOf(noon.Add(time.Hour))), publicOf(keyOf(2), event.TimeOf(noon.Add(time.Hour)), event.TimeUnset)}
	text, err := EncodeKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseKeys(text)
	if err != nil || len(got) != 2 || got[0].Until != keys[0].Until || got[1].Until.IsSet() || !bytes.Equal(got[1].Public, keys[1].Public) {
		t.Fatalf("%+v %v", got, err)
	}
	for change, want := range map[string]string{"Ed25519→RSA": "algorithm", keys[0].ID + "→" + keys[1].ID: "not the key of this id", "2026-→20x6-": "20x6", `"keys"→"keyz"`: "empty", "{→[": "figures.json"} {
		from, to, _ := strings.Cut(change, "→")
		if _, err := ParseKeys([]byte(strings.Replace(string(text), from, to, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

func TestWhatIsNoDocument(t *testing.T) {
	d, _ := sealed(t, noon)
	for _, text := range []string{"", "<html>", "{}", `{"figure":{}}`, strings.Replace(string(d), "2026-11-21T12:00:00Z", "yesterday", 1), strings.Replace(string(d), "haidang.figure/", "haidang.figure/9", 1)} {
		if _, err := Verify([]byte(text), nil); !errors.Is(err, ErrDocument) && !errors.Is(err, ErrForm) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	if _, _, err := seal(nil, keyOf(1), "v\n1", noon); err == nil {
		t.Error("a software version of two lines is signed")
	}
}

func FuzzVerify(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	text, err := Canonical(sample(rand.New(rand.NewPCG(7, 7))))
	if err != nil {
		f.Fatal(err)
	}
	_, d, err := seal(text, keyOf(1), "v1", noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d)
	keys := []event.FigureKey{publicOf(keyOf(1), 0, event.TimeUnset)}
	f.Fuzz(func(t *testing.T, document []byte) {
		if c, err := Verify(document, keys); err == nil && !bytes.Equal(c.Canonical, text) {
			t.Errorf("%s verifies", document)
		}
	})
}
