// SPDX-License-Identifier: Apache-2.0

package app

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
		a := newAnswers[int](time.Second, 10, time.Now)
		found := 0
		find := func() (int, error) {
			time.Sleep(50 * time.Millisecond)
			found++
			return found, nil
		}
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if n, err := a.get("q", find); n != 1 || err != nil {
					t.Error(n, err)
				}
			})
		}
		wait.Wait()
		time.Sleep(900 * time.Millisecond)
		if n, _ := a.get("q", find); n != 1 {
			t.Errorf("asked anew after less than a second")
		}
		time.Sleep(200 * time.Millisecond)
		if n, _ := a.get("q", find); n != 2 {
			t.Errorf("an answer older than a second was given")
		}
	})
}

func TestFailuresAreNotRemembered(t *testing.T) {
	a := newAnswers[int](time.Hour, 10, time.Now)
	wrong := errors.New("wrong")
	if _, err := a.get("q", func() (int, error) { return 0, wrong }); !errors.Is(err, wrong) {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = a.get("q", func() (int, error) { panic("fault") })
	}()
	if n, err := a.get("q", func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Error(n, err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	a := newAnswers[int](time.Hour, 100, time.Now)
	for i := range 1000 {
		if n, err := a.get(fmt.Sprint(i), func() (int, error) { return i, nil }); n != i || err != nil {
			t.Fatal(n, err)
		}
		if len(a.known) > 100 {
			t.Fatalf("%d answers are kept", len(a.known))
		}
	}
}
