// SPDX-License-Identifier: Apache-2.0

package share

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSameQuestionsShareOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAnswers[int](time.Second, 10, time.Now)
		found := 0
		find := func() (int, error) {
			time.Sleep(50 * time.Millisecond)
			found++
			return found, nil
		}
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if n, err := a.Get("q", find); n != 1 || err != nil {
					t.Error(n, err)
				}
			})
		}
		wait.Wait()
		time.Sleep(900 * time.Millisecond)
		if n, _ := a.Get("q", find); n != 1 {
			t.Errorf("asked anew after less than a second")
		}
		time.Sleep(200 * time.Millisecond)
		if n, _ := a.Get("q", find); n != 2 {
			t.Errorf("an answer older than a second was given")
		}
	})
}

func TestFailuresAreNotRemembered(t *testing.T) {
	a := NewAnswers[int](time.Hour, 10, time.Now)
	wrong := errors.New("wrong")
	if _, err := a.Get("q", func() (int, error) { return 0, wrong }); !errors.Is(err, wrong) {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = a.Get("q", func() (int, error) { panic("fault") })
	}()
	if n, err := a.Get("q", func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Error(n, err)
	}
}

// Who waited for an answer whose making panicked is told, and given nothing.
func TestWaitersHearOfAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAnswers[int](time.Hour, 10, time.Now)
		go func() {
			defer func() { _ = recover() }()
			_, _ = a.Get("q", func() (int, error) {
				time.Sleep(time.Second)
				panic("fault")
			})
		}()
		synctest.Wait()
		if _, err := a.Get("q", func() (int, error) { return 7, nil }); err == nil {
			t.Error("a waiter was given an answer that nobody found")
		}
	})
}

// A clock that is set back does not keep an answer for hours.
func TestAClockThatIsSetBack(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a := NewAnswers[int](time.Second, 10, func() time.Time { return now })
	n := 0
	find := func() (int, error) { n++; return n, nil }
	_, _ = a.Get("q", find)
	now = now.Add(-time.Hour)
	if got, _ := a.Get("q", find); got != 2 {
		t.Errorf("an answer from an hour ahead was given")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	a := NewAnswers[int](time.Hour, 100, time.Now)
	for i := range 1000 {
		if n, err := a.Get(fmt.Sprint(i), func() (int, error) { return i, nil }); n != i || err != nil {
			t.Fatal(n, err)
		}
		if len(a.known) > 100 {
			t.Fatalf("%d answers are kept", len(a.known))
		}
	}
}

// What is too old to be given takes no memory once others are asked for.
func TestOldAnswersAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	a := NewAnswers[int](time.Minute, 1000, func() time.Time { return now })
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			if _, err := a.Get(fmt.Sprint(i), func() (int, error) { return i, nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(0, 100)
	now = now.Add(30 * time.Second)
	ask(100, 200)
	now = now.Add(30 * time.Second)
	ask(200, 201)
	if n := len(a.known); n != 101 {
		t.Errorf("%d answers are remembered, want the last 101", n)
	}
}
