// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// requestTimeout bounds one question to the log.
	requestTimeout = 5 * time.Second
	// readyTimeout bounds how long the embedded log may take to read its folder.
	readyTimeout = 5 * time.Minute
	// room is kept free in a message for headers and the list of parts.
	room = 4 << 10
)

// link is one connection to a log: the embedded server and a client inside the
// process, or a client of an external server. A restart makes a new link.
type link struct {
	srv    *server.Server // nil when external
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	folder *folder // nil when external
	limit  int     // payload of one message, at most
	// alive ends when the link is closed, or the embedded log says that it could
	// not write: it then answers nothing, and takes nothing until it is restarted.
	alive context.Context
	kill  context.CancelFunc
}

func openLink(ctx context.Context, c Config, log *slog.Logger) (*link, error) {
	k := &link{}
	k.alive, k.kill = context.WithCancel(context.Background())
	if err := k.connect(c, log); err != nil {
		k.close()
		return nil, err
	}
	if err := k.openStream(ctx, c); err != nil {
		k.close()
		return nil, err
	}
	k.limit = min(c.MessageBytes, int(k.nc.MaxPayload())-room)
	if k.srv == nil {
		return k, nil
	}
	dir := filepath.Join(c.Dir, "jetstream", server.DEFAULT_GLOBAL_ACCOUNT, "streams", c.Stream, "msgs")
	k.folder = &folder{root: c.Dir, blocks: dir}
	if err := k.folder.open(); err != nil {
		k.close()
		return nil, fmt.Errorf("journal: syncing %s: %w", c.Dir, err)
	}
	return k, nil
}

func (k *link) connect(c Config, log *slog.Logger) error {
	var err error
	if c.URL == "" {
		if k.srv, err = startServer(c, serverLog{log, k.kill}); err != nil {
			return err
		}
		k.nc, err = nats.Connect("", nats.InProcessServer(k.srv), nats.Name("haidang"), nats.NoReconnect())
	} else {
		k.nc, err = nats.Connect(c.URL, externalOptions(c, log)...)
	}
	if err != nil {
		return fmt.Errorf("journal: connecting to the log: %w", err)
	}
	k.js, err = jetstream.New(k.nc, jetstream.WithDefaultTimeout(requestTimeout))
	return err
}

func externalOptions(c Config, log *slog.Logger) []nats.Option {
	o := []nats.Option{
		nats.Name("haidang"), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("external log: disconnected", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("external log: connected again") }),
	}
	if c.Credentials != "" {
		o = append(o, nats.UserCredentials(c.Credentials))
	}
	if c.CA != "" {
		o = append(o, nats.RootCAs(c.CA))
	}
	if c.Cert != "" {
		o = append(o, nats.ClientCert(c.Cert, c.Key))
	}
	return o
}

func startServer(c Config, log serverLog) (*server.Server, error) {
	srv, err := server.NewServer(&server.Options{
		ServerName: "haidang", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: c.Dir, SyncAlways: true,
		// The journal's own limit is the stream's; buckets are small and beside it.
		JetStreamMaxStore: 1 << 60, JetStreamMaxMemory: 16 << 20,
		MaxPayload: 8 << 20, MaxPending: 64 << 20,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("journal: embedded log: %w", err)
	}
	srv.SetLogger(log, false, false)
	srv.Start()
	if !srv.ReadyForConnections(readyTimeout) || !srv.JetStreamEnabled() {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("journal: the embedded log in %s did not start; the log lines above say why", c.Dir)
	}
	return srv, nil
}

func (k *link) openStream(ctx context.Context, c Config) error {
	replicas := c.Replicas
	if k.srv != nil {
		replicas = 1
	}
	want := jetstream.StreamConfig{
		Name: c.Stream, Subjects: []string{c.subject()},
		Description: "raw batches as they came",
		Storage:     jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		MaxBytes: c.MaxBytes, MaxMsgs: -1, MaxConsumers: -1, MaxMsgSize: -1, MaxMsgsPerSubject: -1,
		Duplicates: 100 * time.Millisecond, Replicas: replicas, AllowDirect: true,
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var err error
	k.stream, err = k.js.CreateOrUpdateStream(ctx, want)
	if err != nil {
		return fmt.Errorf("journal: opening stream %s: %w", c.Stream, explain(err))
	}
	return checkStream(k.stream.CachedInfo().Config, c, k.srv != nil)
}

// checkStream makes sure that an acknowledgement means what the documentation says.
func checkStream(got jetstream.StreamConfig, c Config, embedded bool) error {
	switch {
	case got.Storage != jetstream.FileStorage:
		return fmt.Errorf("journal: stream %s is kept in memory; it must be on file storage", got.Name)
	case got.Discard != jetstream.DiscardNew || got.MaxAge != 0:
		return fmt.Errorf("journal: stream %s throws old messages away by itself; set discard=new and no max age", got.Name)
	case !embedded && got.Replicas < 3 && !c.SingleServer:
		return fmt.Errorf("journal: stream %s has %d replicas; at least 3 are required", got.Name, got.Replicas)
	}
	return nil
}

func explain(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("the server has JetStream switched off: %w", err)
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == 10074 {
		return fmt.Errorf("the server is no cluster, so it cannot keep replicas; name a cluster, or allow a single server for a trial: %w", err)
	}
	return err
}

// up reports whether the log takes messages as far as can be seen from here.
func (k *link) up() bool {
	if k.alive.Err() != nil {
		return false
	}
	if k.srv != nil {
		return k.srv.JetStreamEnabled()
	}
	return k.nc.IsConnected()
}

func (k *link) close() {
	k.kill()
	if k.nc != nil {
		k.nc.Close()
	}
	if k.srv != nil {
		k.srv.Shutdown()
		k.srv.WaitForShutdown()
	}
}

func (c Config) subject() string { return "haidang.journal." + c.Stream }

// serverLog passes the embedded server's words on. What it notices at start is
// of no use to an operator. A failed write is told nowhere else than here.
type serverLog struct {
	log  *slog.Logger
	kill func()
}

func (s serverLog) Noticef(string, ...any)    {}
func (s serverLog) Debugf(string, ...any)     {}
func (s serverLog) Tracef(string, ...any)     {}
func (s serverLog) Fatalf(f string, v ...any) { s.Errorf(f, v...) }

func (s serverLog) Warnf(f string, v ...any) { s.log.Warn("embedded log: " + fmt.Sprintf(f, v...)) }

func (s serverLog) Errorf(f string, v ...any) {
	text := fmt.Sprintf(f, v...)
	s.log.Error("embedded log: " + text)
	for _, sign := range []string{"failed to store", "write error", "JetStream out of"} {
		if strings.Contains(text, sign) {
			s.kill()
		}
	}
}
