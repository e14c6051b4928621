// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"

	"haidang/app"
	"haidang/app/admin"
	"haidang/config"
	"haidang/event"
	"haidang/replay/generate"
)

// TestProfile runs the whole path in one process and writes where the processor
// was: HAIDANG_PROFILE=cpu.pprof go test -run Profile ./bench
// (HAIDANG_PROFILE_RECORDS says how many records, HAIDANG_PROFILE_ENCODING in
// which content coding, HAIDANG_PROFILE_HEAP where a picture of the memory goes). The server's share is what does not come from
// replay/generate and the HTTP client.
func TestProfile(t *testing.T) {
	out := os.Getenv("HAIDANG_PROFILE")
	if out == "" {
		t.Skip("set HAIDANG_PROFILE to the file that the profile shall go to")
	}
	records := int64(1_200_000)
	if n, err := strconv.ParseInt(os.Getenv("HAIDANG_PROFILE_RECORDS"), 10, 64); err == nil {
		records = n
	}
	cfg := config.Default()
	cfg.Data, cfg.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
	a := app.New(cfg, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	desk, err := admin.Remote(cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	g, err := generate.New(generate.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := generate.Run(t.Context(), g, generate.RunConfig{
		To: a.Address(), Records: records, Encoding: os.Getenv("HAIDANG_PROFILE_ENCODING"),
	}, generate.Dependencies{
		Token: func(ctx context.Context, name string) (string, error) {
			tok, err := admin.Call[admin.Token](ctx, desk, admin.MethodSensorEnrol, event.Sensor{Name: name, Country: "VN"})
			return tok.Token, err
		},
		Ready: func() {
			if err := pprof.StartCPUProfile(file); err != nil {
				t.Error(err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// What is in memory now was allocated under full load.
	if path := os.Getenv("HAIDANG_PROFILE_HEAP"); path != "" {
		heap, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer heap.Close()
		if err := pprof.WriteHeapProfile(heap); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		st, err := admin.Call[admin.Status](t.Context(), desk, admin.MethodStatus, admin.None{})
		if err != nil {
			t.Fatal(err)
		}
		if st.Records >= got.Truth.Good() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d records are stored after five minutes", st.Records, got.Truth.Good())
		}
	}
	pprof.StopCPUProfile()
	t.Logf("%s\nstored %s after the last acknowledgement", got, time.Since(began).Round(time.Millisecond))
}
