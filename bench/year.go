// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"haidang/replay/generate"
)

// A year of counts: of so many events a day, and of participants who report hourly.
const (
	yearBodies       = 800 // of the load, some million rows, that every day is made of
	yearEvents       = 5_500_000
	yearParticipants = 200_000
	yearAsks         = 60 // of each kind of question and length of period
	yearReports      = 2000

	sumsMade = 15 * time.Second // past periods are summed up in the background
)

// aYear counts a year day by day, as it would have come, stores the counts alone,
// and starts an observatory on them.
func (b *bench) aYear(ctx context.Context) (err error) {
	dir := b.year
	if dir == "" {
		dir = filepath.Join(b.dir, "year")
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := b.makeYear(ctx, dir); err != nil {
			return err
		}
	}
	if err := b.uniteYear(ctx, dir); err != nil {
		return err
	}
	return b.startYear(ctx, dir)
}

// makeYear makes the folder of an observatory with a year of counts.
func (b *bench) makeYear(ctx context.Context, dir string) error {
	making := dir + ".new"
	if _, err := os.Stat(making); errors.Is(err, os.ErrNotExist) {
		s, err := b.serve(ctx, making)
		if err != nil {
			return err
		}
		if err := s.stop(); err != nil {
			return err
		}
	}
	if err := b.fillYear(ctx, making); err != nil {
		return err // what is counted by now is taken up the next time
	}
	return os.Rename(making, dir)
}

// startYear starts an observatory on a year of counts, and asks it.
func (b *bench) startYear(ctx context.Context, dir string) (err error) {
	p := b.table.section(fmt.Sprintf("A start with %d days of counts: of %.1f billion events and of %d participants' hours", b.days, float64(b.days)*yearEvents/1e9, yearParticipants))
	p.add("stored", "%.1f GB", float64(sizeOf(filepath.Join(dir, "store")))/1e9)
	s, err := b.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	pid := s.cmd.Process.Pid
	used, err := processorOf(pid)
	if err != nil {
		return err
	}
	p.goal("start to the first page", "< 2 s", s.up < 2*time.Second, "%.2f s (%.2f s of processor time)", s.up.Seconds(), used.Seconds())
	read, written := bytesOf(pid)
	p.add("— read, written meanwhile", "%.0f MB, %.0f MB", float64(read)/1e6, float64(written)/1e6)
	p.add("— memory", "%.0f MB", float64(memoryOf(pid, "VmRSS"))/1e6)
	if err := pause(ctx, sumsMade); err != nil {
		return err
	}
	if err := b.askYear(p, s); err != nil {
		return err
	}
	if err := askPages(p, s, "pages of figures, each for the first time", 2); err != nil {
		return err
	}
	if _, err := s.send(ctx, generate.Config{}, generate.RunConfig{Records: yearReports}, generate.Dependencies{}); err != nil {
		return err
	}
	if err := pause(ctx, sumsMade); err != nil {
		return err
	}
	if err := askPages(p, s, "— where sensors report, so that they are kept as final", 3); err != nil {
		return err
	}
	peak := float64(memoryOf(pid, "VmHWM")) / 1e6
	p.goal("server's peak memory, questions included", "≤ 600 MB", peak <= 600, "%.0f MB", peak)
	return nil
}

// askYear asks one question after another, as pages do, of periods of every length.
func (b *bench) askYear(p *part, s *server) error {
	today := time.Now().UTC().Truncate(24 * time.Hour).Add(-7 * time.Hour) // a local midnight
	random := rand.New(rand.NewPCG(3, 3))
	for _, q := range []struct {
		what string
		set  url.Values
	}{
		{"ranking of hosting countries", url.Values{"by": {"hosting.country"}}},
		{"kinds of attacks on one country", url.Values{"by": {"cert.rsit"}, "affected.country": {"VN"}}},
		{"attacks on one country by day", url.Values{"affected.country": {"VN"}, "step": {"day"}}},
		{"distinct victims of all countries", url.Values{"by": {"affected.country"}, "distinct": {"affected"}}},
	} {
		var took []float64
		before, err := processorOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		for i := range yearAsks * 5 {
			length := min([]int{1, 7, 30, 91, 364}[i%5], b.days-1)
			from := today.AddDate(0, 0, -length-random.IntN(b.days-length))
			began := time.Now()
			if err := read(http.DefaultClient, s.rollup(q.set, from, from.AddDate(0, 0, length))); err != nil {
				return err
			}
			took = append(took, float64(time.Since(began).Microseconds())/1000)
		}
		after, err := processorOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		slices.Sort(took)
		p99 := quantile(took, 0.99)
		p.goal(q.what+", 1 day to a year, p99", "< 20 ms", p99 < 20, "%.1f ms (median %.1f; processor time each %.1f)",
			p99, quantile(took, 0.5), (after-before).Seconds()*1000/float64(len(took)))
	}
	return nil
}

// bytesOf gives what a process has read and written, caches included.
func bytesOf(pid int) (read, written int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "rchar: %d", &read) // others are lines of something else
		_, _ = fmt.Sscanf(line, "wchar: %d", &written)
	}
	return read, written
}

// askPages opens pages of figures of past periods of the calendar, of every second month,
// each once: nothing of them was made before. Where no sensor reports, no period is final.
func askPages(p *part, s *server, what string, first int) error {
	var took []float64
	this := time.Now().UTC()
	for back := first; back <= 11; back += 2 {
		for _, period := range periodsOf(time.Date(this.Year(), this.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC)) {
			for _, page := range []string{"/en/figures", "/en/country/US", "/en/kinds", "/en/ways", "/en/hosting/by-period"} {
				req, err := http.NewRequest(http.MethodGet, s.address+page+"?period="+period, nil)
				if err != nil {
					return err
				}
				began := time.Now()
				if err := read(http.DefaultClient, req); err != nil {
					return err
				}
				took = append(took, float64(time.Since(began).Microseconds())/1000)
			}
		}
	}
	slices.Sort(took)
	p99 := quantile(took, 0.99)
	p.goal(what+", p99", "< 20 ms", p99 < 20, "%.1f ms (median %.1f, of %d)", p99, quantile(took, 0.5), len(took))
	return nil
}

// periodsOf names a month, days and weeks of it, and the quarter that it begins.
func periodsOf(month time.Time) []string {
	periods := []string{month.Format("2006-01")}
	for day := 1; day <= 26; day += 5 {
		periods = append(periods, month.AddDate(0, 0, day-1).Format(time.DateOnly))
	}
	for _, day := range []int{1, 15} {
		year, week := month.AddDate(0, 0, day-1).ISOWeek()
		periods = append(periods, fmt.Sprintf("%d-W%02d", year, week))
	}
	if month.Month()%3 == 1 {
		periods = append(periods, fmt.Sprintf("%d-Q%d", month.Year(), (month.Month()+2)/3))
	}
	return periods
}
