// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
)

// ErrNotRunning says that no server answers on the folder's socket.
var ErrNotRunning = errors.New("no observatory is running on this data folder")

// Caller reaches a Handler: over the socket or in this process.
type Caller interface {
	call(ctx context.Context, method string, raw []byte) (answer, error)
}

// Local calls a handler in this process.
func Local(h *Handler) Caller { return local{h} }

type local struct{ h *Handler }

func (l local) call(ctx context.Context, method string, raw []byte) (answer, error) {
	return l.h.call(ctx, method, raw), nil
}

// Remote calls the server that runs on a data folder.
func Remote(data string) (Caller, error) {
	path, err := SocketPath(data)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	return remote{&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}, nil
}

type remote struct{ http *http.Client }

func (r remote) call(ctx context.Context, method string, raw []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin/"+method, bytes.NewReader(raw))
	if err != nil {
		return answer{}, err
	}
	resp, err := r.http.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return answer{}, ErrNotRunning
	}
	if err != nil {
		return answer{}, fmt.Errorf("talking to the observatory: %w", err)
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return answer{}, fmt.Errorf("the observatory's answer is not readable: %w", err)
	}
	return a, nil
}

// Call sends in to a method and reads its result.
func Call[Out any](ctx context.Context, c Caller, method string, in any) (out Out, err error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	a, err := c.call(ctx, method, raw)
	if err != nil {
		return out, err
	}
	if a.Error != "" {
		return out, errors.New(a.Error)
	}
	return out, json.Unmarshal(a.Result, &out)
}
