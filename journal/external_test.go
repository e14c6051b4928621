// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// external starts a real server with a listener on loopback.
func external(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	// A server that comes back finds its port free: Linux has an address for it where
	// nobody else listens or calls from.
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = "127.77.0.1"
	}
	srv, err := server.NewServer(&server.Options{
		Host: host, Port: port, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true, NoLog: true,
		JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 16 << 20, DisableJetStreamBanner: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server did not start")
	}
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	return srv
}

func externalConfig(url string) Config {
	c := testConfig("")
	c.URL, c.Replicas, c.SingleServer = url, 1, true
	return c
}

func TestExternalServer(t *testing.T) {
	dir := t.TempDir()
	srv := external(t, dir, -1)
	c := externalConfig(srv.ClientURL())
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	// A server's usual limit of 1 MiB a message is kept.
	long := noise(r, 3<<20)
	first := mustSend(t, j, delivery("s", "long"), long, noise(r, 900<<10), "end\n")
	for i := range 20 {
		mustSend(t, j, delivery("s", fmt.Sprint(i)), fmt.Sprintln(i))
	}
	chunks := collect(t, j, 0)
	checkOrder(t, chunks)
	if len(chunks) != 23 || string(chunks[0].Data) != long {
		t.Errorf("%d chunks", len(chunks))
	}
	b, err := j.Bucket(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "k", []byte("v")); err != nil {
		t.Fatal(err)
	}

	// The server goes and comes back; the journal finds it by itself.
	port := srv.Addr().String()
	port = port[strings.LastIndex(port, ":")+1:]
	srv.Shutdown()
	srv.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r, err := send(ctx, j, delivery("s", "away"), "away\n"); err == nil {
		t.Errorf("acknowledged without a server: %+v", r)
	}
	var n int
	fmt.Sscan(port, &n)
	external(t, dir, n)
	sendUntilTaken(t, j, delivery("s", "away"), "away\n")
	closeJournal(t, j)
	j = open(t, c, 0, Dependencies{})
	if _, err := send(t.Context(), j, delivery("s", "long"), "x\n", long); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("other bytes under the key of %s: %v", first.Batch, err)
	}
}

func TestExternalChecks(t *testing.T) {
	srv := external(t, t.TempDir(), -1)
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "MEMORY", Subjects: []string{"haidang.journal.MEMORY"}, Storage: jetstream.MemoryStorage,
	}); err != nil {
		t.Fatal(err)
	}
	single := externalConfig(srv.ClientURL())
	memory := single
	memory.Stream = "MEMORY"
	three := single
	three.Replicas, three.SingleServer = 3, false
	nowhere := externalConfig("nats://127.0.0.1:1")
	for _, x := range []struct {
		word string
		c    Config
	}{{"storage", memory}, {"no cluster", three}, {"connecting", nowhere}} {
		j, err := New(x.c, Dependencies{Log: testLog(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Start(t.Context()); err == nil || !strings.Contains(err.Error(), x.word) {
			t.Errorf("%s: %v", x.word, err)
		}
	}
	for word, got := range map[string]jetstream.StreamConfig{
		"memory":   {Name: "x", Storage: jetstream.MemoryStorage},
		"throws":   {Name: "x", Discard: jetstream.DiscardOld, Replicas: 3},
		"replicas": {Name: "x", Discard: jetstream.DiscardNew, Replicas: 1},
	} {
		if err := checkStream(got, three, false); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
