// SPDX-License-Identifier: Apache-2.0

package door

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Config says where the door is and how to reach it.
type Config struct {
	To      string                 // https://observatory.example
	Token   func() (string, error) // asked for each request, so that it can be rotated
	CA      string                 // PEM file of further authorities; the system's alone when empty
	Timeout time.Duration          // of one request (2 min)
	Agent   string                 // User-Agent
}

// Batch is what one request carries.
type Batch struct {
	Format string
	Body   []byte // records, packed with zstd
	Key    string // Idempotency-Key; empty when Spool numbers the batch
	Spool  string
	Seq    uint64
	Shed   uint64 // records dropped before this batch
	Replay bool
}

// Receipt is the answer to a batch that is on the observatory's disk.
type Receipt struct {
	Batch     string `json:"batch"`
	Bytes     int64  `json:"bytes"`
	Records   int64  `json:"records"`
	Duplicate bool   `json:"duplicate"`
}

// State is what became of a batch.
type State struct {
	Batch       string           `json:"batch"`
	State       string           `json:"state"` // "journalled", then "committed"
	Records     int64            `json:"records"`
	Stored      int64            `json:"stored"`
	Duplicate   int64            `json:"duplicate"`
	Quarantined map[string]int64 `json:"quarantined"`
	Lines       []Line           `json:"lines"`
}

// Line is a record of a batch that was quarantined.
type Line struct {
	Line   int64  `json:"line"` // ordinal within the batch, from 1
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Client speaks to one observatory. It is safe for concurrent use.
type Client struct {
	config Config
	base   *url.URL
	http   *http.Client
}

// New checks the address and reads the authorities; it opens no connection.
func New(c Config) (*Client, error) {
	base, err := url.Parse(strings.TrimSuffix(c.To, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" {
		return nil, fmt.Errorf("%q is no address of an observatory; write it as in https://observatory.example", c.To)
	}
	if c.Timeout <= 0 {
		c.Timeout = 2 * time.Minute
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 15 * time.Second, IdleConnTimeout: 90 * time.Second,
		ResponseHeaderTimeout: c.Timeout, MaxIdleConnsPerHost: 4,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.CA != "" {
		if t.TLSClientConfig.RootCAs, err = authorities(c.CA); err != nil {
			return nil, err
		}
	}
	h := &http.Client{Transport: t, Timeout: c.Timeout, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		return fmt.Errorf("the address redirects to %s://%s; use that one", r.URL.Scheme, r.URL.Host)
	}}
	return &Client{c, base, h}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// Close gives idle connections up.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send makes one request. An error is an *Error where the observatory answered.
func (c *Client) Send(ctx context.Context, b Batch) (Receipt, error) {
	var r Receipt
	req, err := c.request(ctx, http.MethodPost, "/api/v1/ingest/"+url.PathEscape(b.Format), bytes.NewReader(b.Body))
	if err != nil {
		return r, err
	}
	h := req.Header
	h.Set("Content-Encoding", "zstd")
	h.Set("Content-Type", "application/octet-stream")
	if b.Key != "" {
		h.Set("Idempotency-Key", b.Key)
	}
	if b.Spool != "" {
		h.Set("Haidang-Spool", b.Spool)
		h.Set("Haidang-Sequence", strconv.FormatUint(b.Seq, 10))
	}
	if b.Shed > 0 {
		h.Set("Haidang-Shed", strconv.FormatUint(b.Shed, 10))
	}
	if b.Replay {
		h.Set("Haidang-Replay", "1")
	}
	_, err = c.do(req, &r)
	if err == nil && r.Batch == "" {
		err = errors.New("the answer is no receipt; is this an observatory?")
	}
	return r, err
}

// State asks what became of a batch, waiting for its commit that long at most.
func (c *Client) State(ctx context.Context, batch string, wait time.Duration) (State, error) {
	var s State
	path := "/api/v1/batches/" + url.PathEscape(batch)
	if wait > 0 {
		path += "?wait=" + wait.String()
	}
	req, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return s, err
	}
	_, err = c.do(req, &s)
	return s, err
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	token, err := c.config.Token()
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(token, " \r\n\t") || token == "" {
		return nil, errors.New("the token is empty or holds white space; give it as `haidang sensor enrol` printed it")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if c.config.Agent != "" {
		req.Header.Set("User-Agent", c.config.Agent)
	}
	return req, nil
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 1 << 20

// do gives the answer's header also with an error, if there was an answer.
func (c *Client) do(req *http.Request, out any) (http.Header, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is known; the method says nothing
		}
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if resp.StatusCode != http.StatusOK {
		return resp.Header, answered(resp, body)
	}
	if err != nil {
		return resp.Header, fmt.Errorf("the answer broke off: %w", err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return resp.Header, fmt.Errorf("the answer is not readable (%w); is this an observatory?", err)
	}
	return resp.Header, nil
}
