// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"haidang/app/admin"
	"haidang/event"
)

// keptBytes is how much of a quarantined record is kept; one that fills it may
// be cut short and is not sent again.
const keptBytes = 4 << 10

// replayQuarantine sends quarantined records that this version can read through
// the journal again, as new batches of their sensors. The key of a batch is
// made from what it holds, so that a second replay changes nothing. The records
// stay in quarantine: accounting says what happened, not what was wished.
func (a *App) replayQuarantine(ctx context.Context, q admin.QuarantineQuery) (out admin.Replayed, err error) {
	type key struct{ sensor, format string }
	bodies := map[key]*bytes.Buffer{}
	s := rejectQuery(q)
	s.Limit = 1000
	err = a.eachReject(ctx, s, func(r event.Reject) error {
		out.Tried++
		framing, known := a.normaliser.Framing(r.Format)
		switch {
		case r.Reason == event.ReasonLabel:
			out.Cut++ // nothing of it was kept
		case len(r.Bytes) >= keptBytes || !known || framing != event.FramingLines:
			out.Cut++
		case !a.readable(r):
			out.Again++
		default:
			k := key{r.Sensor, r.Format}
			if bodies[k] == nil {
				bodies[k] = new(bytes.Buffer)
			}
			bodies[k].Write(r.Bytes)
			bodies[k].WriteByte('\n')
			out.Sent++
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for k, body := range bodies {
		if out.Batch, err = a.resend(ctx, k.sensor, k.format, body.Bytes()); err != nil {
			return out, err
		}
	}
	return out, nil
}

// readable tries a record with today's mapping, without keeping the result.
func (a *App) readable(r event.Reject) bool {
	c := &event.Chunk{
		Delivery: event.Delivery{Sensor: r.Sensor, Door: "quarantine", Format: r.Format},
		Batch:    r.Batch, Seq: r.Seq, Offset: r.Offset, Records: 1,
		Data: append(bytes.Clone(r.Bytes), '\n'), Ingested: r.At,
	}
	var b event.Batch
	return len(a.normaliser.Worker().Chunk(c, a.sensor(r.Sensor), &b, nil)) == 0
}

func (a *App) resend(ctx context.Context, sensor, format string, body []byte) (string, error) {
	digest := sha256.Sum256(body)
	w, err := a.journal.Begin(event.Delivery{
		Sensor: sensor, Door: "quarantine", Format: format, Received: event.TimeOf(a.now()),
		Key: "quarantine-" + hex.EncodeToString(digest[:16]), Replay: a.sensor(sensor).Replay,
	})
	if err != nil {
		return "", err
	}
	if b := w.Body(); b != nil {
		_, _ = b.Write(body) // never fails
	}
	for len(body) > 0 {
		n := min(len(body), 512<<10)
		if cut := bytes.LastIndexByte(body[:n], '\n'); cut >= 0 {
			n = cut + 1
		}
		if err := w.Write(body[:n], bytes.Count(body[:n], []byte("\n")), nil); err != nil {
			w.Abort()
			return "", err
		}
		body = body[n:]
	}
	r, err := w.Commit(ctx)
	if err != nil {
		return "", fmt.Errorf("sending %s records of %s again: %w", format, sensor, err)
	}
	return r.Batch, nil
}
