// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"haidang/collect"
)

// Config says where the door stands and how index names map to formats.
type Config struct {
	// Mount is the path below which the door stands, as "/elastic"; empty for
	// the root, where shippers that cannot have a path look.
	Mount string
	// Aliases maps patterns of index and pipeline names (path.Match) to formats,
	// beside DefaultAliases. The longest matching pattern wins.
	Aliases map[string]string
	// MaxItems bounds the items of one request (100,000).
	MaxItems int
}

// DefaultAliases are names that shippers give to what formats are called here.
var DefaultAliases = map[string]string{
	"suricata*": "eve", "*-suricata-*": "eve", "*-suricata.*": "eve",
}

// Handler is the door.
type Handler struct {
	intake *collect.Intake
	config Config
	names  names
}

// New makes the door.
func New(c Config, i *collect.Intake) *Handler {
	c.Mount = strings.TrimRight(c.Mount, "/")
	if c.MaxItems <= 0 {
		c.MaxItems = 100_000
	}
	return &Handler{intake: i, config: c, names: newNames(i.Formats, c.Aliases)}
}

// request is one request at the door: its path below the mount, cut.
type request struct {
	*http.Request
	visit *collect.Visit
	w     http.ResponseWriter
	path  []string
	began time.Time
}

func (h *Handler) below(r *http.Request) ([]string, bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, h.config.Mount)
	if !ok || rest != "" && rest[0] != '/' {
		return nil, false
	}
	rest = strings.Trim(rest, "/")
	if rest == "" {
		return nil, true
	}
	return strings.Split(rest, "/"), true
}

// Wants reports whether a request is for this door rather than for a browser's
// pages at the same address: everything below a mount of its own; at the root
// the paths of Elasticsearch's API, and "/" itself when a client of
// Elasticsearch asks, not a browser.
func (h *Handler) Wants(r *http.Request) bool {
	path, ok := h.below(r)
	switch {
	case !ok:
		return false
	case h.config.Mount != "":
		return true
	case len(path) == 0:
		return elasticClient(r)
	case apis[path[0]] != nil:
		return true
	}
	return indexName(path[0]) && len(path) > 1 && writes(path)
}

// elasticClient tells a client of Elasticsearch from a browser.
func elasticClient(r *http.Request) bool {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-Elastic-Client-Meta") != "" ||
		strings.Contains(r.Header.Get("Accept"), "vnd.elasticsearch") {
		return true
	}
	agent := strings.ToLower(r.UserAgent())
	return slices.ContainsFunc(shippers, func(s string) bool { return strings.Contains(agent, s) })
}

var shippers = []string{"elastic", "beat", "logstash", "manticore", "fluent", "vector", "rsyslog", "syslog-ng", "opensearch"}

// indexName tells an index from an API: those begin with an underscore.
func indexName(s string) bool { return s != "" && s[0] != '_' }

// writes reports whether a path that begins with an index takes records.
func writes(path []string) bool {
	last := path[len(path)-1]
	switch len(path) {
	case 2:
		return last == "_bulk" || last == "_doc" || last == "_create"
	case 3:
		return last == "_bulk" || path[1] == "_doc" || path[1] == "_create"
	}
	return false
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := h.intake.Visit(w, r, "bulk")
	defer v.Close()
	// Official clients refuse to speak to a server that does not say this.
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	req := request{Request: r, visit: v, w: w, began: time.Now()}
	var ok bool
	if req.path, ok = h.below(r); !ok {
		req.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	if err := v.Authenticate(token(r.Header)); err != nil {
		req.refuse(err)
		return
	}
	h.route(&req)
}

func (h *Handler) route(r *request) {
	p := r.path
	if len(p) > 0 && indexName(p[0]) {
		switch {
		case !writes(p):
			r.refuse(collect.ProblemFor(http.StatusNotFound))
		case r.Method != http.MethodPost && r.Method != http.MethodPut:
			r.refuse(methodNotAllowed(http.MethodPost, http.MethodPut))
		case p[len(p)-1] == "_bulk":
			h.bulk(r, p[0])
		default:
			h.single(r, p[0])
		}
		return
	}
	name := ""
	if len(p) > 0 {
		name = p[0]
	}
	api := apis[name]
	if api == nil {
		r.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	if answer := api[r.Method]; answer != nil {
		answer(h, r)
		return
	}
	var allowed []string
	for m := range api {
		allowed = append(allowed, m)
	}
	slices.Sort(allowed)
	r.refuse(methodNotAllowed(allowed...))
}
