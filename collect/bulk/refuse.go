// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"haidang/collect"
)

// notAllowed is a method that a path does not offer, and those it does.
type notAllowed struct {
	collect.Problem
	allow string
}

func methodNotAllowed(methods ...string) error {
	return notAllowed{collect.ProblemFor(http.StatusMethodNotAllowed), strings.Join(methods, ", ")}
}

// Unwrap lets the intake count it as what it is.
func (n notAllowed) Unwrap() error { return n.Problem }

// cause is an error as Elasticsearch writes it.
type cause struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// causeOf gives the words of Elasticsearch for a status, by which shippers
// decide what to do; the reason is ours.
func causeOf(p collect.Problem) cause {
	types := map[int]string{
		http.StatusUnauthorized:          "security_exception",
		http.StatusForbidden:             "security_exception",
		http.StatusNotFound:              "resource_not_found_exception",
		http.StatusRequestEntityTooLarge: "content_too_long_exception",
		http.StatusTooManyRequests:       "es_rejected_execution_exception",
		http.StatusServiceUnavailable:    "unavailable_shards_exception",
		http.StatusInsufficientStorage:   "cluster_block_exception",
		http.StatusInternalServerError:   "exception",
	}
	c := cause{types[p.Status], p.Title + ". " + p.Detail}
	if c.Type == "" {
		c.Type = "illegal_argument_exception"
	}
	return c
}

// refuse answers the whole request with an error in Elasticsearch's form.
func (r *request) refuse(err error) {
	p := r.visit.Refuse(err)
	h := r.w.Header()
	p.Headers(h)
	switch p.Status {
	case http.StatusUnauthorized:
		for _, scheme := range []string{`Basic realm="haidang", charset="UTF-8"`, `Bearer realm="haidang"`, "ApiKey"} {
			h.Add("WWW-Authenticate", scheme)
		}
	case http.StatusRequestTimeout:
		h.Set("Connection", "close")
	}
	if n, ok := err.(notAllowed); ok {
		h.Set("Allow", n.allow)
	}
	c := causeOf(p)
	r.reply(p.Status, map[string]any{
		"error":  map[string]any{"root_cause": []cause{c}, "type": c.Type, "reason": c.Reason},
		"status": p.Status,
	})
}

// reply answers with JSON. HEAD gets the header alone.
func (r *request) reply(status int, body any) {
	r.w.Header().Set("Content-Type", "application/json")
	r.w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// Writing to a sender that has gone away fails; there is nobody to tell.
		_ = json.NewEncoder(r.w).Encode(body)
	}
}

// token finds a sensor's token where shippers can put one: Bearer, the password
// of Basic whatever the user, or the key of an ApiKey ("id:key" in base64).
func token(h http.Header) string {
	scheme, value, _ := strings.Cut(h.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	switch strings.ToLower(scheme) {
	case "bearer":
		return value
	case "basic":
		raw, _ := base64.StdEncoding.DecodeString(value)
		_, password, _ := strings.Cut(string(raw), ":")
		return password
	case "apikey":
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return value // the token itself
		}
		if _, key, two := strings.Cut(string(raw), ":"); two {
			return key
		}
		return string(raw)
	}
	return ""
}
