// SPDX-License-Identifier: Apache-2.0

package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Verdict says what an error means for the batch.
type Verdict uint8

// Verdicts.
const (
	Later  Verdict = iota // the same request may be accepted later
	Never                 // these bytes will not be accepted
	Denied                // the token is refused: an operator has to act
)

// Error is a refusal that the observatory answered (RFC 9457).
type Error struct {
	Status     int
	Code       string // end of the problem's type, empty when it is no problem document
	Title      string
	Detail     string
	Request    string // names the request in the observatory's log
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the observatory answered %d", e.Status)
	if e.Title != "" {
		text += ": " + e.Title
	}
	if e.Detail != "" {
		text += ". " + e.Detail
	}
	return text
}

// Verdict says what the answer means for the batch.
func (e *Error) Verdict() Verdict {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Denied
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		// A proxy's answer says nothing about the bytes, and half a body may
		// come whole the next time.
		if e.Code == "" || e.Code == "body-incomplete" {
			return Later
		}
		return Never
	}
	return Later
}

// VerdictOf gives the verdict of any error; one without an answer means later.
func VerdictOf(err error) (Verdict, time.Duration) {
	var e *Error
	if errors.As(err, &e) {
		return e.Verdict(), e.RetryAfter
	}
	return Later, 0
}

func answered(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, Request: resp.Header.Get("Haidang-Request")}
	var p struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	media, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if media == "application/problem+json" && json.Unmarshal(body, &p) == nil {
		e.Title, e.Detail = p.Title, p.Detail
		e.Code = p.Type[strings.LastIndexByte(p.Type, ':')+1:]
	}
	if after := resp.Header.Get("Retry-After"); after != "" {
		if s, err := strconv.Atoi(after); err == nil && s >= 0 {
			e.RetryAfter = time.Duration(min(s, 3600)) * time.Second
		} else if at, err := http.ParseTime(after); err == nil {
			e.RetryAfter = min(max(0, time.Until(at)), time.Hour)
		}
	}
	return e
}
