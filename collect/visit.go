// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"haidang/event"
)

// Visit is one request at a door, from its header to its answer.
type Visit struct {
	ID     string // names the request in problems and in the log
	Door   string
	Sensor event.Sensor // after Authenticate

	intake  *Intake
	w       http.ResponseWriter
	r       *http.Request
	began   time.Time
	lease   *lease
	body    *Body
	cutters []*Cutter
}

// HeaderRequest tells the sender the name of its request.
const HeaderRequest = "Haidang-Request"

// Visit begins a request. Close must be called when it is answered.
func (i *Intake) Visit(w http.ResponseWriter, r *http.Request, door string) *Visit {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	v := &Visit{ID: hex.EncodeToString(id[:]), Door: door, intake: i, w: w, r: r, began: i.Now()}
	w.Header().Set(HeaderRequest, v.ID)
	return v
}

// Instance names this request in a problem document.
func (v *Visit) Instance() string { return "urn:haidang:request:" + v.ID }

// Authenticate finds the sensor that a token belongs to.
func (v *Visit) Authenticate(token string) error {
	if token == "" {
		return problem(http.StatusUnauthorized, "token-missing", "No token was sent", "%s", general[401].Detail)
	}
	s, err := v.intake.Sensors.Authenticate(token)
	if err != nil {
		return err
	}
	v.Sensor = s
	return nil
}

// Open makes the body ready to be read, decoded and within the limits. The
// sensor must be known.
func (v *Visit) Open() (*Body, error) {
	if err := v.prepare(); err != nil {
		return nil, err
	}
	return v.body, v.body.open(v.Reserve)
}

func (v *Visit) prepare() error {
	v.lease = v.intake.budget.open(v.Sensor.Name)
	if err := v.Reserve(smallBuffer); err != nil {
		return err
	}
	var err error
	v.body, err = newBody(v.w, v.r, v.intake.config)
	return err
}

// Records opens the body and cuts it into chunks; digest, when not nil, takes
// the decoded body. What comes in zstd is unpacked at once where it is not large.
func (v *Visit) Records(framing event.Framing, digest io.Writer) (*Cutter, error) {
	if err := v.prepare(); err != nil {
		return nil, err
	}
	w, err := v.body.whole(v.r.ContentLength, v.Reserve)
	if err != nil {
		return nil, err
	}
	if w != nil {
		if digest != nil {
			_, _ = digest.Write(w.room[:w.size]) // a hash takes everything
		}
		c := w.cutter(framing, v.intake.config.MaxRecord, v.Reserve)
		v.cutters = append(v.cutters, c)
		return c, nil
	}
	if err := v.body.open(v.Reserve); err != nil {
		return nil, err
	}
	src := io.Reader(v.body)
	if digest != nil {
		src = io.TeeReader(src, digest)
	}
	c := v.Cut(src, framing)
	if v.body.plain() {
		c.length = max(v.r.ContentLength, 0)
	}
	return c, nil
}

// Reserve asks for memory beyond what Open and Cut use; it is given back when
// the visit is closed or the body was read (Release).
func (v *Visit) Reserve(n int) error { return v.lease.take(v.r.Context(), n) }

// Cut cuts src, which reads from the visit's body, into chunks.
func (v *Visit) Cut(src io.Reader, framing event.Framing) *Cutter {
	c := NewCutter(src, framing, v.intake.config.MaxRecord, v.Reserve)
	v.cutters = append(v.cutters, c)
	return c
}

// Release gives the memory back before the journal is waited for.
func (v *Visit) Release() {
	for _, c := range v.cutters {
		v.intake.met.dropped.WithLabelValues(v.Door).Add(float64(c.Discarded()))
		c.Close()
	}
	v.cutters = nil
	if v.body != nil {
		v.body.Close()
		v.body = nil
	}
	if v.lease != nil {
		v.lease.free()
	}
}

// commitWait bounds how long the journal is waited for.
const commitWait = 30 * time.Second

// Commit waits until the batch is on disk. It waits even when the sender went
// away: the batch counts all the same, and an answer that nobody reads is no
// reason to count it as refused.
func (v *Visit) Commit(a Append) (event.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), commitWait)
	defer cancel()
	r, err := a.Commit(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return r, ProblemFor(http.StatusServiceUnavailable)
	}
	return r, err
}

// Close ends the visit.
func (v *Visit) Close() {
	v.Release()
	if v.lease != nil {
		v.lease.close()
		v.lease = nil
	}
}

// Problem turns an error into what the sender may read, whatever a neighbour's
// error says.
func (v *Visit) Problem(err error) Problem {
	var p Problem
	if !errors.As(err, &p) {
		p = v.intake.Classify(err)
	}
	var wait interface{ RetryAfter() time.Duration }
	if p.RetryAfter <= 0 && errors.As(err, &wait) {
		p.RetryAfter = wait.RetryAfter()
	}
	if p.RetryAfter <= 0 && (p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable) {
		p.RetryAfter = v.intake.config.RetryAfter
	}
	return p
}

// Refuse gives the Problem to answer, and counts and logs it.
func (v *Visit) Refuse(err error) Problem {
	p := v.Problem(err)
	v.hurry()
	now := v.intake.Now()
	v.intake.refused.add(v.Sensor.Name, now, p.Status, 1, 0)
	v.intake.met.refused.WithLabelValues(v.Sensor.Name, strconv.Itoa(p.Status)).Inc()
	v.intake.met.answered(v.Door, p.Status, now.Sub(v.began))
	level := slog.LevelInfo
	if p.Status >= 500 {
		level = slog.LevelWarn
	}
	if v.intake.quiet.AllowN(now, 1) {
		v.intake.Log.Log(v.r.Context(), level, "request refused", "request", v.ID, "door", v.Door,
			"sensor", v.Sensor.Name, "status", p.Status, "code", p.Code, "error", err.Error())
	}
	return p
}

// hurry bounds how long the server reads on before it answers: it likes to take
// the rest of a body that was refused, however slowly that comes.
func (v *Visit) hurry() {
	if v.body == nil || v.body.wire.err != io.EOF {
		_ = http.NewResponseController(v.w).SetReadDeadline(time.Now().Add(lastRead))
	}
}

const lastRead = time.Second

// RefuseItems counts items refused within a request that was accepted.
func (v *Visit) RefuseItems(status int, n int64) {
	if n == 0 {
		return
	}
	v.intake.refused.add(v.Sensor.Name, v.intake.Now(), status, 0, n)
	v.intake.met.items.WithLabelValues(v.Sensor.Name, strconv.Itoa(status)).Add(float64(n))
}

// Acknowledged counts a batch that is in the journal.
func (v *Visit) Acknowledged(format string, r event.Receipt) {
	if !r.Duplicate {
		v.intake.met.records.WithLabelValues(v.Door, format).Add(float64(r.Records))
		v.intake.met.bytes.WithLabelValues(v.Door).Add(float64(r.Bytes))
	}
	v.intake.Log.Debug("batch accepted", "request", v.ID, "door", v.Door, "sensor", v.Sensor.Name,
		"format", format, "batch", r.Batch, "records", r.Records, "bytes", r.Bytes, "duplicate", r.Duplicate)
}

// Answered counts a request that was answered well.
func (v *Visit) Answered() {
	v.intake.met.answered(v.Door, http.StatusOK, v.intake.Now().Sub(v.began))
}
