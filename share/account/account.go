// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/identity"
	"haidang/share"
)

// Config of the room.
type Config struct {
	// Origin is the one address at which people sign in: "https://example.vn",
	// or "http://localhost:8080" on a machine of one's own.
	Origin    string
	Providers []Provider
	// OneFactor lets a link or a provider's word alone open what is below T3.
	OneFactor bool
	Zone      *time.Location // of the times shown; Vietnam's when nil
	Version   string         // shown in the footer
	Replay    bool           // every page says so
}

// Dependencies of the room.
type Dependencies struct {
	Identity *identity.Identity
	Assets   share.Assets
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time // time.Now when nil
	// Address finds who asks, for the limits on attempts; the connection's other
	// end when nil. A proxy's operator hands in what the proxy says.
	Address func(*http.Request) netip.Addr
	// Client talks to providers; one with a time-out when nil.
	Client *http.Client
}

// Server answers the room's addresses. Its methods may be called by any goroutine.
type Server struct {
	cfg       Config
	dep       Dependencies
	log       *slog.Logger
	now       func() time.Time
	origin    *url.URL
	langs     []*language
	providers map[string]*provider
	passkeys  *webauthn.WebAuthn // nil where the address is no name
	decoy     []byte             // a public key whose private key is forgotten
	flows     *flows
	byAddress *share.Limiter[string]
	byAccount *share.Limiter[string]
	logouts   *share.Limiter[string] // tokens of providers that were used
	signins   *prometheus.CounterVec
	cross     *http.CrossOriginProtection
}

// ErrOrigin says that nobody can sign in at the configured address. An
// observatory that only shows a replay may go on without this room.
var ErrOrigin = errors.New("portal.origin is no address at which people can sign in")

// New checks the configuration and reads templates and catalogues; it asks
// nobody anything.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Identity == nil || dep.Assets == nil {
		return nil, errors.New("account: identity and assets must be handed in")
	}
	origin, err := parseOrigin(cfg.Origin)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, dep: dep, log: dep.Log, now: dep.Now, origin: origin, cross: http.NewCrossOriginProtection()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.dep.Client == nil {
		// A provider answers where it was configured; it leads nowhere else.
		s.dep.Client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	s.cfg.Zone = share.Zone(s.cfg.Zone)
	s.flows = newFlows(s.now)
	s.byAddress = share.NewLimiter[string](30, 2*time.Second, s.now)
	s.byAccount = share.NewLimiter[string](10, 10*time.Second, s.now)
	s.logouts = share.NewLimiter[string](1, logoutLife, s.now)
	if s.providers, err = readProviders(cfg.Providers, s.redirectURL, s.dep.Client, s.now); err != nil {
		return nil, err
	}
	if err := s.preparePasskeys(); err != nil {
		return nil, err
	}
	if s.langs, err = readLanguages(s.cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	s.signins = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_account_signins_total", Help: "Attempts to sign in or step up, by way and result.",
	}, []string{"way", "result"})
	if dep.Metrics == nil {
		return s, nil
	}
	return s, dep.Metrics.Register(s.signins)
}

// Start asks the providers for their addresses, so that the first sign-in need
// not; one that does not answer is asked again when it is needed.
func (s *Server) Start(ctx context.Context) error {
	for _, p := range s.providers {
		go func() {
			if _, err := p.discover(context.WithoutCancel(ctx)); err != nil {
				s.log.Warn("a sign-in provider does not answer", "provider", p.cfg.ID, "error", err)
			}
		}()
	}
	return nil
}

// Stop has nothing to do.
func (s *Server) Stop(context.Context) error { return nil }

// parseOrigin refuses addresses at which a cookie would not be safe.
func parseOrigin(origin string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(origin, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("account: %w: %.200q: use a scheme and a host, such as https://example.vn", ErrOrigin, origin)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("account: %w: %.200q: use https; http is for localhost only", ErrOrigin, origin)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

func (s *Server) secure() bool { return s.origin.Scheme == "https" }

// address is whose attempts are counted together: an IPv4 address, or a /64 of
// IPv6, which is one household's or office's.
func (s *Server) address(r *http.Request) string {
	var a netip.Addr
	if s.dep.Address != nil {
		a = s.dep.Address(r)
	} else if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		a = ap.Addr()
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}
