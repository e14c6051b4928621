// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// wire reads a request's body as it came and ends the wait for a slow sender.
type wire struct {
	ahead   []byte // read before, and to be read again
	body    io.Reader
	control *http.ResponseController
	idle    time.Duration
	rate    int64 // bytes a second that a body must reach on average
	began   time.Time
	renewed time.Time
	bytes   int64
	err     error // what it ended with, io.EOF included
}

// errSlow, errGone: what the sender did, whatever the decoder makes of it.
var (
	errSlow = ProblemFor(http.StatusRequestTimeout)
	errGone = problem(400, "body-incomplete", "The body ends too early",
		"The connection ended within the body. Nothing was accepted; send the whole body again.")
)

func (w *wire) Read(p []byte) (int, error) {
	if len(w.ahead) > 0 {
		n := copy(p, w.ahead)
		w.ahead = w.ahead[n:]
		return n, nil
	}
	if w.err != nil {
		return 0, w.err
	}
	// The connection's deadline is real time, whatever clock the rest uses.
	if now := time.Now(); now.Sub(w.renewed) > w.idle/16 {
		w.renewed = now
		allowed := w.idle + time.Duration(w.bytes/w.rate)*time.Second
		deadline := now.Add(w.idle)
		if last := w.began.Add(allowed); last.Before(deadline) {
			deadline = last
		}
		// A server without deadlines (a test's recorder) cannot be made to wait.
		_ = w.control.SetReadDeadline(deadline)
	}
	n, err := w.body.Read(p)
	w.bytes += int64(n)
	w.err = wireError(err)
	if w.err == io.EOF {
		_ = w.control.SetReadDeadline(time.Time{})
	}
	return n, w.err
}

func wireError(err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	case errors.As(err, new(*http.MaxBytesError)):
		return ProblemFor(http.StatusRequestEntityTooLarge)
	}
	return errGone
}

// Body is a request's body, decoded, within the limits. Its errors are Problems.
type Body struct {
	wire     wire
	dec      decoder
	encoding string
	left     int64
	limit    int64
	packed   []byte // buffer of what wire reads again, see whole
}

// contentEncoding gives the Content-Encoding, several joined as RFC 9110 says.
func contentEncoding(h http.Header) string {
	return strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ",")))
}

// newBody makes a request's body ready to be read as it comes; open or whole follows.
func newBody(w http.ResponseWriter, r *http.Request, c Config) (*Body, error) {
	b := &Body{encoding: contentEncoding(r.Header), left: c.MaxBody, limit: c.MaxBody}
	if b.plain() && r.ContentLength > c.MaxBody {
		return nil, b.tooLarge()
	}
	b.wire = wire{
		body: r.Body, control: http.NewResponseController(w),
		idle: c.ReadIdle, rate: c.MinRate, began: time.Now(),
	}
	return b, nil
}

func (b *Body) plain() bool { return b.encoding == "" || b.encoding == "identity" }

// open puts the decoder in front.
func (b *Body) open(reserve func(int) error) (err error) {
	if b.dec, err = decode(&b.wire, b.encoding, reserve); err != nil {
		return b.blame(err)
	}
	return nil
}

func (b *Body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		p = p[:b.left+1] // one more tells a body that is too large from one that fits
	}
	n, err := b.dec.Read(p)
	if int64(n) > b.left {
		return 0, b.tooLarge()
	}
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		return n, b.blame(err)
	}
	return n, err
}

// blame says who is at fault: a sender that fell silent or went away, or the
// encoding.
func (b *Body) blame(err error) error {
	if b.wire.err != nil && b.wire.err != io.EOF {
		return b.wire.err
	}
	return decodeProblem(err, b.encoding)
}

// Decoded gives the decoded bytes read so far.
func (b *Body) Decoded() int64 { return b.limit - b.left }

// Close gives the decoder's memory back.
func (b *Body) Close() {
	if b.dec.close != nil {
		b.dec.close()
	}
	putBuffer(b.packed)
	b.packed = nil
}

func (b *Body) tooLarge() Problem {
	p := ProblemFor(http.StatusRequestEntityTooLarge)
	p.Detail = "A body may have " + bytesText(b.limit) + " once decoded. Nothing was accepted; send the records in several smaller batches."
	return p
}
