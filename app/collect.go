// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"haidang/app/collector"
	"haidang/audit"
	"haidang/config"
	"haidang/vitals"
)

var warnCollectorAway = vitals.Warning{Code: "log.collector-away", Severity: vitals.Degraded, Text: vitals.Text{
	VI: "Máy thu nhật ký không nhận được nhật ký; dòng nhật ký chương trình có thể mất ở đó, nhật ký kiểm toán sẽ gửi lại.",
	EN: "The log collector takes nothing; lines of the program's log may be missing there, the audit log is sent again.",
}}

// newCollector makes what sends logs on; nil where nobody collects them.
func newCollector(c config.Log) *collector.Collector {
	if c.Collector == "" {
		return nil
	}
	address := c.Collector
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, config.CollectorPort)
	}
	host, _ := os.Hostname()
	return collector.New(collector.Config{Address: address, CA: c.CA, Host: host})
}

// startCollector sends the audit log on from where it was sent to before.
func (a *App) startCollector(ctx context.Context) error {
	if a.collector == nil {
		return nil
	}
	b, err := a.journal.Bucket(ctx, "collector")
	if err != nil {
		return err
	}
	kept, err := b.List(ctx)
	if err != nil {
		return fmt.Errorf("log.collector: %w", err)
	}
	var n int64
	if raw, ok := kept[auditSentKey]; ok {
		if n, err = strconv.ParseInt(string(raw), 10, 64); err != nil {
			return fmt.Errorf("log.collector: how far the audit log was sent is %q", raw)
		}
	}
	if err := a.collector.Start(ctx, auditTail{a.audit, b}, n); err != nil {
		return err
	}
	a.life.add("log collector", a.collector.Stop)
	return nil
}

// watchCollector says so when the collector is away.
func (a *App) watchCollector(now time.Time) {
	if a.collector == nil {
		return
	}
	up, _ := a.collector.State()
	a.mark(warnCollectorAway, "", !up, now)
}

const auditSentKey = "audit"

// auditTail is the audit log as the collector follows it.
type auditTail struct {
	log  *audit.Log
	kept interface {
		Put(ctx context.Context, key string, value []byte) error
	}
}

// After implements collector.Tail. The log may have been restored from a backup
// since: it then goes on where the log does.
func (t auditTail) After(ctx context.Context, n int64) ([][]byte, error) {
	const most = 256
	size := t.log.Checkpoint().Size
	if n >= size {
		return nil, nil
	}
	end := min(n+most, size)
	page, err := t.log.Entries(ctx, end, int(end-n), audit.Filter{})
	if err != nil {
		return nil, err
	}
	lines := make([][]byte, 0, len(page.Entries))
	for _, e := range slices.Backward(page.Entries) {
		lines = append(lines, bytes.TrimSpace(e.Line()))
	}
	return lines, nil
}

// Sent implements collector.Tail.
func (t auditTail) Sent(ctx context.Context, n int64) error {
	return t.kept.Put(ctx, auditSentKey, strconv.AppendInt(nil, n, 10))
}
