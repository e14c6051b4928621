// SPDX-License-Identifier: Apache-2.0

package mutant

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Variable names the environment variable that says how many inputs are made.
const Variable = "HAIDANG_MUTANTS"

// F is a testing.F whose Fuzz also tries inputs made from the seeds.
type F struct {
	*testing.F
	runs  int
	seeds [][]any
}

// Of is to be used in place of f. A number that cannot be read fails the target.
func Of(f *testing.F) *F {
	f.Helper()
	out := &F{F: f}
	if s := os.Getenv(Variable); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			f.Fatalf("%s=%q: write how many inputs are to be made, such as 1000", Variable, s)
		}
		out.runs = n
	}
	return out
}

// Add is [testing.F.Add]; the seed is also one to make inputs from.
func (f *F) Add(args ...any) {
	f.seeds = append(f.seeds, args)
	f.F.Add(args...)
}

// Fuzz is [testing.F.Fuzz] on the seeds and on what is made from them. An input
// that fails is printed as a file of testdata/fuzz holds it.
func (f *F) Fuzz(target any) {
	f.Helper()
	if f.runs == 0 {
		f.F.Fuzz(target)
		return
	}
	if len(f.seeds) == 0 {
		f.Fatal("no seed to make inputs from: Add one")
	}
	made := Make(f.Name(), f.seeds, f.runs)
	for _, args := range made {
		f.F.Add(args...)
	}
	f.Logf("%d inputs from %d seeds, %s", len(made), len(f.seeds), digest(made))
	f.F.Fuzz(telling(target))
}

// Make gives n inputs that follow from the name and the seeds alone.
func Make(name string, seeds [][]any, n int) [][]any {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	g := newGenerator(rand.New(rand.NewPCG(h.Sum64(), 1)), seeds)
	out := make([][]any, n)
	for i := range out {
		out[i] = g.input()
	}
	return out
}

// digest is the same for the same inputs.
func digest(inputs [][]any) string {
	h := fnv.New64a()
	for _, args := range inputs {
		_, _ = h.Write([]byte(file(args)))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// telling is the target that prints an input on which it fails.
func telling(target any) any {
	fn := reflect.ValueOf(target)
	return reflect.MakeFunc(fn.Type(), func(in []reflect.Value) []reflect.Value {
		t := in[0].Interface().(*testing.T)
		args := make([]any, len(in)-1)
		for i, v := range in[1:] {
			if args[i] = v.Interface(); v.Kind() == reflect.Slice {
				args[i] = slices.Clone(v.Bytes()) // the target may write into its own
			}
		}
		defer func() {
			if t.Failed() {
				t.Logf("keep it as a file of testdata/fuzz/%s:\n%s", strings.Split(t.Name(), "/")[0], file(args))
			}
		}()
		return fn.Call(in)
	}).Interface()
}

// file is an input in the form "go test fuzz v1" (go doc testing, cmd/go).
func file(args []any) string {
	var b strings.Builder
	b.WriteString("go test fuzz v1\n")
	for _, a := range args {
		switch v := a.(type) {
		case []byte:
			fmt.Fprintf(&b, "[]byte(%q)\n", v)
		case byte:
			fmt.Fprintf(&b, "byte(%q)\n", v)
		case string:
			fmt.Fprintf(&b, "string(%q)\n", v)
		default:
			fmt.Fprintf(&b, "%T(%v)\n", v, v)
		}
	}
	return b.String()
}
