// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a minimal machine may have no zone files

	"haidang/event"
)

// Check finds settings that cannot work, all at once.
func (c Config) Check() error {
	return errors.Join(c.checkListen(), c.checkPortal(), c.checkTLS(), c.checkSignIn(), c.checkNotices(), c.checkOutgoing(), c.checkBounds(), c.checkLog())
}

func (c Config) checkListen() error {
	if c.Data == "" {
		return errors.New("data: name a folder")
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not host:port, as in localhost:8080", c.Listen)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("listen: %q is not a port number from 0 to 65535", port)
	}
	return nil
}

func (c Config) checkPortal() error {
	if _, ok := event.ParseCountry(c.Portal.Country); !ok {
		return fmt.Errorf("portal.country: %q is not a two-letter ISO 3166-1 code, as in VN", c.Portal.Country)
	}
	if _, err := time.LoadLocation(c.Portal.Zone); err != nil || c.Portal.Zone == "" {
		return fmt.Errorf("portal.zone: %q is not an IANA time zone, as in Asia/Ho_Chi_Minh", c.Portal.Zone)
	}
	if o := c.Portal.Origin; o != "" {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" {
			return fmt.Errorf("portal.origin: %q is not a public address, as in https://observatory.example", o)
		}
	}
	return nil
}

func (c Config) checkTLS() error {
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("tls: cert and key go together; name both files or neither")
	}
	if c.TLS.Cert != "" && len(c.TLS.ACME) > 0 {
		return errors.New("tls: either cert and key, or acme, not both")
	}
	if !c.TLS.Any() && !c.TLS.Plain && !c.Loopback() {
		return fmt.Errorf("listen: %s reaches beyond this machine without TLS; set tls.cert and tls.key, "+
			"or tls.acme, or tls.plain: true behind a proxy that speaks TLS", c.Listen)
	}
	for _, p := range c.TLS.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			return fmt.Errorf("tls.proxies: %q is not a network such as 10.20.0.5/32", p)
		}
	}
	return nil
}

// Any reports whether TLS is served.
func (t TLS) Any() bool { return t.Cert != "" || len(t.ACME) > 0 }

// Loopback reports whether only this machine can reach the listener.
func (c Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false
	}
	return loopback(host)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) checkBounds() error {
	var errs []error
	least := func(field string, have, want int64, unit string) {
		if have < want {
			errs = append(errs, fmt.Errorf("%s: must be at least %d %s", field, want, unit))
		}
	}
	least("workers", int64(c.Workers), 1, "")
	least("ingest.max_record (KiB)", int64(c.Ingest.MaxRecord/KiB), 4, "KiB")
	least("ingest.max_body", int64(c.Ingest.MaxBody), int64(c.Ingest.MaxRecord), "bytes (max_record)")
	least("ingest.in_flight (MiB)", int64(c.Ingest.InFlight/MiB), 8, "MiB")
	least("journal.max_bytes (MiB)", int64(c.Journal.MaxBytes/MiB), 16, "MiB")
	least("journal.max_behind (MiB)", int64(c.Journal.MaxBehind/MiB), 8, "MiB")
	least("journal.hand_over (MiB)", int64(c.Journal.HandOver/MiB), 4, "MiB")
	least("journal.keep_for (seconds)", int64(c.Journal.KeepFor/time.Second), 0, "s")
	least("store.commit (milliseconds)", int64(c.Store.Commit/time.Millisecond), 50, "ms")
	least("store.keep_for (hours)", int64(c.Store.KeepFor/time.Hour), 1, "h")
	least("store.hold (MiB)", int64(c.Store.Hold/MiB), 4, "MiB")
	least("memory.growth", int64(c.Memory.Growth), 10, "per cent")
	least("store.memory (MiB)", int64(c.Store.Memory/MiB), 32, "MiB")
	least("quota.address", int64(c.Quota.Address), 1, "requests a second")
	least("quota.person", int64(c.Quota.Person), 1, "requests a second")
	least("store.live", int64(c.Store.Live), 2, "segments")
	least("measure.fold_memory (MiB)", int64(c.Measure.FoldMemory/MiB), 1, "MiB")
	least("participants.min_country", int64(c.Participants.MinCountry), 1, "participants")
	least("participants.min_sector", int64(c.Participants.MinSector), 1, "participants")
	least("participants.min_ranked", int64(c.Participants.MinRanked), 1, "countries")
	least("citations.kept", int64(c.Citations.Kept), 1, "citations")
	least("citations.of_one", int64(c.Citations.OfOne), 1, "citations")
	least("citations.daily", int64(c.Citations.Daily), 1, "citations")
	least("citations.per_visitor", int64(c.Citations.PerVisitor), 1, "citations")
	least("citations.max_size (KiB)", int64(c.Citations.MaxSize/KiB), 16, "KiB")
	if c.Citations.MaxSize > 768*KiB {
		errs = append(errs, errors.New("citations.max_size: at most 768 KiB, since one message of the journal keeps a document"))
	}
	if c.Disk.MinFreePercent < 0 || c.Disk.MinFreePercent > 90 {
		errs = append(errs, errors.New("disk.min_free_percent: must lie between 0 and 90"))
	}
	return errors.Join(errs...)
}

func (c Config) checkLog() error {
	switch c.Log.Level {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("log.level: %q is not one of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format)
	}
	return nil
}
