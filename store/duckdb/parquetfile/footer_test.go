// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/store/storetest"
)

// everything says that all columns are wanted.
func everything() []bool {
	out := make([]bool, len(Columns))
	for i := range out {
		out[i] = true
	}
	return out
}

// What the footer says of the columns that are wanted is what the whole of it says.
func TestOpenColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	data := write(t, storetest.RandomBatch(r, 70_000), storetest.RandomBatch(r, 300), storetest.NewTelemetry(1).Batch(2000))
	whole, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	for range 20 {
		wanted := make([]bool, len(Columns))
		for i := range wanted {
			wanted[i] = r.IntN(3) == 0
		}
		some, err := OpenColumns(bytes.NewReader(data), int64(len(data)), wanted)
		if err != nil {
			t.Fatal(err)
		}
		if some.Groups() != whole.Groups() {
			t.Fatalf("%d row groups, want %d", some.Groups(), whole.Groups())
		}
		for g := range whole.Groups() {
			if some.Rows(g) != whole.Rows(g) {
				t.Fatalf("group %d has %d rows, want %d", g, some.Rows(g), whole.Rows(g))
			}
			for i := range Columns {
				want, _ := whole.chunk(g, i)
				got, err := some.chunk(g, i)
				if !wanted[i] {
					if err == nil {
						t.Fatalf("column %s was not wanted, and can be read", Columns[i].Name)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				less := *want
				less.Encoding, less.PathInSchema = nil, nil // nobody asks for them
				if d := cmp.Diff(less, *got); d != "" {
					t.Fatalf("column %s (-whole +some): %s", Columns[i].Name, d)
				}
			}
		}
		some.Close()
	}
}

// A column that an older file does not have reads as "not set".
func TestOpenColumnsOfOlderFile(t *testing.T) {
	all := Columns
	Columns = slices.Delete(slices.Clone(all), 30, 31)
	data := write(t, storetest.RandomBatch(rand.New(rand.NewPCG(42, 1)), 50))
	Columns = all
	r, err := OpenColumns(bytes.NewReader(data), int64(len(data)), everything())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range Columns {
		m, err := r.chunk(0, i)
		if err != nil || (m == nil) != (i == 30) {
			t.Errorf("column %s: there %v, %v", Columns[i].Name, m != nil, err)
		}
	}
}

// codedRows gives the text of each row of a column, by what it is marked as.
func codedRows(t *testing.T, r *Reader, group, i int) (out []string, ok bool) {
	t.Helper()
	var d Coded
	ok, err := r.Coded(group, i, &d)
	if err != nil || !ok {
		if err != nil {
			t.Fatal(err)
		}
		return nil, false
	}
	values := []string{""}
	for _, v := range d.Values {
		text := string(v)
		if Columns[i].Kind == Int32 {
			text = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(v)), 10)
		}
		values = append(values, text)
	}
	marks, places := make([]uint32, len(values)), make([]uint32, r.Rows(group))
	for k := range marks {
		marks[k] = uint32(k) << 1
	}
	for row := range places {
		places[row] = uint32(row & 1) // stays beside
	}
	if err := r.Mark(&d, marks, places); err != nil {
		t.Fatal(err)
	}
	unset := false
	for row, p := range places {
		if int(p&1) != row&1 {
			t.Fatalf("column %s, row %d: other bits of the key were changed", Columns[i].Name, row)
		}
		out = append(out, values[p>>1])
		unset = unset || p>>1 == 0
	}
	if unset != d.Unset {
		t.Fatalf("column %s: unset %v, told was %v", Columns[i].Name, unset, d.Unset)
	}
	return out, true
}

// What rows are marked by is the value that reading the column gives.
func TestCoded(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 1))
	constant := new(event.Batch)
	e := event.Event{}
	for i := range 500 {
		e.Reset()
		e.ID[0], e.Count, e.Observer, e.Source.Port = byte(i), 1, "đà-nẵng-3", 22
		constant.Append(&e)
	}
	for name, batches := range map[string][]*event.Batch{
		"random":    {storetest.RandomBatch(r, 1), storetest.RandomBatch(r, 3000)},
		"two pages": {storetest.RandomBatch(r, pageRows+900)},
		"telemetry": {storetest.NewTelemetry(1).Batch(5000)},
		"constant":  {constant},
	} {
		t.Run(name, func(t *testing.T) {
			data := write(t, batches...)
			f, err := OpenColumns(bytes.NewReader(data), int64(len(data)), everything())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			coded := 0
			for i := range Columns {
				got, ok := codedRows(t, f, 0, i)
				if !ok {
					continue
				}
				coded++
				c := &Columns[i]
				var v Vector
				if err := f.Column(0, i, &v); err != nil {
					t.Fatal(err)
				}
				for row := range got {
					want := ""
					if c.Kind == String {
						want = v.Dict.At(row)
					} else if x := v.Ints[row]; x != 0 || c.Required {
						want = fmt.Sprint(x)
					}
					if got[row] != want {
						t.Fatalf("column %s, row %d: %q, want %q", c.Name, row, got[row], want)
					}
				}
			}
			if coded < 20 {
				t.Errorf("only %d columns have dictionaries", coded)
			}
		})
	}
}

// Whatever is damaged, reading ends with an error or with values.
func TestDamagedFooter(t *testing.T) {
	r := rand.New(rand.NewPCG(44, 1))
	data := write(t, storetest.RandomBatch(r, 40))
	footer := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	refused := 0
	for range 3000 {
		in := slices.Clone(data)
		for range 1 + r.IntN(3) {
			in[len(in)-8-1-r.IntN(footer)] ^= byte(1 + r.IntN(255))
		}
		if r.IntN(4) == 0 {
			in[r.IntN(len(in))] ^= byte(1 + r.IntN(255))
		}
		f, err := OpenColumns(bytes.NewReader(in), int64(len(in)), everything())
		if err != nil {
			refused++
			continue
		}
		for g := range f.Groups() {
			if n := f.Rows(g); n < 0 || n > 1000 {
				continue
			}
			for i := range Columns {
				var d Coded
				if ok, err := f.Coded(g, i, &d); ok && err == nil {
					_ = f.Mark(&d, make([]uint32, len(d.Values)+1), make([]uint32, f.Rows(g)))
				}
				var v Vector
				_ = f.Pick(g, i, []int{0}, &v)
			}
		}
		f.Close()
	}
	if refused < 300 {
		t.Errorf("only %d of 3000 damaged footers were refused", refused)
	}
}

// A footer that claims more than it holds costs no memory.
func TestFooterClaims(t *testing.T) {
	for name, b := range map[string][]byte{
		"a list of billions":      {0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"structures without end":  bytes.Repeat([]byte{0x1c}, 1000),
		"lists without end":       bytes.Repeat([]byte{0x19}, 1000),
		"text of billions":        {0x18, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"a number without end":    bytes.Repeat([]byte{0x16, 0xff}, 20),
		"a map, which is nowhere": {0x1b, 0x01, 0x55, 0x01, 0x01, 0x00},
	} {
		if err := new(Reader).readFooter(b, everything()); err == nil {
			t.Errorf("%s was taken for a footer", name)
		}
	}
}
