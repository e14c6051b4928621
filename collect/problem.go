// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is what a sender is told when it is refused (RFC 9457). It is an
// error, so that a door can return it; its text holds nothing of our inside.
type Problem struct {
	Status     int
	Code       string // stable, lower-case, dashed; the end of the type URN
	Title      string // the same for every occurrence of the code
	Detail     string // what is wrong here, and the remedy
	RetryAfter time.Duration
	Accept     string // Accept-Encoding, told with 415
}

func (p Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// problemURN begins every problem type; types are names, not addresses.
const problemURN = "urn:haidang:problem:"

// general gives the words for a status when nothing better is known.
var general = map[int]Problem{
	400: {Code: "bad-request", Title: "The request cannot be used", Detail: "Correct the request before sending it again."},
	401: {Code: "token-unknown", Title: "No valid token", Detail: "Send the token of an enrolled sensor as \"Authorization: Bearer TOKEN\"; haidang sensor enrol prints one."},
	403: {Code: "token-not-allowed", Title: "This token may not do that", Detail: "The token was revoked or is not a sensor's; use the token of an enrolled sensor."},
	404: {Code: "not-found", Title: "There is nothing here", Detail: "Check the path of the request."},
	405: {Code: "method-not-allowed", Title: "This method is not offered here", Detail: "Use one of the methods named in the Allow header."},
	408: {Code: "too-slow", Title: "The body came too slowly", Detail: "Nothing was accepted; send the batch again, in smaller parts if the line is slow."},
	409: {Code: "key-busy", Title: "The same batch is still being received", Detail: "Wait for the answer to the first request, then send this one again if it failed."},
	413: {Code: "body-too-large", Title: "The body is too large", Detail: "Nothing was accepted; send the records in several smaller batches."},
	415: {Code: "encoding-unknown", Title: "The Content-Encoding is not known", Detail: "Use identity, gzip, zstd or s2."},
	422: {Code: "key-mismatch", Title: "The key was used for other bytes", Detail: "Give every batch a key or number of its own, and send the same bytes when repeating one."},
	429: {Code: "behind", Title: "The observatory is behind", Detail: "Nothing was accepted; keep the batch and send it again after the time in Retry-After."},
	500: {Code: "internal", Title: "The observatory failed", Detail: "Nothing was acknowledged; send the batch again, and tell the operator the instance below if it fails again."},
	503: {Code: "unavailable", Title: "The observatory is not available", Detail: "Nothing was acknowledged; keep the batch and send it again later."},
	507: {Code: "disk-full", Title: "The observatory's disk is nearly full", Detail: "Nothing was accepted; keep the batch and send it again once the operator has made room."},
}

// ProblemFor gives the general problem of a status; unknown ones become 500.
func ProblemFor(status int) Problem {
	p, ok := general[status]
	if !ok {
		status = http.StatusInternalServerError
		p = general[status]
	}
	p.Status = status
	return p
}

func problem(status int, code, title, detail string, args ...any) Problem {
	return Problem{Status: status, Code: code, Title: title, Detail: fmt.Sprintf(detail, args...)}
}

// ProblemOf turns an error into what may be shown. A Problem is shown as it is;
// an error with HTTPStatus() int gets the words of that status, its Code()
// string and its RetryAfter() time.Duration where it has them. All else is 500.
func ProblemOf(err error) Problem {
	var p Problem
	if errors.As(err, &p) {
		return p
	}
	var s interface{ HTTPStatus() int }
	if !errors.As(err, &s) {
		return ProblemFor(http.StatusInternalServerError)
	}
	p = ProblemFor(s.HTTPStatus())
	var c interface{ Code() string }
	if errors.As(err, &c) && c.Code() != "" {
		p.Code = c.Code()
	}
	var a interface{ RetryAfter() time.Duration }
	if errors.As(err, &a) {
		p.RetryAfter = a.RetryAfter()
	}
	return p
}

// Headers sets what belongs to the problem's status.
func (p Problem) Headers(h http.Header) {
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	if p.Accept != "" {
		h.Set("Accept-Encoding", p.Accept)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// Write answers with the problem document; instance names this occurrence.
func (p Problem) Write(w http.ResponseWriter, instance string) {
	p.Headers(w.Header())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// Writing to a sender that has gone away fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(struct {
		Type     string `json:"type"`
		Title    string `json:"title"`
		Status   int    `json:"status"`
		Detail   string `json:"detail"`
		Instance string `json:"instance,omitempty"`
	}{problemURN + p.Code, p.Title, p.Status, p.Detail, instance})
}
