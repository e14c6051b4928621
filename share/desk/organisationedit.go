// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/identity"
)

// describedBy is what is known of an organisation, as its form shows it.
func describedBy(o *identity.Organisation) organisationForm {
	f := organisationForm{
		VI: o.Name.VI, EN: o.Name.EN, Type: o.Type, Sector: o.Sector.String(), Country: o.Country, Province: o.Province,
		Band: o.Band.String(), State: o.StateBody,
	}
	if o.Parent != 0 {
		f.Parent = strconv.FormatUint(uint64(o.Parent), 10)
	}
	return f
}

// describe reads the form into an organisation.
func (f *organisationForm) describe(o *identity.Organisation) error {
	sector, err := event.Sectors.Parse(f.Sector)
	if err != nil {
		return fmt.Errorf("%w: %w", identity.ErrInvalid, err)
	}
	band, err := event.Bands.Parse(f.Band)
	if err != nil {
		return fmt.Errorf("%w: %w", identity.ErrInvalid, err)
	}
	var parent uint64
	if f.Parent != "" {
		if parent, err = strconv.ParseUint(f.Parent, 10, 32); err != nil {
			return fmt.Errorf("%w: parent %.20q: use an organisation's number, or none", identity.ErrInvalid, f.Parent)
		}
	}
	o.Name, o.Type, o.Country, o.Province = identity.Name{VI: f.VI, EN: f.EN}, f.Type, f.Country, f.Province
	o.Sector, o.Band, o.Parent, o.StateBody = event.Sector(sector), event.Band(band), uint32(parent), f.State
	return nil
}

// organisationForm reads what was typed.
func (v *view) organisationForm() organisationForm {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	return organisationForm{
		VI: get("vi"), EN: get("en"), Type: get("type"), Sector: get("sector"), Country: get("country"), Province: get("province"),
		Band: get("band"), Parent: get("parent"), State: get("state") != "",
	}
}

// describeOrganisation changes what is known of an organisation. What was typed
// stays in the form where it cannot be kept.
func (v *view) describeOrganisation() {
	o, ok := v.theOrganisation()
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	form := v.organisationForm()
	err := form.describe(&o)
	if err == nil {
		err = v.dep.Identity.UpdateOrganisation(v.r.Context(), o)
	}
	if err != nil {
		v.typed = &form
		v.showOrganisation(v.refusal(err))
		return
	}
	v.done(v.l.path("organisation")+v.id, "described")
}

// switchOrganisation disables an organisation or enables it again. Whoever acts for
// it has no right by it from the next question on.
func (v *view) switchOrganisation() {
	o, ok := v.theOrganisation()
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	ctx, said := v.r.Context(), v.r.PostFormValue("do")
	var err error
	switch said {
	case "disable":
		err = v.dep.Identity.DisableOrganisation(ctx, o.ID)
	case "enable":
		err = v.dep.Identity.EnableOrganisation(ctx, o.ID)
	default:
		v.fail(http.StatusBadRequest, "error.form")
		return
	}
	if err != nil {
		v.showOrganisation(v.refusal(err))
		return
	}
	v.done(v.l.path("organisation")+v.id, said)
}
