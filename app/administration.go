// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/config"
	"haidang/event"
	"haidang/store"
	"haidang/vitals"
)

func (a *App) startAdministration(context.Context) error {
	s, err := admin.NewServer(a.folder.path, a.administration())
	if err != nil {
		return err
	}
	if err := s.Start(); err != nil {
		return err
	}
	a.life.add("administration", s.Stop)
	return nil
}

// Administer runs do against the observatory that runs on the configured data
// folder or, when none runs, against the folder itself, opened for as long as
// do takes.
func Administer(ctx context.Context, cfg config.Config, log *slog.Logger, do func(admin.Caller) error) error {
	remote, err := admin.Remote(cfg.Data)
	if err != nil {
		return err
	}
	err = do(remote)
	if !errors.Is(err, admin.ErrNotRunning) {
		return err
	}
	a := New(cfg, log)
	err = a.start(ctx, []part{
		{"data folder", a.startFolder},
		{"audit log", a.startAudit},
		{"store", a.startStore},
		{"counts", a.readCounts},
		{"journal", a.startJournal},
		{"identity", a.startIdentity},
		{"policy", a.startPolicy},
		{"rulings", a.startRulings},
		{"enrichment tables", a.readTables},
		{"measure", a.startMeasure},
		{"citations", a.startCitations},
		{"series of others", a.startSeries},
		{"release desk", a.startReleases},
		{"enrichment", a.startEnrich},
		{"journal recovery", a.recoverJournal},
		{"formats", a.startFormats},
	})
	if err != nil {
		return err
	}
	err = do(admin.Local(a.administration()))
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, a.Stop(stopping))
}

// administration offers the methods of the socket.
func (a *App) administration() *admin.Handler {
	h := new(admin.Handler)
	a.sensorMethods(h)
	a.policyMethods(h)
	a.organisationMethods(h)
	a.personMethods(h)
	a.tokenMethods(h)
	admin.Handle(h, admin.MethodQuarantineList, audited(a, audit.Quarantine, aboutQuarantine, a.listQuarantine))
	admin.Handle(h, admin.MethodQuarantineReplay, audited(a, audit.Quarantine, aboutQuarantine, a.replayQuarantine))
	admin.Handle(h, admin.MethodFigureKeyRotate, a.rotateFigureKey)
	admin.Handle(h, admin.MethodFigureReplay, a.replayFigure)
	admin.Handle(h, admin.MethodSeriesImport, a.importSeries)
	admin.Handle(h, admin.MethodBackup, a.writeBackup)
	admin.Handle(h, admin.MethodReload, a.reload)
	admin.Handle(h, admin.MethodStatus, a.status)
	return h
}

func (a *App) sensorMethods(h *admin.Handler) {
	admin.Handle(h, admin.MethodSensorRotate, failures(a, audit.Sensor, aboutSensorNamed, func(ctx context.Context, n admin.Name) (admin.Token, error) {
		token, err := a.identity.Rotate(ctx, n.Name)
		return admin.Token{Token: token}, err
	}))
	admin.Handle(h, admin.MethodSensorRevoke, failures(a, audit.Sensor, aboutSensorNamed, func(ctx context.Context, n admin.Name) (admin.None, error) {
		return admin.None{}, a.identity.Revoke(ctx, n.Name)
	}))
	admin.Handle(h, admin.MethodSensorList, a.listSensors)
}

func (a *App) listSensors(context.Context, admin.None) ([]admin.Sensor, error) {
	seen := map[string]event.SensorState{}
	for _, s := range a.measure.Picture().Sensors {
		seen[s.Name] = s
	}
	out := []admin.Sensor{}
	for _, e := range a.identity.List() {
		line := admin.Sensor{Sensor: e.Sensor, Enrolled: e.Created, Revoked: e.Revoked}
		if s, ok := seen[e.Name]; ok {
			at := s.LastSeen.Std()
			line.LastSeen, line.Rate, line.Drops, line.Silent = &at, s.Rate, s.Drops, s.Silent
			line.Skew = time.Duration(s.Skew).Seconds()
		}
		out = append(out, line)
	}
	return out, nil
}

func (a *App) tokenMethods(h *admin.Handler) {
	admin.Handle(h, admin.MethodTokenCreate, failures(a, audit.Token, func(n admin.NewToken) audit.Object { return a.aboutToken(n.Name) }, func(ctx context.Context, n admin.NewToken) (admin.Token, error) {
		var expires time.Time
		if n.Expires > 0 {
			expires = a.now().Add(n.Expires)
		}
		token, err := a.identity.CreateToken(ctx, n.Name, n.Role, expires)
		return admin.Token{Token: token}, err
	}))
	admin.Handle(h, admin.MethodTokenRevoke, failures(a, audit.Token, func(n admin.Name) audit.Object { return a.aboutToken(n.Name) }, func(ctx context.Context, n admin.Name) (admin.None, error) {
		return admin.None{}, a.identity.RevokeToken(ctx, n.Name)
	}))
	admin.Handle(h, admin.MethodTokenList, func(context.Context, admin.None) ([]admin.TokenLine, error) {
		out := []admin.TokenLine{}
		for _, t := range a.identity.Tokens() {
			out = append(out, admin.TokenLine{
				Name: t.Name, Role: t.Role, Created: t.Created, Expires: t.Expires, Revoked: t.Revoked != nil,
			})
		}
		return out, nil
	})
}

func (a *App) reload(ctx context.Context, _ admin.None) (admin.Reloaded, error) {
	if err := a.enricher.Reload(ctx); err != nil {
		return admin.Reloaded{}, fmt.Errorf("the old tables stay in use: %w", err)
	}
	var out admin.Reloaded
	for _, f := range a.enricher.Snapshot() {
		out.Tables = append(out.Tables, fmt.Sprint(f))
	}
	return out, nil
}

func (a *App) status(context.Context, admin.None) (admin.Status, error) {
	j, s := a.journal.State(), a.store.Stats()
	out := admin.Status{
		Version: vitals.Version, Address: a.address, Started: a.started, Ready: a.board.Ready(),
		Journal: j.Bytes, Segments: s.Segments, Records: s.Rows, Behind: a.behind(), Warnings: []admin.Warning{},
	}
	for _, w := range a.board.Warnings() {
		out.Warnings = append(out.Warnings, admin.Warning{
			Code: w.Code, About: w.About, Severity: string(w.Severity), VI: w.Text.VI, EN: w.Text.EN,
		})
	}
	return out, nil
}

func (a *App) listQuarantine(ctx context.Context, q admin.QuarantineQuery) (admin.QuarantinePage, error) {
	s := rejectQuery(q)
	if q.Line > 0 {
		return a.oneReject(ctx, s, q.Line)
	}
	p, err := a.store.Rejects(ctx, s)
	if err != nil {
		return admin.QuarantinePage{}, err
	}
	return admin.QuarantinePage{Rejects: p.Rejects, Next: p.Next}, nil
}

func rejectQuery(q admin.QuarantineQuery) store.RejectQuery {
	return store.RejectQuery{
		Sensor: q.Sensor, Reason: event.Reason(q.Reason), Batch: q.Batch, After: q.Cursor, Limit: q.Limit,
		From: event.TimeUnset, To: event.TimeUnset,
	}
}

// oneReject looks for one line of a batch.
func (a *App) oneReject(ctx context.Context, q store.RejectQuery, line int64) (out admin.QuarantinePage, err error) {
	q.Limit = 1000
	err = a.eachReject(ctx, q, func(r event.Reject) error {
		if r.Line == line {
			out.Rejects = append(out.Rejects, r)
		}
		return nil
	})
	return out, err
}

// eachReject visits all quarantined records that match.
func (a *App) eachReject(ctx context.Context, q store.RejectQuery, visit func(event.Reject) error) error {
	for {
		p, err := a.store.Rejects(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range p.Rejects {
			if err := visit(r); err != nil {
				return err
			}
		}
		if p.Next == "" {
			return nil
		}
		q.After = p.Next
	}
}
