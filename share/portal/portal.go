// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/release"
	"haidang/share"
)

// Gate is what the portal asks of classify.
type Gate interface {
	Picture(classify.Viewer) classify.Released[event.Picture]
	Report(v classify.Viewer, period string) error // a classify.WithheldError where it is not shown
	Figure(context.Context, classify.Viewer, event.FigureQuery) (classify.Released[event.Figure], error)
	Settled() error                                                                                // once what Figure gave with Later is on disk
	Permalink(context.Context, classify.Released[event.Figure], netip.Addr) (id string, err error) // "" where a figure has none
	Citation(context.Context, classify.Viewer, string) (classify.Released[event.Citation], error)
	Calendar(classify.Viewer) classify.Released[[]release.Planned]
	Corrections(classify.Viewer) classify.Released[[]release.Correction]
	Losses(classify.Viewer) (classify.Released[[]event.LossHour], error)
	Edition() uint64               // of what was decided about open answers
	Data(event.FigureQuery) string // by what counts a figure of final periods is made, "" of others
}

// Assets is what the portal needs of the front-end.
type Assets interface {
	http.Handler
	share.Assets
	World() []byte // the map, as JSON
}

// Config of the room.
type Config struct {
	Replay  bool           // every page says so, whatever the picture says
	Zone    *time.Location // of the times shown; Vietnam's when nil
	Version string         // shown in the footer
	Origin  string         // "https://example.vn", for citations; they name paths alone when empty
	Members bool           // there are pages for members, to be linked
	Keep    time.Duration  // how long a rendered page serves everybody; 1 s
}

// Dependencies of the room. Docs holds the numbered Markdown pages and may be
// nil.
type Dependencies struct {
	Gate   Gate
	Assets Assets
	Docs   fs.FS
	ASName func(as uint32) string // names a network, empty when it has no name; may be nil
	Log    *slog.Logger
	Now    func() time.Time
}

// Portal renders the pages. It is immutable after New but for its cache.
type Portal struct {
	cfg   Config
	dep   Dependencies
	langs []*language
	world *world
	cache *share.Answers[*answer] // of what is made for nobody, so that a thousand visitors in one second cost one rendering
	// known are figures that were asked for a moment ago, in any language; settled are
	// those of periods that are final, for as long as these periods' counts are the same.
	known, settled *share.Answers[classify.Released[event.Figure]]
	lasting        *lasting
	rests          *basis // of the page that this portal makes, nil where nothing is noted
	// replay is what the last picture said, for pages that are made without one.
	replay *atomic.Bool
}

// pagesKept bounds the finished answers; there are fewer pages, languages and
// themes than this.
const pagesKept = 1000

// figuresKept bounds the figures of a moment: a page of a year's days asks for some
// hundreds.
const figuresKept = 4000

func knownFigures(keep time.Duration, dep *Dependencies) *share.Answers[classify.Released[event.Figure]] {
	return share.NewAnswers[classify.Released[event.Figure]](keep, figuresKept, dep.Now)
}

// New reads catalogues, templates and the map; it starts nothing.
func New(cfg Config, dep Dependencies) (*Portal, error) {
	if dep.Gate == nil || dep.Assets == nil {
		return nil, errors.New("portal: gate and assets must be handed in")
	}
	if dep.Log == nil {
		dep.Log = slog.New(slog.DiscardHandler)
	}
	if dep.Now == nil {
		dep.Now = time.Now
	}
	cfg.Zone = share.Zone(cfg.Zone)
	if cfg.Keep <= 0 {
		cfg.Keep = time.Second
	}
	p := &Portal{cfg: cfg, dep: dep, cache: share.NewAnswers[*answer](cfg.Keep, pagesKept, dep.Now), lasting: newLasting(), replay: &atomic.Bool{}}
	p.known, p.settled = knownFigures(cfg.Keep, &dep), knownFigures(settledFor, &dep)
	var err error
	if p.langs, err = readLanguages(cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	if p.world, err = readWorld(dep.Assets.World()); err != nil {
		return nil, err
	}
	return p, nil
}
