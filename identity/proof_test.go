// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/identity"
)

// nameServer is a real one, on loopback, and a resolver that asks it.
func nameServer(t *testing.T, texts func(name string) (values []string, rcode int)) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		q := r.Question[0]
		values, rcode := texts(strings.ToLower(q.Name))
		m.Rcode = rcode
		for _, v := range values {
			if q.Qtype == dns.TypeTXT {
				m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 1}, Txt: []string{v}})
			}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func TestProof(t *testing.T) {
	var zone atomic.Pointer[map[string]string]
	var rcode atomic.Int64
	rcode.Store(dns.RcodeNameError)
	r := nameServer(t, func(name string) ([]string, int) {
		if v, ok := (*zone.Load())[name]; ok {
			return []string{"v=spf1 -all", v}, dns.RcodeSuccess
		}
		return nil, int(rcode.Load())
	})
	zone.Store(&map[string]string{})
	i := must[*identity.Identity](t)(identity.New(identity.Config{}, identity.Dependencies{Bucket: bucket(t), Resolver: r, Metrics: prometheus.NewRegistry()}))
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	org := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	other := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	for _, c := range []struct{ network, name string }{
		{"a.example.vn", "_haidang.a.example.vn."}, {"192.0.2.0/24", "_haidang.2.0.192.in-addr.arpa."},
		{"2001:db8::/32", "_haidang.8.b.d.0.1.0.0.2.ip6.arpa."},
	} {
		want(t, "not claimed", i.Prove(ctx, org, c.network), identity.ErrNotFound)
		n := must[identity.Network](t)(i.Claim(ctx, org, c.network))
		foreign := must[identity.Network](t)(i.Claim(ctx, other, c.network))
		err := i.Prove(ctx, org, c.network)
		if want(t, "no record", err, identity.ErrUnproven); err != nil && !strings.Contains(err.Error(), n.Challenge) {
			t.Errorf("the error does not say what to do: %v", err)
		}
		zone.Store(&map[string]string{c.name: foreign.Challenge})
		want(t, "another organisation's record", i.Prove(ctx, org, c.network), identity.ErrUnproven)
		zone.Store(&map[string]string{c.name: n.Challenge})
		if err := i.Prove(ctx, org, c.network); err != nil {
			t.Errorf("%s: %v", c.network, err)
		}
		o, _ := i.Organisation(org)
		if last := o.Networks[len(o.Networks)-1]; last.State != identity.Confirmed || !strings.HasPrefix(last.Proof, "TXT record of _haidang.") {
			t.Errorf("%+v", last)
		}
		zone.Store(&map[string]string{c.name: foreign.Challenge})
		want(t, "what is another's own", i.Prove(ctx, other, c.network), identity.ErrExists)
	}
	for _, network := range []string{"192.0.2.0/25", "AS64500"} {
		must[identity.Network](t)(i.Claim(ctx, org, network))
		n, _ := identity.ParseNetwork(network)
		if _, ok := n.ProofName(); ok {
			t.Errorf("%s has a zone of its own", network)
		}
		want(t, network, i.Prove(ctx, org, network), identity.ErrInvalid)
	}
	must[identity.Network](t)(i.Claim(ctx, org, "b.example.vn"))
	if err := i.Refuse(ctx, org, "b.example.vn", "not theirs"); err != nil {
		t.Fatal(err)
	}
	want(t, "refused", i.Prove(ctx, org, "b.example.vn"), identity.ErrNotFound)
	rcode.Store(dns.RcodeServerFailure)
	must[identity.Network](t)(i.Claim(ctx, org, "c.example.vn"))
	if err := i.Prove(ctx, org, "c.example.vn"); !errors.Is(err, identity.ErrUnproven) || !strings.Contains(err.Error(), "try again later") {
		t.Errorf("a server that fails: %v", err)
	}
}
