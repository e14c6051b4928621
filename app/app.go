// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/app/collector"
	"haidang/app/pipeline"
	"haidang/audit"
	"haidang/classify"
	"haidang/collect"
	"haidang/config"
	"haidang/enrich"
	"haidang/event"
	"haidang/identity"
	"haidang/incident"
	"haidang/journal"
	"haidang/measure"
	"haidang/normalise"
	"haidang/participant"
	"haidang/series"
	"haidang/share/account"
	"haidang/share/live"
	"haidang/share/notice"
	"haidang/store"
	"haidang/vitals"
)

// App is the whole observatory. New is inert; Start and Stop act.
type App struct {
	cfg     config.Config
	log     *slog.Logger
	now     func() time.Time
	zone    *time.Location
	home    event.Country
	started time.Time
	life    lifecycle
	failed  chan error
	board   vitals.Board
	metrics *prometheus.Registry

	folder       *folder
	audit        *audit.Log
	backups      sync.Mutex      // held while a backup is written
	stopping     context.Context // ends when Stop is called
	stopNow      context.CancelFunc
	needed       atomic.Uint64 // journal position from which one needs all; 0: none is written
	keys         keys
	journal      *journal.Journal
	identity     *identity.Identity
	policy       *policy
	notes        *notebook // what was published
	rulings      *rulings
	enricher     *enrich.Enricher
	tables       func() error // waits for the enricher's tables
	measure      *measure.Measure
	participants *participant.Room
	pseudonyms   *pseudonyms
	counts       func() error // waits for the counts that the store committed
	heap         *heapBound   // nil where the environment's GOGC wins
	bulk         atomic.Bool  // records come in bulk
	store        store.Store
	normaliser   *normalise.Normaliser
	accounts     *accountant
	commits      *commits
	secrets      *secrets
	ledgerCuts   int               // used by the pipeline only
	drops        map[string]uint64 // last total that each sensor reported; likewise
	pipeline     *pipeline.Pipeline
	gate         *classify.Gate
	book         *incident.Book
	own          ownIncidents
	routed       atomic.Pointer[routes]
	intake       atomic.Pointer[collect.Intake] // nil until the doors open; commits may come before
	account      *account.Server
	notices      *notice.Notifier // nil where nobody is told
	citations    *citations
	series       *series.Shelf
	releases     *releaseDesk
	frames       *live.Server
	patterns     []string             // of all routes, for the access matrix
	collector    *collector.Collector // nil where nobody collects logs
	proxies      []netip.Prefix       // whose word on who asks is believed
	listener     net.Listener
	address      string
}

// New makes an observatory from a checked configuration.
func New(cfg config.Config, log *slog.Logger) *App {
	stopping, stopNow := context.WithCancel(context.Background())
	to := newCollector(cfg.Log)
	if to != nil {
		log = slog.New(to.Handler(log.Handler()))
	}
	return &App{
		stopping: stopping, stopNow: stopNow,
		cfg: cfg, proxies: proxiesOf(cfg.TLS), collector: to, log: log, now: time.Now, metrics: prometheus.NewRegistry(),
		life: lifecycle{log: log}, failed: make(chan error, 4), accounts: newAccountant(), drops: map[string]uint64{},
	}
}

// part is one room's start; its undoing is registered by itself.
type part struct {
	name  string
	start func(context.Context) error
}

// Start starts every room, in the order of the flow's dependencies. When one
// fails, those before it are stopped again.
func (a *App) Start(ctx context.Context) error {
	if ungated {
		a.log.Warn("this program lets everything through: it is built by bench, to measure what the gate costs, and is for nothing else")
	}
	return a.start(ctx, []part{
		{"data folder", a.startFolder},
		{"memory", a.boundMemory},
		{"processors", a.spareProcessors},
		{"audit log", a.startAudit},
		{"store", a.startStore},
		{"counts", a.readCounts},
		{"journal", a.startJournal},
		{"enrichment tables", a.readTables},
		{"log collector", a.startCollector},
		{"identity", a.startIdentity},
		{"policy", a.startPolicy},
		{"rulings", a.startRulings},
		{"incidents", a.startIncidents},
		{"participants", a.startParticipants},
		{"measure", a.startMeasure},
		{"citations", a.startCitations},
		{"series of others", a.startSeries},
		{"release desk", a.startReleases},
		{"journal recovery", a.recoverJournal},
		{"enrichment", a.startEnrich},
		{"register", a.startRegister},
		{"formats", a.startFormats},
		{"state secrets", a.startSecrets},
		{"pipeline", a.startPipeline},
		{"upkeep", a.startUpkeep},
		{"deciding", a.startDeciding},
		{"address", a.startListener},
		{"accounts", a.startAccount},
		{"notices", a.startNotices},
		{"administration", a.startAdministration},
		{"portal and doors", a.startHTTP},
		{"heap", a.boundHeap},
		{"bursts", a.followBursts},
		{"pages of the program", a.spareProgram},
	})
}

func (a *App) start(ctx context.Context, parts []part) error {
	a.started = a.now()
	for _, p := range parts {
		began := time.Now()
		if err := p.start(ctx); err != nil {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if stop := a.life.stop(stopping); stop != nil {
				a.log.Warn("after a failed start", "error", stop)
			}
			return a.noRoom(fmt.Errorf("%s: %w", p.name, err))
		}
		a.log.Debug("started", "part", p.name, "took", time.Since(began))
	}
	return nil
}

// beside begins work that need not be done at once, and gives how to wait for its
// end. Stopping waits too: the work uses parts that were started before it.
func (a *App) beside(name string, work func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- work() }()
	wait = sync.OnceValue(func() error { return <-done })
	a.life.add(name, func(context.Context) error {
		_ = wait() // whoever needs it was told what it says
		return nil
	})
	return wait
}

// Stop stops everything, last first: doors before the flow, the flow before the
// journal, so that what was acknowledged is committed or read again.
func (a *App) Stop(ctx context.Context) error {
	a.stopNow() // a backup that is being written is given up
	return a.life.stop(ctx)
}

// Address is where the portal answers, as in http://localhost:8080.
func (a *App) Address() string { return a.address }

// Failed delivers an error that the observatory cannot go on with.
func (a *App) Failed() <-chan error { return a.failed }

func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default: // one is enough to end
	}
}
