// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// maxRequest bounds one request; commands are small.
const maxRequest = 1 << 20

// Handler answers methods. The zero Handler knows none; Handle adds them.
type Handler struct {
	methods map[string]func(context.Context, []byte) (any, error)
}

// Handle adds a method. In and Out are JSON; an unknown field in In is an
// error, so that an old client is not half understood.
func Handle[In, Out any](h *Handler, name string, f func(context.Context, In) (Out, error)) {
	if h.methods == nil {
		h.methods = map[string]func(context.Context, []byte) (any, error){}
	}
	h.methods[name] = func(ctx context.Context, raw []byte) (any, error) {
		var in In
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return f(ctx, in)
	}
}

// answer is what travels back: a result or a sentence.
type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func (h *Handler) call(ctx context.Context, name string, raw []byte) answer {
	f, ok := h.methods[name]
	if !ok {
		return answer{Error: fmt.Sprintf("the running observatory does not know %q; is it another version?", name)}
	}
	out, err := f(ctx, raw)
	if err != nil {
		return answer{Error: err.Error()}
	}
	result, err := json.Marshal(out)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Result: result}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw := make([]byte, 0, 512)
	body := http.MaxBytesReader(w, r.Body, maxRequest)
	d := json.NewDecoder(body)
	var in json.RawMessage
	if err := d.Decode(&in); err == nil {
		raw = in
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(h.call(r.Context(), r.PathValue("method"), raw))
}

// Server serves a Handler on the socket.
type Server struct {
	handler *Handler
	path    string
	http    *http.Server
}

// NewServer prepares a server; it listens from Start on.
func NewServer(data string, h *Handler) (*Server, error) {
	path, err := SocketPath(data)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /{method}", h)
	return &Server{handler: h, path: path, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
	}}, nil
}

// Start opens the socket for the user who runs the observatory, nobody else.
func (s *Server) Start() error {
	if err := prepare(s.path); err != nil {
		return fmt.Errorf("administration socket: %w", err)
	}
	l, err := net.Listen("unix", s.path)
	if err != nil {
		return fmt.Errorf("administration socket: %w", err)
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	go func() { _ = s.http.Serve(l) }()
	return nil
}

// Stop lets running commands finish and removes the socket.
func (s *Server) Stop(ctx context.Context) error { return s.http.Shutdown(ctx) }
