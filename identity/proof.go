// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// proofTime is how long the domain name system may take to answer.
const proofTime = 10 * time.Second

// ProofName gives the name whose TXT record proves a network: _haidang below the
// domain or, for a prefix that ends where a reverse zone does, below that zone
// (RFC 1035 section 3.5, RFC 3596 section 2.5). Others are for an analyst.
func (n Network) ProofName() (string, bool) {
	zone := n.Domain
	if n.Prefix.IsValid() {
		zone = reverse(n.Prefix)
	}
	return "_haidang." + zone, zone != ""
}

// reverse gives a prefix's reverse zone, empty when it has none of its own.
func reverse(p netip.Prefix) string {
	var labels []string
	raw := p.Addr().AsSlice()
	switch {
	case p.Addr().Is4() && p.Bits()%8 == 0:
		for _, b := range raw[:p.Bits()/8] {
			labels = append(labels, strconv.Itoa(int(b)))
		}
		labels = append([]string{"arpa", "in-addr"}, labels...)
	case p.Addr().Is6() && p.Bits()%4 == 0:
		labels = []string{"arpa", "ip6"}
		for n := range p.Bits() / 4 {
			labels = append(labels, strconv.FormatUint(uint64(raw[n/2]>>(4-4*(n%2))&15), 16))
		}
	default:
		return ""
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

// Prove asks the domain name system for the proof of a claimed network and
// confirms it. ErrUnproven says what is missing.
func (i *Identity) Prove(ctx context.Context, organisation uint32, network string) error {
	n, err := ParseNetwork(network)
	if err != nil {
		return err
	}
	name, ok := n.ProofName()
	if !ok {
		return fmt.Errorf("%w: %s has no zone of its own; an analyst must confirm it", ErrInvalid, n)
	}
	o, _ := i.Organisation(organisation)
	at := slices.IndexFunc(o.Networks, n.is)
	if at < 0 || o.Networks[at].State == Refused {
		return fmt.Errorf("network %s of organisation %d: %w; claim it first", n, organisation, ErrNotFound)
	}
	challenge := o.Networks[at].Challenge
	asking, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	texts, err := i.resolver.LookupTXT(asking, name+".")
	var missing *net.DNSError
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
	case err != nil:
		return fmt.Errorf("%w: the domain name system did not answer for %s; try again later", ErrUnproven, name)
	case slices.Contains(texts, challenge):
		return i.decide(ctx, Confirmed, organisation, network, "TXT record of "+name, challenge)
	}
	return fmt.Errorf("%w: give %s the TXT record %q and try again", ErrUnproven, name, challenge)
}
