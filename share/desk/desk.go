// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/share"
)

// Config of the room.
type Config struct {
	Zone    *time.Location // of the times shown and typed; Vietnam's when nil
	Version string         // shown in the footer
	Replay  bool           // every page says so
	// Patience is how long a page waits for facets, counts and timeline: 3 s.
	Patience time.Duration
}

// Asker is who asks, as signed in.
type Asker struct {
	Viewer classify.Viewer
	Name   string // shown in the page's head
	Actor  string // as identity.As wants it
	Steady bool   // showed a passkey within minutes
}

// Act is what somebody did here, for the audit log.
type Act struct {
	What  string // search, read, quarantine, organisation, audit
	Kind  string // of the object: event, organisation, quarantine, network, audit
	IDs   []string
	Tier  string // of what was shown, where known
	Count int64
	Done  bool // false: refused
}

// Rejects sends quarantined records through the doors again.
type Rejects interface {
	Replay(ctx context.Context, q classify.RejectQuery) (Replayed, error)
}

// Replayed is what became of quarantined records that were tried again.
type Replayed struct{ Tried, Sent, Again, Cut int64 }

// Machine is an affected machine with one kind of problem.
type Machine struct {
	Addr     event.Addr
	AS       uint32
	Kind     event.RSIT
	Stage    event.Stage
	Severity uint8
}

// Share is how many machines and kinds somebody would have been told of.
type Share struct {
	Organisation  uint32 // 0: the national fallback inbox
	Before, After int
}

// Router says who would have been told of these machines if a prefix were
// another organisation's (0: nobody's).
type Router interface {
	Reassigned(prefix netip.Prefix, to uint32, machines []Machine) ([]Share, error)
}

// Dependencies of the room.
type Dependencies struct {
	Gate     *classify.Gate
	Identity *identity.Identity
	Assets   share.Assets
	Log      *slog.Logger
	Now      func() time.Time // time.Now when nil
	// Who says who is signed in; false for a stranger.
	Who func(*http.Request) (Asker, bool)
	// Note writes down what somebody did before they see it; its error prevents
	// the answer.
	Note func(context.Context, Asker, Act) error
	// Protect turns away changes that another site's page asks for.
	Protect func(http.Handler) http.Handler
	Rejects Rejects
	Router  Router
	Trail   Trail
	Rulings Rulings
}

// Server answers the room's addresses. Its methods may be called by any goroutine.
type Server struct {
	cfg   Config
	dep   Dependencies
	log   *slog.Logger
	now   func() time.Time
	langs []*language
}

// New reads templates and catalogues; it asks nobody anything.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Gate == nil || dep.Identity == nil || dep.Assets == nil || dep.Who == nil || dep.Note == nil ||
		dep.Protect == nil || dep.Rejects == nil || dep.Router == nil || dep.Trail == nil || dep.Rulings == nil {
		return nil, errors.New("desk: a neighbour was not handed in")
	}
	s := &Server{cfg: cfg, dep: dep, log: dep.Log, now: dep.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.cfg.Zone = share.Zone(s.cfg.Zone)
	if s.cfg.Patience == 0 {
		s.cfg.Patience = 3 * time.Second
	}
	var err error
	if s.langs, err = readLanguages(s.cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	return s, nil
}
