// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net/http"
	"strings"

	"haidang/release"
	"haidang/share"
	releasing "haidang/share/release"
	"haidang/vitals"
	"haidang/web"
)

// mountReleaseDesk adds the release desk; nothing where nobody can sign in.
func (a *App) mountReleaseDesk(mux *share.Mux) error {
	if a.account == nil {
		return nil
	}
	assets, err := web.New()
	if err != nil {
		return err
	}
	s, err := releasing.New(releasing.Config{
		Zone: a.zone, Version: vitals.Version, Replay: a.cfg.Portal.Replay, Public: !a.cfg.Loopback(),
	}, releasing.Dependencies{
		Desk: decider{a.releases, a}, Assets: assets, Log: a.log, Who: a.whoAtTheReleaseDesk, Person: a.personNamed,
		Protect: a.account.Protect,
	})
	if err != nil {
		return err
	}
	pages := s.Handler()
	for _, path := range releasing.Mounts() {
		mux.Mount(path, share.Around(a.account.Factors(a.reads(pages)), pages))
	}
	return nil
}

// whoAtTheReleaseDesk is who may be at the analyst's desk.
func (a *App) whoAtTheReleaseDesk(r *http.Request) (releasing.Asker, bool) {
	w, ok := a.whoAtTheDesk(r)
	return releasing.Asker{Viewer: w.Viewer, Name: w.Name, Actor: w.Actor, Steady: w.Steady}, ok
}

// personNamed gives the name of a person whom a decision names.
func (a *App) personNamed(actor string) string {
	id, ok := strings.CutPrefix(actor, "person/")
	if !ok {
		return ""
	}
	p, ok := a.identity.Person(id)
	if !ok {
		return ""
	}
	return p.Name
}

// decider writes down who decided, by the pseudonym of the audit log.
type decider struct {
	*releaseDesk
	app *App
}

// Decide implements the release desk's interface.
func (d decider) Decide(ctx context.Context, who releasing.Asker, c release.Change) error {
	return d.releaseDesk.Decide(ctx, d.app.actor(who.Viewer), c)
}
