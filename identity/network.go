// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// States of a network. Only a confirmed one is the organisation's own.
const (
	Claimed   = "claimed"
	Confirmed = "confirmed"
	Refused   = "refused"
)

// maxNetworks of one organisation.
const maxNetworks = 1000

// Network is a prefix, an autonomous system or a domain that an organisation
// says is its own; exactly one of the three is set.
type Network struct {
	Prefix    netip.Prefix `json:"prefix,omitzero"`
	AS        uint32       `json:"as,omitempty"`
	Domain    string       `json:"domain,omitempty"` // lower case, in its ASCII form
	State     string       `json:"state"`
	By        string       `json:"by,omitempty"`        // who made it so
	At        time.Time    `json:"at"`                  // when
	Proof     string       `json:"proof,omitempty"`     // why, in words
	Challenge string       `json:"challenge,omitempty"` // what the TXT record must hold
}

// Narrowest and widest prefixes that can be claimed: nobody has more than a /8,
// or a /16 of version 6.
const (
	widest4 = 8
	widest6 = 16
)

// domainRule asks for two labels at least, the highest of which begins with a
// letter, so that no address is taken for a name (RFC 1123 section 2.1).
var domainRule = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseNetwork reads "192.0.2.0/24", an address alone, "AS4134" or "example.vn".
func ParseNetwork(s string) (Network, error) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return Network{Prefix: netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())}, nil
	}
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		widest := widest6
		if p.Addr().Is4() {
			widest = widest4
		}
		if err != nil || p.Bits() < widest || p.Addr().Is4In6() {
			return Network{}, fmt.Errorf("%w: network %.80q: use a prefix such as 192.0.2.0/24, at widest a /%d (a /%d of IPv6)", ErrInvalid, s, widest4, widest6)
		}
		return Network{Prefix: p.Masked()}, nil
	}
	if rest, ok := strings.CutPrefix(strings.ToUpper(s), "AS"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
		n, err := strconv.ParseUint(rest, 10, 32)
		if err != nil || n == 0 {
			return Network{}, fmt.Errorf("%w: network %.80q: use a number such as AS4134", ErrInvalid, s)
		}
		return Network{AS: uint32(n)}, nil
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if again, fault := idna.Lookup.ToASCII(domain); err != nil || fault != nil || again != domain || !domainRule.MatchString(domain) || len(domain) > 230 {
		return Network{}, fmt.Errorf("%w: network %.80q: use a prefix, AS and a number, or a domain such as example.vn", ErrInvalid, s)
	}
	return Network{Domain: domain}, nil
}

// String gives what ParseNetwork reads.
func (n Network) String() string {
	switch {
	case n.Prefix.IsValid():
		return n.Prefix.String()
	case n.AS != 0:
		return "AS" + strconv.FormatUint(uint64(n.AS), 10)
	}
	return n.Domain
}

func (n Network) is(o Network) bool {
	return n.Prefix == o.Prefix && n.AS == o.AS && n.Domain == o.Domain
}

// Own gives an organisation's confirmed networks; none, while it is disabled.
func (o *Organisation) Own() (prefixes []netip.Prefix, as []uint32, domains []string) {
	if o.Disabled != nil {
		return nil, nil, nil
	}
	for _, n := range o.Networks {
		switch {
		case n.State != Confirmed:
		case n.Prefix.IsValid():
			prefixes = append(prefixes, n.Prefix)
		case n.AS != 0:
			as = append(as, n.AS)
		default:
			domains = append(domains, n.Domain)
		}
	}
	return prefixes, as, domains
}

// Claim says that a network is an organisation's. It is so only when confirmed.
// The Network returned holds the Challenge that a proof must show; a network
// that was claimed before keeps its own.
func (i *Identity) Claim(ctx context.Context, organisation uint32, network string) (Network, error) {
	n, err := ParseNetwork(network)
	if err != nil {
		return Network{}, err
	}
	err = i.changeOrganisation(ctx, "network.claim", organisation, n.String(), func(o *Organisation, _ *known, now time.Time) error {
		if at := slices.IndexFunc(o.Networks, n.is); at >= 0 {
			if o.Networks[at].State != Refused {
				n = o.Networks[at]
				return nil
			}
			o.Networks = slices.Delete(o.Networks, at, at+1)
		}
		if len(o.Networks) >= maxNetworks {
			return fmt.Errorf("%w: networks: an organisation has at most %d", ErrInvalid, maxNetworks)
		}
		n.State, n.By, n.At, n.Challenge = Claimed, actor(ctx), now, "haidang-proof="+newID()
		o.Networks = append(o.Networks, n)
		return nil
	})
	return n, err
}

// Confirm makes a claimed network an organisation's own: an analyst has seen
// proof, for example in WHOIS, and says which.
func (i *Identity) Confirm(ctx context.Context, organisation uint32, network, proof string) error {
	return i.decide(ctx, Confirmed, organisation, network, proof, "")
}

// Refuse says that a network is not an organisation's, and why. A network that
// was its own is so no more.
func (i *Identity) Refuse(ctx context.Context, organisation uint32, network, why string) error {
	return i.decide(ctx, Refused, organisation, network, why, "")
}

// decide sets a network's state. Where challenge is set, the claim must still be
// the one that it was made for.
func (i *Identity) decide(ctx context.Context, state string, organisation uint32, network, why, challenge string) error {
	n, err := ParseNetwork(network)
	if err != nil {
		return err
	}
	if why = strings.TrimSpace(why); why == "" || !line(why, 500) {
		return fmt.Errorf("%w: proof: say in at most 500 bytes on one line what was seen", ErrInvalid)
	}
	what := "network." + state
	return i.changeOrganisation(ctx, what, organisation, n.String()+": "+why, func(o *Organisation, k *known, now time.Time) error {
		at := slices.IndexFunc(o.Networks, n.is)
		if at < 0 || challenge != "" && o.Networks[at].Challenge != challenge {
			return fmt.Errorf("network %s of organisation %d: %w; claim it first", n, organisation, ErrNotFound)
		}
		if state == Confirmed {
			if err := k.mayConfirm(organisation, n); err != nil {
				return err
			}
		}
		c := &o.Networks[at]
		c.State, c.By, c.At, c.Proof = state, cmp.Or(actor(ctx), "haidang"), now, why
		return nil
	})
}

// mayConfirm refuses what is another's own already.
func (k *known) mayConfirm(organisation uint32, n Network) error {
	for _, r := range k.organisations {
		if r.ID == organisation || r.Disabled != nil {
			continue
		}
		for _, other := range r.Networks {
			if other.State == Confirmed && other.is(n) {
				return fmt.Errorf("network %s is organisation %d's own: %w", n, r.ID, ErrExists)
			}
		}
	}
	return nil
}
