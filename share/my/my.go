// SPDX-License-Identifier: Apache-2.0

package my

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/share"
)

// Errors that those who keep things answer with.
var (
	ErrForbidden = errors.New("not for whoever asks")
	ErrInvalid   = errors.New("invalid")
)

// Config of the room.
type Config struct {
	Zone    *time.Location // of the times shown beside UTC; Vietnam's when nil
	Version string         // shown in the footer
	Replay  bool           // every page says so
	Origin  string         // the public address, before one-time links
}

// Dependencies of the room. All but Log and Now must be handed in.
type Dependencies struct {
	// Who says whose browser it is; false for nobody who is signed in.
	Who func(*http.Request) (classify.Viewer, bool)
	// Organisations gives those that the viewer acts for, then their clients.
	Organisations func(classify.Viewer) []Organisation
	// Incidents gives the viewer's own, worst first, with what was said of each.
	// cut says that there are older records than could be read.
	Incidents func(context.Context, classify.Viewer) (list classify.Released[[]event.Incident], cut bool, err error)
	// Community gives the newest of others' records in the viewer's sectors and of
	// the kinds that it follows.
	Community func(context.Context, classify.Viewer) (classify.Released[classify.Page], error)
	// Picture is asked for when a record last came.
	Picture func() classify.Released[event.Picture]
	// Why explains one record of an incident.
	Why func(ctx context.Context, v classify.Viewer, record event.Bytes16) (classify.Released[classify.Explanation], error)
	// Standing says which tiers the viewer may read among its own.
	Standing func(classify.Viewer) classify.Released[[]classify.Standing]
	// SetStatus keeps what a viewer says of an incident of an organisation that it
	// acts for. What cannot be kept as it is said is ErrInvalid.
	SetStatus func(ctx context.Context, v classify.Viewer, incident event.Bytes16, s event.Status, note string) error
	// History gives what was said of an incident, oldest first.
	History func(ctx context.Context, v classify.Viewer, i event.Incident) ([]Word, error)
	// SetContacts replaces whom an organisation wants to be told. Only its stewards
	// may: ErrForbidden to others. What cannot be kept is ErrInvalid.
	SetContacts func(ctx context.Context, v classify.Viewer, org uint32, contacts []identity.Contact) error
	// Identity is where stewards keep their own organisation's people, networks and
	// webhooks. The room asks it for nothing of others.
	Identity Identity
	// Deliveries gives what became of the messages to a contact, found by its
	// address, newest first. Nothing is shown when it is nil.
	Deliveries func(org uint32, email string) []Delivery
	// WriteCSV writes one line a sighting, to look for in the log of an address
	// translator.
	WriteCSV func(w io.Writer, lang string, zone *time.Location, list []event.Incident) error
	// Advise says what a type of problem means and what to do.
	Advise func(lang string, kind event.RSIT) event.Advice
	// Protect turns away changes that another site's page asks for.
	Protect func(http.Handler) http.Handler
	Assets  share.Assets
	Log     *slog.Logger
	Now     func() time.Time // time.Now when nil
}

// Identity is what stewards change, and who has a role; who makes a change is in
// the context (identity.As).
type Identity interface {
	People() []identity.Person
	Person(id string) (identity.Person, bool)
	Invitations() []identity.Invitation
	Invite(ctx context.Context, r identity.Role, note string) (string, identity.Invitation, error)
	Uninvite(ctx context.Context, id string) error
	Withdraw(ctx context.Context, person string, r identity.Role) error
	Claim(ctx context.Context, organisation uint32, network string) (identity.Network, error)
	Prove(ctx context.Context, organisation uint32, network string) error
	SetWebhook(ctx context.Context, organisation uint32, email, to string) (string, error)
}

// Organisation is one that concerns a viewer.
type Organisation struct {
	identity.Organisation
	Acts    bool // the viewer acts for it; else it is a client
	Steward bool // the viewer speaks for it
}

// Word is one line of an incident's history.
type Word struct {
	Status  event.Status
	Who     string // id of a person; empty: the observatory itself
	When    time.Time
	Note    string
	Relapse bool // reopened because it was seen again
}

// Server answers the room's addresses. It is immutable after New.
type Server struct {
	cfg   Config
	dep   Dependencies
	log   *slog.Logger
	now   func() time.Time
	langs []*language
}

// New reads catalogues and templates; it asks nobody anything.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Who == nil || dep.Organisations == nil || dep.Incidents == nil || dep.Community == nil || dep.Picture == nil ||
		dep.Why == nil || dep.Standing == nil || dep.SetStatus == nil || dep.History == nil || dep.SetContacts == nil || dep.Identity == nil ||
		dep.WriteCSV == nil || dep.Advise == nil || dep.Protect == nil || dep.Assets == nil {
		return nil, errors.New("my: everything but the log and the clock must be handed in")
	}
	s := &Server{cfg: cfg, dep: dep, log: cmp.Or(dep.Log, slog.New(slog.DiscardHandler)), now: dep.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.cfg.Zone = share.Zone(s.cfg.Zone)
	var err error
	if s.langs, err = readLanguages(s.cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	return s, nil
}
