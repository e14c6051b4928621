// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"haidang/config"
)

// loopbacks are the addresses of this machine itself.
var loopbacks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// isProxy holds for the machines whose word on who asks is believed.
func (a *App) isProxy(ip netip.Addr) bool {
	return slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// proxiesOf gives where the proxies are that tls.plain declares.
func proxiesOf(c config.TLS) []netip.Prefix {
	switch {
	case !c.Plain:
		return nil
	case len(c.Proxies) == 0:
		return loopbacks
	}
	return networks(c.Proxies)
}

// networks reads networks that the configuration's check has read before.
func networks(list []string) (out []netip.Prefix) {
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	p, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap().WithZone("")
}

// askedFrom finds who asks: the connection's other end or, where that is a proxy
// of ours, whoever the proxies say. Their list is read from its end, which they
// wrote, up to the first that is none of them; what stands before can be anybody's.
func (a *App) askedFrom(r *http.Request) netip.Addr {
	from := peer(r)
	if !a.isProxy(from) {
		return from
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, name := range slices.Backward(list) {
		ip, err := netip.ParseAddr(strings.TrimSpace(name))
		if err != nil {
			return from
		}
		if from = ip.Unmap().WithZone(""); !a.isProxy(from) {
			return from
		}
	}
	return from
}

// byProxyAlone turns away whoever comes without TLS from another machine than a
// proxy that speaks it, so that nothing travels in clear by mistake.
func (a *App) byProxyAlone(next http.Handler) http.Handler {
	if !a.cfg.TLS.Plain || a.cfg.TLS.Any() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := peer(r); !from.IsLoopback() && !a.isProxy(from) {
			http.Error(w, "Chỉ nhận kết nối qua https, tại "+a.origin()+".\nThis observatory is reached by https alone, at "+a.origin()+".", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
