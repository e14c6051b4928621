// SPDX-License-Identifier: Apache-2.0

// Package mutant tries a fuzz target on inputs that are always the same.
//
// In come the seeds of a target (testing.F.Add); out go the seeds and, when
// HAIDANG_MUTANTS names a number, so many inputs made from them, as further
// seeds of an ordinary test. They follow from the target's name and its seeds
// alone: what a run says of the code does not depend on the machine, its speed
// or what else it does. The search for what is new stays with go test -fuzz,
// which this package leaves as it is; what that finds is committed under
// testdata/fuzz and tried by every go test.
//
// It may not read the clock, keep anything, or be imported by a program.
package mutant
