// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/enrich/tables"
	"haidang/event"
)

// Config names the files; each may be left out.
type Config struct {
	Country string // MMDB with country codes, instead of the embedded table
	AS      string // MMDB with AS numbers, instead of the embedded table
	Members string // member networks, YAML or CSV (by the name's end)
	Benign  string // known-benign prefixes and rules, YAML
}

// Dependencies of the room.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Enricher is the room. Its questions may be asked by any number of goroutines
// once Start has returned.
type Enricher struct {
	cfg        Config
	log        *slog.Logger
	metrics    prometheus.Registerer
	state      atomic.Pointer[state]
	loading    sync.Mutex
	registered []Org // under loading
	scratch    sync.Pool

	records, marked prometheus.Counter
	reloads         *prometheus.CounterVec
}

// state is everything that a batch is enriched by; it is never changed.
type state struct {
	geo     *tables.Index
	names   tables.Names
	file    *Members // of the members file alone
	members *Members // with the register
	benign  *benignList
	files   []DataFile
}

// New is inert; Start loads the tables.
func New(cfg Config, dep Dependencies) *Enricher {
	e := &Enricher{cfg: cfg, log: dep.Log, metrics: dep.Metrics}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.scratch.New = func() any { return new(scratch) }
	e.records = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "haidang_enrich_records_total", Help: "Records enriched."})
	e.marked = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "haidang_enrich_benign_records_total", Help: "Records marked as known-benign."})
	e.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_enrich_reloads_total", Help: "Loads of the tables, by result."}, []string{"result"})
	return e
}

// Start loads the embedded and the configured files. A configured file that
// cannot be read is an error: starting without it would be starting wrong.
func (e *Enricher) Start(ctx context.Context) error {
	if e.metrics != nil {
		for _, c := range []prometheus.Collector{e.records, e.marked, e.reloads} {
			if err := e.metrics.Register(c); err != nil {
				return err
			}
		}
	}
	return e.Reload(ctx)
}

// Stop has nothing to end; the tables stay usable.
func (e *Enricher) Stop(context.Context) error { return nil }

// Reload reads the files again. Each part that reads well comes into force, all
// at once; of a broken one the old state stays, and the error says which and
// why. Before the first success everything must read well.
func (e *Enricher) Reload(ctx context.Context) error {
	e.loading.Lock()
	defer e.loading.Unlock()
	old := e.state.Load()
	next := &state{file: &Members{}, benign: &benignList{}}
	if old != nil {
		*next = *old
	}
	err := errors.Join(e.loadGeo(next), e.loadMembers(next), e.loadBenign(next))
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	next.members = join(next.file, e.registered)
	if err != nil {
		e.reloads.WithLabelValues("error").Inc()
		e.log.Error("enrich: a file was refused", "error", err)
		if old == nil {
			return err
		}
	} else {
		e.reloads.WithLabelValues("ok").Inc()
	}
	e.state.Store(next)
	e.log.Info("enrich: tables loaded", "organisations", len(next.members.orgs),
		"benign", len(next.benign.entries), "memory", next.geo.Bytes()+next.names.Bytes())
	return err
}

func (e *Enricher) loadMembers(next *state) error {
	if e.cfg.Members == "" {
		return nil
	}
	m, err := ReadMembers(e.cfg.Members)
	if err != nil {
		return err
	}
	next.file = m
	return nil
}

func (e *Enricher) loadBenign(next *state) error {
	if e.cfg.Benign == "" {
		return nil
	}
	l, err := readBenign(e.cfg.Benign)
	if err != nil {
		return err
	}
	next.benign = l
	return nil
}

// Lookup gives the country and the AS number of an address, zero where unknown.
func (e *Enricher) Lookup(a event.Addr) (event.Country, uint32) {
	return tables.Unpack(e.state.Load().geo.Find(&a))
}

// Internal reports whether an address lies in a member network.
func (e *Enricher) Internal(a event.Addr) bool {
	m := e.state.Load().members
	return m.prefixes != nil && m.prefixes.Find(&a) != 0
}

// ASName gives the name of an autonomous system; empty when it has none. Who
// shows it shows tables.ASAttribution as well, if the table is the embedded one.
func (e *Enricher) ASName(as uint32) string { return e.state.Load().names.Of(as) }

// Orgs gives the member organisations by id; the slice is not to be changed.
func (e *Enricher) Orgs() []Org { return e.state.Load().members.orgs }

// Org gives a member organisation.
func (e *Enricher) Org(id uint32) (Org, bool) {
	if o := e.state.Load().members.org(id); o != nil {
		return *o, true
	}
	return Org{}, false
}

// OrgName gives the name of a member organisation; empty when it is unknown.
func (e *Enricher) OrgName(id uint32) string {
	if o := e.state.Load().members.org(id); o != nil {
		return o.Name
	}
	return ""
}
