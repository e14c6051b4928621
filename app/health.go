// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"

	"haidang/config"
	"haidang/event"
	"haidang/journal"
	"haidang/vitals"
)

// behindAfter is how many journal messages may wait before we say so.
const behindAfter = 500

// Warnings that app itself raises.
var (
	warnJournalDown = vitals.Warning{Code: "journal.down", Severity: vitals.Critical, Text: vitals.Text{
		VI: "Nhật ký bền vững không nhận dữ liệu; các cảm biến đang giữ dữ liệu ở phía họ. Hãy kiểm tra đĩa.",
		EN: "The durable log takes nothing; sensors are keeping their data. Check the disk.",
	}}
	warnDiskLow = vitals.Warning{Code: "disk.low", Severity: vitals.Critical, Text: vitals.Text{
		VI: "Đĩa gần đầy; cửa nhận trả lời 507. Hãy giải phóng chỗ trống hoặc giảm thời gian lưu.",
		EN: "The disk is nearly full; doors answer 507. Make room, or keep data for a shorter time.",
	}}
	warnBehind = vitals.Warning{Code: "pipeline.behind", Severity: vitals.Degraded, Text: vitals.Text{
		VI: "Xử lý chậm hơn dữ liệu đến; con số trên cổng bị trễ nhưng không mất.",
		EN: "Processing is slower than what arrives; figures are late, nothing is lost.",
	}}
	warnSilent = vitals.Warning{Code: "sensor.silent", Severity: vitals.Notice, Text: vitals.Text{
		VI: "Cảm biến không gửi gì trong ba phút; hãy kiểm tra tiến trình và đường truyền của nó.",
		EN: "The sensor has sent nothing for three minutes; check its process and its line.",
	}}
)

// watch looks after what can go wrong while running.
func (a *App) watch(now time.Time) {
	a.mark(warnJournalDown, "", !a.journal.State().Up, now)
	a.mark(warnBehind, "", a.behind() > behindAfter, now)
	a.watchCollector(now)
	a.watchKeys(now)
	free, ok := freeSpace(a.folder.path)
	a.secrets.watch(a.stopping, now)
	a.mark(warnDiskLow, "", ok && free.low(a.cfg.Disk), now)
	silent := map[string]bool{}
	for _, s := range a.measure.Picture().Sensors {
		silent[s.Name] = s.Silent
	}
	for _, e := range a.identity.List() {
		a.mark(warnSilent, e.Name, e.Revoked == nil && silent[e.Name], now)
	}
}

func (a *App) mark(w vitals.Warning, about string, on bool, now time.Time) {
	w.About = about
	if !on {
		a.board.Clear(w.Code, about)
		return
	}
	a.board.Raise(w, now)
}

// behind is how many journal messages are not committed yet.
func (a *App) behind() int64 {
	return int64(a.journal.State().Last) - int64(a.store.Position())
}

type space struct{ free, total uint64 }

func freeSpace(dir string) (space, bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return space{}, false
	}
	return space{s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize)}, true
}

// wanted gives the bytes that have to stay free.
func (s space) wanted(d config.Disk) uint64 {
	return max(uint64(d.MinFree), uint64(float64(s.total)*d.MinFreePercent/100))
}

func (s space) low(d config.Disk) bool { return s.free < s.wanted(d) }

// moreRoom is what helps a full disk.
const moreRoom = "make room, keep data for a shorter time (store.keep_for), or lower disk.min_free and disk.min_free_percent"

// noRoom says by how much the disk is too full, where a start failed for that: a new
// observatory writes its keys and the first invitation.
func (a *App) noRoom(err error) error {
	s, ok := freeSpace(existing(a.cfg.Data))
	if !ok || !errors.Is(err, journal.ErrNoSpace) {
		return err
	}
	return fmt.Errorf("%w: %d MiB of the %d MiB where %s lies are free, and %d MiB have to stay free; %s",
		err, s.free>>20, s.total>>20, a.cfg.Data, s.wanted(a.cfg.Disk)>>20, moreRoom)
}

// healthz says that the process answers.
func (a *App) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz says whether the main job works, and what is wrong. Which sensor is
// silent is its operator's to know, so only codes are shown here, and nothing of
// state secrets.
func (a *App) readyz(w http.ResponseWriter, _ *http.Request) {
	type line struct {
		Code     string          `json:"code"`
		Severity vitals.Severity `json:"severity"`
		Text     vitals.Text     `json:"text"`
	}
	var lines []line
	for _, x := range a.board.Warnings() {
		if x.Code == warnSecretFound.Code || x.Code == warnSecretKept.Code {
			continue // the security officer's
		}
		if l := (line{x.Code, x.Severity, x.Text}); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if !a.board.Ready() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(struct {
		Ready    bool   `json:"ready"`
		Warnings []line `json:"warnings"`
	}{a.board.Ready(), lines})
}

// For how long each second addresses of past months are put together, and their counts
// summed up and participants of past periods counted ahead, while there are such.
const (
	uniteFor = 5 * time.Millisecond
	sumFor   = 400 * time.Millisecond // some seconds' work in all, after a start
	bulkFor  = 20 * time.Millisecond  // while records come in bulk
)

// startUpkeep runs what must happen now and then.
func (a *App) startUpkeep(context.Context) error {
	a.background("upkeep", func(ctx context.Context) {
		ticks := 0
		every(ctx, time.Second, func() {
			a.measure.Tick(a.now())
			if ticks++; ticks%10 == 0 {
				a.watch(a.now())
			}
			if ticks%60 == 0 {
				a.keep(ctx)
				a.settle()
			}
		})
	})
	a.background("past months", func(ctx context.Context) { // alone: it waits for commits
		every(ctx, time.Second, func() {
			a.measure.Unite(uniteFor)
			budget := sumFor
			if a.bulk.Load() {
				budget = bulkFor
			}
			if !a.measure.Sum(budget) && !a.measure.Tally(budget) {
				a.participants.Ahead(budget)
			}
		})
	})
	return nil
}

// background runs what goes on until the observatory stops, which ends its context
// and waits for it as long as there is time to stop.
func (a *App) background(name string, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	a.life.add(name, func(ctx context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// every runs fn each period until the context ends.
func every(ctx context.Context, period time.Duration, fn func()) {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			fn()
		}
	}
}

// keep forgets what may be forgotten: journal messages that the store has and
// that are old, or that are in the way; segments past their time.
func (a *App) keep(ctx context.Context) {
	now := a.now()
	a.accounts.forget(now)
	below, err := a.journal.Before(ctx, now.Add(-a.cfg.Journal.KeepFor))
	if err != nil {
		a.log.Warn("finding old journal messages", "error", err)
		return
	}
	state := a.journal.State()
	if state.Limit > 0 && state.Bytes > state.Limit*3/4 && state.Last > state.First {
		// Room for what comes matters more than room for replays: give up the
		// older half of what is kept.
		below = max(below, state.First+(state.Last-state.First)/2)
	}
	if below = a.purgeable(min(below, a.store.Position())); below > 0 {
		if err := a.journal.Purge(ctx, below); err != nil {
			a.log.Warn("purging the journal", "error", err)
		}
	}
	rows, err := a.store.Expire(ctx, event.TimeOf(now.Add(-a.cfg.Store.KeepFor)))
	if err != nil {
		a.log.Warn("expiring records", "error", err)
	}
	if rows > 0 {
		a.log.Info("records expired", "records", rows)
	}
}
