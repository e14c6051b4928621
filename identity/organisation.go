// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/event"
)

// firstOrganisation is the lowest number that is given out; those below are for
// the members file, whose numbers people choose.
const firstOrganisation = 100_000

// Types of organisations.
var OrganisationTypes = []string{
	"state-body", "party-body", "hospital", "school", "company", "isp", "bank", "vendor", "cert", "association", "other",
}

// Name is an organisation's, in both languages.
type Name struct {
	VI string `json:"vi"`
	EN string `json:"en,omitempty"`
}

// In gives the name in a language; the Vietnamese where there is no other.
func (n Name) In(language string) string {
	if language == "en" && n.EN != "" {
		return n.EN
	}
	return n.VI
}

// Organisation is a participant. Its number is that of cert.orgs.
type Organisation struct {
	ID          uint32       `json:"id"`
	Name        Name         `json:"name"`
	Type        string       `json:"type"`
	Sector      event.Sector `json:"-"`                  // kept by name
	Band        event.Band   `json:"-"`                  // likewise
	Country     string       `json:"country"`            // ISO 3166-1, VN when empty
	Province    string       `json:"province,omitempty"` // ISO 3166-2, such as VN-HN
	Parent      uint32       `json:"parent,omitempty"`   // the ministry that it belongs to
	StateBody   bool         `json:"state_body,omitempty"`
	Communities []string     `json:"communities,omitempty"` // T1c: whom TLP:GREEN reaches
	Clients     []uint32     `json:"clients,omitempty"`     // T2: whom TLP:AMBER reaches through it
	Contacts    []Contact    `json:"contacts,omitempty"`
	Networks    []Network    `json:"networks,omitempty"`
	Created     time.Time    `json:"created"`
	Disabled    *time.Time   `json:"disabled,omitempty"`
}

func (o *Organisation) named() string { return organisationName(o.ID) }
func (o *Organisation) whole() bool   { return o.ID != 0 }

// organisationText is an organisation as JSON: enumerations by name, since their
// numbers are not for ever.
type organisationText struct {
	organisationFields
	Sector string `json:"sector,omitempty"`
	Band   string `json:"band,omitempty"`
}

type organisationFields Organisation

// MarshalJSON writes sector and band by name.
func (o Organisation) MarshalJSON() ([]byte, error) {
	return json.Marshal(organisationText{organisationFields(o), o.Sector.String(), o.Band.String()})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses fields unknown to it.
func (o *Organisation) UnmarshalJSON(b []byte) error {
	var t organisationText
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return err
	}
	*o = Organisation(t.organisationFields)
	sector, err := event.Sectors.Parse(t.Sector)
	if err != nil {
		return err
	}
	band, err := event.Bands.Parse(t.Band)
	o.Sector, o.Band = event.Sector(sector), event.Band(band)
	return err
}

func organisationName(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

func (o *Organisation) clone() Organisation {
	c := *o
	c.Communities, c.Clients, c.Networks = slices.Clone(o.Communities), slices.Clone(o.Clients), slices.Clone(o.Networks)
	c.Contacts = slices.Clone(o.Contacts)
	for n := range c.Contacts {
		k := &c.Contacts[n]
		k.Kinds, k.Stages, k.Tiers, k.Sealed = slices.Clone(k.Kinds), slices.Clone(k.Stages), slices.Clone(k.Tiers), slices.Clone(k.Sealed)
	}
	return c
}

// Organisations gives all organisations by number, disabled ones too.
func (i *Identity) Organisations() []Organisation {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	out := make([]Organisation, 0, len(k.organisations))
	for _, r := range k.organisations {
		out = append(out, r.clone())
	}
	slices.SortFunc(out, func(a, b Organisation) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Organisation gives one.
func (i *Identity) Organisation(id uint32) (Organisation, bool) {
	if k := i.known.Load(); k != nil {
		if r := k.organisations[organisationName(id)]; r != nil {
			return r.clone(), true
		}
	}
	return Organisation{}, false
}

// CreateOrganisation takes an organisation in and gives its number, a new one
// when it has none. Networks are claimed afterwards.
func (i *Identity) CreateOrganisation(ctx context.Context, o Organisation) (uint32, error) {
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		if o.ID == 0 {
			o.ID = k.nextOrganisation()
		}
		name := organisationName(o.ID)
		if k.organisations[name] != nil {
			return Action{}, nil, fmt.Errorf("organisation %d: %w", o.ID, ErrExists)
		}
		o = o.clone()
		o.Created, o.Disabled, o.Networks = now, nil, nil
		keepWebhooks(o.Contacts, nil)
		if err := k.checkOrganisation(&o); err != nil {
			return Action{}, nil, err
		}
		return Action{What: "organisation.create", On: "organisation/" + name, Organisation: o.ID},
			[]write{{kindOrganisation, name, &o}}, nil
	})
	return o.ID, err
}

func (k *known) nextOrganisation() uint32 {
	next := uint32(firstOrganisation)
	for _, r := range k.organisations {
		next = max(next, r.ID+1)
	}
	return next
}

// UpdateOrganisation changes what is known of an organisation, but for its
// networks, its contacts' webhooks and whether it is disabled.
func (i *Identity) UpdateOrganisation(ctx context.Context, o Organisation) error {
	return i.changeOrganisation(ctx, "organisation.update", o.ID, "", func(old *Organisation, k *known, _ time.Time) error {
		n := o.clone()
		n.Created, n.Disabled, n.Networks = old.Created, old.Disabled, old.Networks
		keepWebhooks(n.Contacts, old.Contacts)
		if err := k.checkOrganisation(&n); err != nil {
			return err
		}
		*old = n
		return nil
	})
}

// DisableOrganisation takes all rights that come from an organisation, at once;
// its networks are watched no more.
func (i *Identity) DisableOrganisation(ctx context.Context, id uint32) error {
	return i.changeOrganisation(ctx, "organisation.disable", id, "", func(o *Organisation, _ *known, now time.Time) error {
		o.Disabled = &now
		return nil
	})
}

// EnableOrganisation gives them back.
func (i *Identity) EnableOrganisation(ctx context.Context, id uint32) error {
	return i.changeOrganisation(ctx, "organisation.enable", id, "", func(o *Organisation, k *known, _ time.Time) error {
		for _, n := range o.Networks {
			if err := k.mayConfirm(o.ID, n); n.State == Confirmed && err != nil {
				return err
			}
		}
		o.Disabled = nil
		return nil
	})
}

func (i *Identity) changeOrganisation(ctx context.Context, what string, id uint32, detail string, f func(*Organisation, *known, time.Time) error) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		name := organisationName(id)
		r := k.organisations[name]
		if r == nil {
			return Action{}, nil, fmt.Errorf("organisation %d: %w", id, ErrNotFound)
		}
		o := r.clone()
		if err := f(&o, k, now); err != nil {
			return Action{}, nil, err
		}
		return Action{What: what, On: "organisation/" + name, Organisation: id, Detail: detail},
			[]write{{kindOrganisation, name, &o}}, nil
	})
}

var (
	provinceRule  = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]{1,3}$`)
	communityRule = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]{0,62}$`)
)

// checkOrganisation refuses what other rooms could not use.
func (k *known) checkOrganisation(o *Organisation) error {
	o.Name.VI, o.Name.EN, o.Country = strings.TrimSpace(o.Name.VI), strings.TrimSpace(o.Name.EN), cmp.Or(o.Country, "VN")
	country, ok := event.ParseCountry(o.Country)
	if ok {
		o.Country = country.String()
	}
	switch {
	case o.Name.VI == "" || !line(o.Name.VI, 200) || !line(o.Name.EN, 200):
		return fmt.Errorf("%w: name: use 1 to 200 bytes of plain text on one line, in Vietnamese at least", ErrInvalid)
	case !slices.Contains(OrganisationTypes, o.Type):
		return fmt.Errorf("%w: type %.40q: use one of %s", ErrInvalid, o.Type, strings.Join(OrganisationTypes, ", "))
	case o.Sector != 0 && o.Sector.String() == "" || o.Band != 0 && o.Band.String() == "":
		return fmt.Errorf("%w: sector %d or band %d is none", ErrInvalid, o.Sector, o.Band)
	case !ok:
		return fmt.Errorf("%w: country %.20q: use the two letters of ISO 3166-1, such as VN", ErrInvalid, o.Country)
	case o.Province != "" && (!provinceRule.MatchString(o.Province) || o.Province[:2] != o.Country):
		return fmt.Errorf("%w: province %.20q: use a code of ISO 3166-2, such as VN-HN", ErrInvalid, o.Province)
	}
	for _, c := range o.Communities {
		if !communityRule.MatchString(c) {
			return fmt.Errorf("%w: community %.80q: use 1 to 63 lower-case letters, digits, dots, dashes, slashes and underscores", ErrInvalid, c)
		}
	}
	o.Communities, o.Clients = distinct(o.Communities), distinct(o.Clients)
	if err := k.checkKin(o); err != nil {
		return err
	}
	return checkContacts(o.Contacts)
}

// checkKin refuses parents and clients that are not there, and circles.
func (k *known) checkKin(o *Organisation) error {
	for _, c := range o.Clients {
		if c == o.ID || k.organisations[organisationName(c)] == nil {
			return fmt.Errorf("%w: client %d: use another organisation's number", ErrInvalid, c)
		}
	}
	for p, steps := o.Parent, 0; p != 0; steps++ {
		r := k.organisations[organisationName(p)]
		if r == nil || p == o.ID || steps > 16 {
			return fmt.Errorf("%w: parent %d: use a number of an organisation that is not below this one", ErrInvalid, o.Parent)
		}
		p = r.Parent
	}
	return nil
}
