// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type question struct{ Name string }

func handler() *Handler {
	var h Handler
	Handle(&h, "greet", func(_ context.Context, q question) (string, error) {
		if q.Name == "" {
			return "", errors.New("name: say whom to greet")
		}
		return "Xin chào " + q.Name, nil
	})
	return &h
}

func TestSocketAndLocalAnswerAlike(t *testing.T) {
	for name, depth := range map[string]int{"short path": 0, "path too long for a socket": 12} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), strings.Repeat("very-long/", depth))
			if err := os.MkdirAll(data, 0o700); err != nil {
				t.Fatal(err)
			}
			c, err := Remote(data)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Call[string](t.Context(), c, "greet", question{"An"}); !errors.Is(err, ErrNotRunning) {
				t.Fatalf("without a server: %v", err)
			}
			s, err := NewServer(data, handler())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			for _, c := range []Caller{c, Local(handler())} {
				checkAnswers(t, c)
			}
			if err := s.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := Call[string](t.Context(), c, "greet", question{"An"}); !errors.Is(err, ErrNotRunning) {
				t.Fatalf("after the server: %v", err)
			}
		})
	}
}

func checkAnswers(t *testing.T, c Caller) {
	t.Helper()
	if got, err := Call[string](t.Context(), c, "greet", question{"An"}); err != nil || got != "Xin chào An" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := Call[string](t.Context(), c, "greet", question{}); err == nil || !strings.Contains(err.Error(), "whom") {
		t.Errorf("an error sentence got lost: %v", err)
	}
	if _, err := Call[string](t.Context(), c, "leave", question{}); err == nil || !strings.Contains(err.Error(), "leave") {
		t.Errorf("unknown method: %v", err)
	}
}

func TestOnlyTheOwnerMayOpenTheSocket(t *testing.T) {
	data := t.TempDir()
	s, err := NewServer(data, handler())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Stop(t.Context())
	info, err := os.Stat(filepath.Join(data, "admin.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
}
