// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A snapshot is one line of JSON (the server's snapshotHead) and the bytes that
// the server's own snapshot of the stream consists of.
type snapshotHead struct {
	Config jetstream.StreamConfig `json:"config"`
	State  jetstream.StreamState  `json:"state"`
}

// chunkTimeout is how long a snapshot may stand still.
const chunkTimeout = 30 * time.Second

// Streams names what a backup must hold: the journal and its buckets.
func (j *Journal) Streams(ctx context.Context) ([]string, error) {
	k := j.link.Load()
	if k == nil {
		return nil, ErrStopped
	}
	if k.srv == nil {
		return nil, errors.New("journal: it is kept by external servers; back it up there with `nats stream backup`, one stream after the other")
	}
	var out []string
	names := k.js.StreamNames(ctx)
	for n := range names.Name() {
		if n == j.cfg.Stream || strings.HasPrefix(n, "KV_"+j.cfg.Stream+"_") {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, names.Err()
}

// Snapshot writes a stream as it is, messages and their positions, while it goes
// on: everything that was in it at the call, and perhaps some of what comes.
func (j *Journal) Snapshot(ctx context.Context, stream string, w io.Writer) error {
	k := j.link.Load()
	if k == nil {
		return ErrStopped
	}
	inbox := k.nc.NewInbox()
	sub, err := k.nc.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("journal: snapshot of %s: %w", stream, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	ask := server.JSApiStreamSnapshotRequest{DeliverSubject: inbox, NoConsumers: true, ChunkSize: 256 << 10, CheckMsgs: true}
	var head snapshotHead
	if err := k.ask(ctx, "$JS.API.STREAM.SNAPSHOT."+stream, ask, &head); err != nil {
		return fmt.Errorf("journal: snapshot of %s: %w", stream, err)
	}
	line, err := json.Marshal(head)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	if err == nil {
		err = receive(ctx, sub, w)
	}
	if err != nil {
		return fmt.Errorf("journal: snapshot of %s: %w", stream, err)
	}
	return nil
}

// receive takes chunks until the empty one, answering each so that the next
// comes.
func receive(ctx context.Context, sub *nats.Subscription, w io.Writer) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, chunkTimeout)
		m, err := sub.NextMsgWithContext(waiting)
		cancel()
		if err != nil {
			return err
		}
		if len(m.Data) == 0 {
			if s := m.Header.Get("Status"); s != "" && s != "204" {
				return fmt.Errorf("the server gave up: %s %s", s, m.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(m.Data); err != nil {
			return err
		}
		if m.Reply != "" {
			if err := m.Respond(nil); err != nil {
				return err
			}
		}
	}
}

// ask sends a question to the server's interface.
func (k *link) ask(ctx context.Context, subject string, question, answer any) error {
	raw, err := json.Marshal(question)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	m, err := k.nc.RequestWithContext(ctx, subject, raw)
	if err != nil {
		return err
	}
	return readAnswer(m.Data, answer)
}

func readAnswer(raw []byte, answer any) error {
	var failed struct {
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(raw, &failed); err != nil {
		return err
	}
	if failed.Error != nil {
		return errors.New(failed.Error.Description)
	}
	return json.Unmarshal(raw, answer)
}

// Rebuild makes an embedded log's folder (Config.Dir, which must not exist or be
// empty) out of snapshots, and checks that every stream is as it was.
func Rebuild(ctx context.Context, c Config, log *slog.Logger, snapshots []io.Reader) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k := &link{}
	k.alive, k.kill = context.WithCancel(context.Background())
	defer k.close()
	if err := k.connect(c.withDefaults(), log); err != nil {
		return err
	}
	for _, s := range snapshots {
		if err := k.rebuild(ctx, s); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

func (k *link) rebuild(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a snapshot has no head: %w", err)
	}
	var head snapshotHead
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("a snapshot has no head: %w", err)
	}
	name := head.Config.Name
	var to struct {
		Deliver string `json:"deliver_subject"`
	}
	if err := k.ask(ctx, "$JS.API.STREAM.RESTORE."+name, head, &to); err != nil {
		return fmt.Errorf("restoring %s: %w", name, err)
	}
	if err := k.feed(ctx, to.Deliver, in); err != nil {
		return fmt.Errorf("restoring %s: %w", name, err)
	}
	return k.compare(ctx, head)
}

// feed sends the snapshot piece by piece; an empty piece ends it.
func (k *link) feed(ctx context.Context, subject string, in io.Reader) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(in, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, readyTimeout)
		m, err := k.nc.RequestWithContext(waiting, subject, buf[:n])
		cancel()
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(m.Data)) > 0 {
			if err := readAnswer(m.Data, &struct{}{}); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
	}
}

// compare looks whether a stream holds at least what it held when its snapshot
// began: later messages may have come along.
func (k *link) compare(ctx context.Context, head snapshotHead) error {
	s, err := k.js.Stream(ctx, head.Config.Name)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	want, got := head.State, info.State
	if got.LastSeq < want.LastSeq || want.Msgs > 0 && got.FirstSeq > want.FirstSeq && head.Config.MaxMsgsPerSubject != 1 {
		return fmt.Errorf("%s holds messages %d to %d, the backup had %d to %d; take another backup",
			head.Config.Name, got.FirstSeq, got.LastSeq, want.FirstSeq, want.LastSeq)
	}
	return nil
}
