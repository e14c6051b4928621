// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"time"

	"haidang/app/pipeline"
	"haidang/classify"
	"haidang/enrich"
	"haidang/event"
	"haidang/identity"
	"haidang/journal"
	"haidang/measure"
	"haidang/normalise"
	"haidang/normalise/clamav"
	"haidang/normalise/cowrie"
	"haidang/normalise/detection"
	"haidang/normalise/eve"
	"haidang/normalise/heartbeat"
	"haidang/normalise/shadowserver"
	"haidang/store"
)

// Kinds of the sidecars that rooms keep beside the records.
const (
	rollupKind = "rollup"
	ledgerKind = "ledger"
	ledgerKey  = "batches"
)

func (a *App) startFolder(context.Context) error {
	f, err := openFolder(a.cfg.Data)
	if err != nil {
		return err
	}
	a.life.add("data folder", func(context.Context) error { return f.close() })
	a.folder = f
	if a.zone, err = time.LoadLocation(a.cfg.Portal.Zone); err != nil {
		return err
	}
	a.home, _ = event.ParseCountry(a.cfg.Portal.Country)
	a.keys, err = f.keys()
	return err
}

func (a *App) startStore(ctx context.Context) (err error) {
	if a.store, err = newStore(a); err != nil {
		return err
	}
	if err := a.store.Start(ctx); err != nil {
		return err
	}
	a.life.add("store", a.store.Stop)
	a.commits = newCommits(a.store.Position())
	slots, err := a.store.Sidecars(accountingKind)
	if err != nil {
		return err
	}
	return a.accounts.load(slots, a.now())
}

func (a *App) startJournal(ctx context.Context) error {
	j, err := journal.New(a.journalConfig(), journal.Dependencies{Log: a.log, Metrics: a.metrics, Now: a.now})
	if err != nil {
		return err
	}
	if err := j.Start(ctx); err != nil {
		return err
	}
	a.life.add("journal", j.Stop)
	a.journal = j
	return nil
}

// journalConfig gives the journal its settings, where 0 means none and not the default.
func (a *App) journalConfig() journal.Config {
	c := journal.DefaultConfig()
	c.Dir, c.URL, c.Replicas = a.folder.join("journal"), a.cfg.Journal.URL, a.cfg.Journal.Replicas
	c.CA, c.Cert, c.Key = a.cfg.Journal.CA, a.cfg.Journal.Cert, a.cfg.Journal.Key
	c.MaxBytes = int64(a.cfg.Journal.MaxBytes)
	c.MaxBehind, c.HandoverBytes = int64(a.cfg.Journal.MaxBehind), int64(a.cfg.Journal.HandOver)
	c.BurstBytes = orNone(int64(a.cfg.Journal.Burst))
	c.MinFree, c.MinFreePercent = orNone(int64(a.cfg.Disk.MinFree)), orNone(int(a.cfg.Disk.MinFreePercent))
	return c
}

// orNone turns a setting of 0 into what the rooms take for none.
func orNone[N int | int64](n N) N {
	if n == 0 {
		return -1
	}
	return n
}

// recoverJournal puts back the batch ledger that the store committed and reads
// what came after. From here on the doors can be served.
func (a *App) recoverJournal(ctx context.Context) error {
	slots, err := a.store.Sidecars(ledgerKind)
	if err != nil {
		return err
	}
	for _, s := range slots {
		for _, cut := range s.Data {
			if err := a.journal.LedgerLoad(cut); err != nil {
				return fmt.Errorf("batch ledger: %w; restore the store from a backup", err)
			}
		}
	}
	return a.journal.Recover(ctx, a.store.Position())
}

func (a *App) startIdentity(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "identity")
	if err != nil {
		return err
	}
	i, err := identity.New(identity.Config{}, identity.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now, Bucket: b, Record: a.noteIdentity, Seal: a.keys.webhook,
	})
	if err != nil {
		return err
	}
	a.identity = i
	a.life.add("identity", i.Stop)
	return i.Start(ctx)
}

// readTables begins to read what enrichment looks addresses up in: nothing that
// follows needs it soon.
func (a *App) readTables(ctx context.Context) error {
	a.enricher = enrich.New(enrich.Config{
		Country: a.cfg.Enrich.Country, AS: a.cfg.Enrich.AS,
		Members: a.cfg.Enrich.Members, Benign: a.cfg.Enrich.Benign,
	}, enrich.Dependencies{Log: a.log, Metrics: a.metrics})
	a.life.add("enrichment", a.enricher.Stop)
	a.tables = a.beside("enrichment tables", func() error { return a.enricher.Start(ctx) })
	return nil
}

// startEnrich waits for the tables.
func (a *App) startEnrich(context.Context) error { return a.tables() }

// readCounts begins to read the counts that the store committed, beside the
// start of the journal.
func (a *App) readCounts(context.Context) error {
	a.measure = measure.New(measure.Config{
		Home: a.home, Zone: a.zone, SketchKey: a.keys.sketch, FoldBudget: int64(a.cfg.Measure.FoldMemory),
		Attic: a.cfg.Data, Recurring: recurring(),
	}, measure.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now,
		SensorInfo: func(name string) (event.Sensor, bool) { return a.identity.Sensor(name) },
		Open:       a.openInputs(),
		Kept:       a.keptRollup,
	})
	a.counts = a.beside("counts", a.loadCounts)
	return nil
}

// openInputs says which records count in figures: those whose source agreed to
// it, or whose label leaves them open. It is asked by one goroutine, after the
// policy was read.
func (a *App) openInputs() func(*event.Batch, int) bool {
	if ungated {
		return nil
	}
	var open *classify.Open
	return func(b *event.Batch, row int) bool {
		if open == nil {
			open = classify.NewOpen(a.rules())
		}
		return open.Counts(b, row)
	}
}

func (a *App) loadCounts() error {
	slots, err := a.keptRollups("")
	if err != nil {
		return err
	}
	if err := a.measure.Open(slots); err != nil {
		return fmt.Errorf("roll-up %w", err)
	}
	return nil
}

// keptRollups gives what the store keeps of the counts under the keys that begin so.
func (a *App) keptRollups(prefix string) ([]measure.Slot, error) {
	slots, err := a.store.Kept(rollupKind, prefix)
	if err != nil {
		return nil, err
	}
	out := make([]measure.Slot, len(slots))
	for i, s := range slots {
		out[i].Key = s.Key
		for _, p := range s.Parts {
			out[i].Parts = append(out[i].Parts, p)
		}
	}
	return out, nil
}

// keptRollup gives what the store keeps of the counts under one key.
func (a *App) keptRollup(key string) ([]measure.Kept, error) {
	slots, err := a.keptRollups(key)
	for _, s := range slots {
		if s.Key == key {
			return s.Parts, err
		}
	}
	return nil, err
}

// startMeasure waits for the counts.
func (a *App) startMeasure(ctx context.Context) error {
	if err := a.counts(); err != nil {
		return err
	}
	if err := a.startNotes(ctx); err != nil {
		return err
	}
	a.gate = a.gateBefore(a.measure).WithLattice(a.lattice())
	return nil
}

// gateBefore makes a gate before counts and stored records. All of them decide by
// the same policy and tell the same witness.
func (a *App) gateBefore(m *measure.Measure) *classify.Gate {
	g := classify.NewGate(m, within(records{a.store}), ledger{a}).WithRollups(newRollups(m, a.now))
	if ungated {
		return g
	}
	return g.WithPolicy(a.rules()).WithWitness(a.witness)
}

// rules are by what everything is decided: agreements, sharing groups, rulings.
func (a *App) rules() classify.Policy {
	return classify.Policy{Agreements: a.policy, Register: a.policy, Rulings: a.rulings}
}

func (a *App) startFormats(context.Context) error {
	c := normalise.Config{
		IDKey: a.keys.eventID, Now: a.now, MaxRecord: int(a.cfg.Ingest.MaxRecord),
		Internal: a.enricher.Internal, Secret: stateSecret,
	}
	if ungated {
		c.Secret = nil
	}
	a.normaliser = normalise.New(c, eve.New(), cowrie.New(), shadowserver.New(), clamav.New(), detection.New(), heartbeat.New())
	return nil
}

func (a *App) startPipeline(context.Context) error {
	a.pipeline = pipeline.New(pipeline.Config{
		Workers: a.cfg.Workers, CommitEvery: a.cfg.Store.Commit, Hold: int64(a.cfg.Store.Hold),
	}, pipeline.Parts{
		Log: a.log, Metrics: a.metrics,
		Consume:   a.journal.Consume,
		Normalise: func() pipeline.Chunker { return a.normaliser.Worker() },
		Enrich:    a.enrich,
		Sensor:    a.sensor,
		Add:       a.countBatch,
		Seen:      a.accounts.seen,
		Rejected:  a.accounts.rejected,
		Cut:       a.cut,
		Append:    a.store.Append,
		Commit:    a.commit,
		Watermark: a.measure.Watermark,
		Committed: func(p event.Position) { a.commits.reached(p); a.journal.Committed(p) },
		Failed:    a.fail,
	})
	a.pipeline.Start(a.store.Position())
	a.life.add("pipeline", a.pipeline.Stop)
	return nil
}

// enrich adds what tables know, and marks what analysts know to be benign.
func (a *App) enrich(b *event.Batch) {
	a.enricher.Batch(b)
	a.rulings.mark(b)
}

// sensor gives what is known of a sensor; one that was revoked since is still
// what it was when it sent the batch.
func (a *App) sensor(name string) event.Sensor {
	if s, ok := a.identity.Sensor(name); ok {
		return s
	}
	return event.Sensor{Name: name}
}

// cut gathers what measure, ledger and accounting changed, to be committed with
// the records that changed it.
func (a *App) cut() []store.Sidecar {
	a.takeLosses()
	out, err := a.accounts.cut()
	if err != nil {
		a.fail(err)
	}
	for _, p := range a.measure.Cut() {
		out = append(out, store.Sidecar{Kind: rollupKind, Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
	return a.cutLedger(a.cutParticipants(out))
}

// takeLosses moves what sensors say they lost, and what the doors refused, into
// measure and accounting.
func (a *App) takeLosses() {
	now := a.now()
	for sensor, total := range a.normaliser.TakeDrops() {
		a.accounts.dropped(sensor, int64(total-min(total, a.drops[sensor])), now)
		a.drops[sensor] = total
		a.measure.Drops(sensor, total)
	}
	intake := a.intake.Load()
	if intake == nil {
		return // the doors are not open yet
	}
	for _, r := range intake.Refused("*", now.Add(-2*time.Hour), now.Add(time.Hour)) {
		if r.Sensor != "" {
			a.accounts.refused(r.Sensor, r.Start, r.Requests)
		}
	}
}

// ledgerCuts is after how many cuts the whole ledger replaces them.
const ledgerCuts = 600

func (a *App) cutLedger(out []store.Sidecar) []store.Sidecar {
	a.ledgerCuts++
	if a.ledgerCuts%ledgerCuts == 0 {
		return append(out, store.Sidecar{Kind: ledgerKind, Key: ledgerKey, Replace: true, Data: a.journal.LedgerFull()})
	}
	if data := a.journal.LedgerCut(); len(data) > 0 {
		out = append(out, store.Sidecar{Kind: ledgerKind, Key: ledgerKey, Data: data})
	}
	return out
}
