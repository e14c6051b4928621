// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"haidang/event"
	"haidang/share/live"
	"haidang/web"
)

// moving serves the whole portal with a picture that moves by itself.
func moving(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	attacks := &atomic.Int64{}
	attacks.Store(12340)
	begin := time.Now()
	return serving(t, func() event.Picture {
		since := time.Since(begin)
		pic := samplePicture(time.Now().UTC(), attacks.Load()+int64(since.Seconds()*12))
		pic.Rate = 12 + 3*float64(since.Milliseconds()%1000)/1000
		return pic
	}), attacks
}

// figureTime moves on as time does, from the moment that the small world ends at.
var figureTime = func() func() time.Time {
	begin := time.Now()
	return func() time.Time { return sampleTime.Add(time.Since(begin)) }
}()

// serving is the portal and the live stream of one picture on one address.
func serving(t *testing.T, picture func() event.Picture) *httptest.Server {
	t.Helper()
	assets, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	gate := settledGate(t, eventfulGate(picture, figureTime))
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	p, err := New(Config{Version: "test"}, Dependencies{
		Gate: gate, Assets: assets, Docs: os.DirFS("testdata/docs"), ASName: sampleNames, Log: log, Now: figureTime,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := live.New(live.Config{}, live.Dependencies{Gate: gate, ASName: sampleNames, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/live", l)
	mux.Handle("/", p.Handler())
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := l.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s
}

// TestServe stands for looking at the portal by hand: HAIDANG_SERVE=1m keeps
// the server up for a minute and prints its address.
func TestServe(t *testing.T) {
	keep, err := time.ParseDuration(os.Getenv("HAIDANG_SERVE"))
	if err != nil {
		t.Skip("HAIDANG_SERVE is not set")
	}
	s, _ := moving(t)
	t.Log(s.URL)
	if err := os.WriteFile(os.Getenv("HAIDANG_SERVE_FILE"), []byte(s.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	<-time.After(keep)
}
