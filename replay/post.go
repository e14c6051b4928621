// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
)

// batch is some lines of one sensor, ready to be sent.
type batch struct {
	data    []byte
	records int
}

// mailer sends one sensor's batches in order, each once.
type mailer struct {
	site   *site
	token  string
	url    string
	spool  string
	seq    uint64
	client *http.Client
	zip    *zstd.Encoder
	queue  chan batch
	empty  chan []byte // buffers to be filled again
	filled batch       // what the player adds to; not the mailer's yet
	sent   func(records, bytes int)
	retry  func(error)
}

func newMailer(s *site, token, to, spool string, transport http.RoundTripper) (*mailer, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(256<<10))
	if err != nil {
		return nil, err
	}
	return &mailer{
		site: s, token: token, url: to + "/api/v1/ingest/" + s.format, spool: spool, zip: zip,
		client: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		queue:  make(chan batch, 4), empty: make(chan []byte, 6),
	}, nil
}

// run sends what is queued until the queue is closed, the context ends, or the
// door refuses for good.
func (m *mailer) run(ctx context.Context) error {
	defer m.zip.Close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b, more := <-m.queue:
			if !more {
				return nil
			}
			if err := m.send(ctx, b); err != nil {
				return fmt.Errorf("sensor %s: %w", m.site.Name, err)
			}
			select {
			case m.empty <- b.data[:0]:
			default:
			}
		}
	}
}

// send repeats until the door has the batch; it knows a repeated one by its
// number.
func (m *mailer) send(ctx context.Context, b batch) error {
	m.seq++
	body := m.zip.EncodeAll(b.data, nil)
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		pause, err := m.post(ctx, body)
		if err == nil {
			m.sent(b.records, len(b.data))
			return nil
		}
		if errors.As(err, new(refusedError)) || ctx.Err() != nil {
			return err
		}
		m.retry(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(wait, pause)):
		}
	}
}

// refusedError is an answer that a repetition does not change.
type refusedError struct{ text string }

func (e refusedError) Error() string { return e.text }

// post makes one request. The pause is what the door asked for.
func (m *mailer) post(ctx context.Context, body []byte) (pause time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return 0, refusedError{err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+m.token)
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Content-Encoding", "zstd")
	req.Header.Set("Haidang-Spool", m.spool)
	req.Header.Set("Haidang-Sequence", strconv.FormatUint(m.seq, 10))
	req.Header.Set("Haidang-Replay", "1")
	resp, err := m.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode == http.StatusOK {
		return 0, err
	}
	text := problemText(resp, answer)
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return 0, refusedError{text}
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, errors.New(text)
}

// problemText makes one line of a problem document (RFC 9457).
func problemText(resp *http.Response, answer []byte) string {
	var p struct{ Title, Detail string }
	if json.Unmarshal(answer, &p) != nil || p.Title == "" {
		return "the observatory answered " + resp.Status
	}
	return fmt.Sprintf("the observatory answered %d: %s. %s", resp.StatusCode, p.Title, p.Detail)
}
