// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
	"haidang/share/internal/feed"
)

// monthsTold is of how many months the feed tells that their figures are final.
const monthsTold = 12

// authority is what ids of feeds are made of: the host that citations name.
func (p *Portal) authority() string {
	if u, err := url.Parse(p.cfg.Origin); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "haidang.invalid" // an observatory without an address has no readers elsewhere
}

// news answers with the feed of a language: reports, periods whose figures became
// final or were revised, releases that were planned, and corrections.
func (p *Portal) news(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.answer(w, r, l.Code+"/feed", func() (*answer, error) {
			f := feed.Feed{
				ID: feed.Tag(p.authority(), "feed/"+l.Code), Title: l.T("name") + ", " + l.T("tagline"), Subtitle: l.T("feed.about"), Author: l.T("name"), Lang: l.Code,
				Self: p.cfg.Origin + l.path("feed"), Alternate: p.cfg.Origin + l.path("reports"),
			}
			for _, add := range []func(*language, *feed.Feed) error{p.newReports, p.newlyFinal, p.planned, p.corrected} {
				if err := add(l, &f); err != nil {
					return nil, err
				}
			}
			raw, err := f.XML()
			if err != nil {
				return nil, err
			}
			a, err := finish(feed.Type, raw)
			if err == nil {
				a.changed = f.Updated()
			}
			return a, err
		}, func(http.Header) {})
	}
}

// newReports tells of the report of every quarter that has ended; again when its
// figures are final, and when they were revised.
func (p *Portal) newReports(l *language, f *feed.Feed) error {
	all, err := p.quarters()
	if err != nil {
		return err
	}
	for _, at := range all {
		if p.dep.Now().Before(at.To) {
			continue
		}
		if err := p.tell(l, f, at, "report", l.path("reports")+"/"+at.String()); err != nil {
			return err
		}
	}
	return nil
}

// newlyFinal tells of months once their figures are final.
func (p *Portal) newlyFinal(l *language, f *feed.Feed) error {
	at := p.ended(figure.Month)
	for range monthsTold {
		if silent, err := p.silent(at); err != nil {
			return err
		} else if !silent {
			if err := p.tell(l, f, at, "release", l.path("overview")+l.query("period", at.String())); err != nil {
				return err
			}
		}
		at = figure.Containing(figure.Month, at.From.Add(-time.Nanosecond))
	}
	return nil
}

// tell adds an entry on a period's figures. Months that are provisional are no news.
func (p *Portal) tell(l *language, f *feed.Feed, at figure.Period, about, path string) error {
	r, err := p.dep.Gate.Figure(context.Background(), classify.Nobody(), event.FigureQuery{Figure: "attacks", Of: p.homeCode(), Period: at.String()})
	if err != nil {
		return ignore(understood(err))
	}
	fig := r.Value()
	e := feed.Entry{
		ID: feed.Tag(p.authority(), about+"/"+at.String()+"/"+l.Code), Title: l.T("feed."+about, "period", at.Name(l.Code), "status", l.statusOf(&fig)),
		Link: p.cfg.Origin + path, Category: about, Published: at.To, Updated: at.To,
	}
	if e.Summary, err = figure.BuiltIn().Sentence(l.Code, &fig); err != nil {
		return err
	}
	switch {
	case fig.Status == event.FigureProvisional && about != "report":
		return nil
	case fig.Status == event.FigureProvisional:
	case fig.Status == event.FigureRevised:
		e.Category = "revision"
		e.Updated = cmp.Or(p.revised(r), at.FinalAt())
		e.ID = feed.Tag(p.authority(), about+"/"+at.String()+"/v"+strconv.Itoa(fig.Revision)+"/"+l.Code)
	default:
		e.Updated = at.FinalAt()
	}
	if about != "report" {
		e.Published = e.Updated
	}
	f.Entries = append(f.Entries, e)
	return nil
}

// revised is when a figure's newest version was first kept, the zero time where it
// is not known.
func (p *Portal) revised(r classify.Released[event.Figure]) time.Time {
	id, err := p.dep.Gate.Permalink(context.Background(), r, netip.Addr{})
	if err != nil || id == "" {
		return time.Time{}
	}
	c, err := p.dep.Gate.Citation(context.Background(), classify.Nobody(), id)
	if err != nil {
		return time.Time{}
	}
	kept := c.Value()
	return kept.Computed.Std()
}

// planned tells of releases of the public calendar, once they are due.
func (p *Portal) planned(l *language, f *feed.Feed) error {
	for _, c := range p.dep.Gate.Calendar(classify.Nobody()).Value() {
		if p.dep.Now().Before(c.On) {
			continue
		}
		f.Entries = append(f.Entries, feed.Entry{
			ID: feed.Tag(p.authority(), "calendar/"+c.ID+"/"+l.Code), Title: l.either(c.VI, c.EN), Summary: l.T("feed.planned", "day", l.day(event.TimeOf(c.On))),
			Link: p.cfg.Origin + l.path("reports"), Category: "release", Published: c.On, Updated: c.On,
		})
	}
	return nil
}

// corrected tells of what was wrong.
func (p *Portal) corrected(l *language, f *feed.Feed) error {
	for _, c := range p.dep.Gate.Corrections(classify.Nobody()).Value() {
		f.Entries = append(f.Entries, feed.Entry{
			ID: feed.Tag(p.authority(), "correction/"+c.ID+"/"+l.Code), Title: l.T("feed.correction", "period", l.period(c.Period)), Summary: l.either(c.VI, c.EN),
			Link: p.cfg.Origin + l.path("reports"), Category: "revision", Published: c.At, Updated: c.At,
		})
	}
	return nil
}

// either takes the text of the reader's language, or the other where there is none.
func (l *language) either(vi, en string) string {
	if l.Code == "vi" {
		return cmp.Or(vi, en)
	}
	return cmp.Or(en, vi)
}

// same tells whether a browser's If-Modified-Since is not older than an answer.
func (a *answer) same(r *http.Request) bool {
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && r.Header.Get("If-None-Match") == "" && !a.changed.IsZero() && !a.changed.After(since)
}
