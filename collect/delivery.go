// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"net/http"
	"strconv"
	"strings"

	"haidang/event"
)

// Headers by which senders name their batches. Our sensors send spool and
// sequence, others may send an Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header).
const (
	HeaderKey      = "Idempotency-Key"
	HeaderSpool    = "Haidang-Spool"
	HeaderSequence = "Haidang-Sequence"
	HeaderShed     = "Haidang-Shed"
	HeaderReplay   = "Haidang-Replay"
)

// Delivery begins a delivery of the visiting sensor from the request's headers.
func (v *Visit) Delivery(format string) (event.Delivery, error) {
	d := event.Delivery{
		Sensor: v.Sensor.Name, Door: v.Door, Format: format,
		Received: event.TimeOf(v.intake.Now()), Replay: v.Sensor.Replay,
	}
	h := v.r.Header
	for name := range h {
		if len(h[name]) > 1 && (name == HeaderKey || strings.HasPrefix(name, "Haidang-")) {
			return d, badHeader(name, "send it once")
		}
	}
	key, ok := idempotencyKey(h.Get(HeaderKey))
	if !ok || len(h.Values(HeaderKey)) > 0 && key == "" {
		return d, badHeader(HeaderKey, "use 1 to 255 visible ASCII characters")
	}
	d.Key = key
	switch h.Get(HeaderReplay) {
	case "", "0":
	case "1":
		d.Replay = true
	default:
		return d, badHeader(HeaderReplay, "use 1 for a replay, or leave it out")
	}
	return d, numbering(&d, h)
}

func numbering(d *event.Delivery, h http.Header) error {
	var err error
	spool, seq, shed := h.Get(HeaderSpool), h.Get(HeaderSequence), h.Get(HeaderShed)
	if (spool == "") != (seq == "") {
		return badHeader(HeaderSpool, "it goes together with "+HeaderSequence)
	}
	if spool != "" {
		if len(spool) > 64 || !visible(spool) {
			return badHeader(HeaderSpool, "use 1 to 64 visible ASCII characters")
		}
		if d.SpoolSeq, err = strconv.ParseUint(seq, 10, 64); err != nil {
			return badHeader(HeaderSequence, "use a whole number from 0")
		}
		d.Spool = spool
	}
	if shed != "" {
		if d.Shed, err = strconv.ParseUint(shed, 10, 63); err != nil {
			return badHeader(HeaderShed, "use the number of records that were dropped")
		}
	}
	return nil
}

// idempotencyKey reads the header: a structured-field string as the draft says,
// or, as most senders do it, the bare key.
func idempotencyKey(s string) (string, bool) {
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		s = s[1 : n-1]
	}
	return s, len(s) <= 255 && visible(s)
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func badHeader(name, remedy string) Problem {
	return problem(http.StatusBadRequest, "header-invalid", "A header cannot be used", "%s: %s.", name, remedy)
}

// BearerToken gives the token of an Authorization: Bearer header (RFC 6750).
func BearerToken(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// UnknownFormat is the problem of a format that nobody here reads.
func (v *Visit) UnknownFormat(name string) Problem {
	if len(name) > 64 {
		name = name[:64]
	}
	return problem(http.StatusBadRequest, "format-unknown", "The format is not known",
		"%q is not a known format; known are %s.", name, strings.Join(v.intake.Formats.Names(), ", "))
}

// Empty is the problem of a body without a record.
func Empty() Problem {
	return problem(http.StatusBadRequest, "body-empty", "The body holds no record",
		"Send at least one record; a CSV body needs a row below its header row.")
}
