// SPDX-License-Identifier: Apache-2.0

package my

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

// whyBody answers "why did we get this?".
type whyBody struct {
	Match    string   // the prefix, network, domain or list
	Sensors  string   // which kinds of sensors saw it
	Label    string   // the marking, and the law's word for it
	Who      string   // whom that label reaches
	Reasons  []string // by what right it is shown, and what was taken away
	Contacts []string // who is told
	Fold     string   // how repeats are counted

	truncated bool // addresses were cut to their networks
	unsteady  bool // a passkey shows more
}

// why explains an incident by its newest record.
func (s *Server) why(x *visit, i *event.Incident) *whyBody {
	l := x.l
	b := &whyBody{Match: match(x, i), Label: i.Marking(), Fold: l.T("why.fold")}
	if b.Label == "" {
		b.Label = l.T("why.unlabelled")
	}
	var seen []string
	for _, t := range i.Sensors {
		seen = append(seen, l.T("sensor."+t.String()))
	}
	b.Sensors = strings.Join(seen, ", ")
	b.Contacts = contacts(x, i)
	if len(i.Samples) == 0 {
		return b
	}
	released, err := s.dep.Why(x.r.Context(), x.viewer, i.Samples[0].EventID)
	if err != nil {
		// The incident itself is here; only its explanation is not.
		s.log.Warn("a record could not be explained", "error", err)
		return b
	}
	e := released.Value()
	if e.Outcome == classify.Nothing {
		return b
	}
	if e.Tier != nil {
		if i.Tier == event.TierUnset {
			b.Label = strings.Trim(e.Tier.TLP+" "+e.Tier.Tier, " ")
		}
		b.Label += " – " + e.Tier.Name.In(l.Code)
		b.Who = e.Tier.Who.In(l.Code)
	}
	if e.PAP != event.PAPUnset {
		b.Label += ", " + e.PAP.String()
	}
	b.truncated, b.unsteady = len(e.Truncate) > 0, slices.Contains(e.Reasons, classify.LessPasskey)
	for _, r := range e.Reasons {
		b.Reasons = append(b.Reasons, r.Text().In(l.Code))
	}
	return b
}

// match names by what the machine was found to be the organisation's: what the
// record says, with the network that holds it.
func match(x *visit, i *event.Incident) string {
	key := "why.match." + event.MatchReasons.Text(uint8(i.Reason))
	o, ok := x.org(i.Org)
	if !ok {
		return x.l.T(key)
	}
	if n := holder(&o.Organisation, i); n != "" {
		return x.l.T(key) + ": " + n
	}
	return x.l.T(key)
}

// holder finds the confirmed network by which an incident is an organisation's:
// the longest prefix, or the longest domain. Networks (AS) are named only where
// the organisation has but one, since an incident does not tell its own.
func holder(o *identity.Organisation, i *event.Incident) string {
	var prefix netip.Prefix
	var domain string
	var as []uint32
	for _, n := range o.Networks {
		if n.State != identity.Confirmed {
			continue
		}
		if n.Prefix.IsValid() && i.Machine.Addr.IsSet() && n.Prefix.Contains(i.Machine.Addr.Netip()) && n.Prefix.Bits() >= prefix.Bits() {
			prefix = n.Prefix
		}
		if n.Domain != "" && len(n.Domain) > len(domain) && slices.ContainsFunc(i.Machine.Hosts, func(h string) bool {
			return h == n.Domain || strings.HasSuffix(h, "."+n.Domain)
		}) {
			domain = n.Domain
		}
		if n.AS != 0 {
			as = append(as, n.AS)
		}
	}
	switch {
	case i.Reason == event.MatchDomain:
		return domain
	case i.Reason == event.MatchAS && len(as) == 1:
		return "AS" + strconv.FormatUint(uint64(as[0]), 10)
	case i.Reason == event.MatchPrefix && prefix.IsValid():
		return prefix.String()
	}
	return ""
}

// contacts names who of the organisation is told of such an incident.
func contacts(x *visit, i *event.Incident) (out []string) {
	o, ok := x.org(i.Org)
	if !ok || !o.Acts {
		return nil
	}
	for n := range o.Contacts {
		if c := &o.Contacts[n]; c.Wants(i.Problem.RSIT, i.Stage, i.Severity, i.Tier.String()) {
			out = append(out, c.Email)
		}
	}
	return out
}

// refused answers where a change was not kept.
func (s *Server) refused(x *visit, err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, ErrForbidden), errors.Is(err, classify.ErrForbidden):
		s.fail(x.w, x.r, x.l, http.StatusForbidden, "forbidden")
	case errors.Is(err, ErrInvalid), errors.Is(err, identity.ErrInvalid):
		s.log.Info("a form was refused", "route", x.r.Pattern, "error", err)
		s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
	default:
		panic(err)
	}
	return true
}
