// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/identity"
)

// shownOrganisations is how many are listed; the rest is found by name.
const shownOrganisations = 200

// listBody is what the list of organisations shows.
type listBody struct {
	Find    string
	Lines   []listLine
	More    int64 // not shown
	Waiting int64 // networks that wait for a decision, of all organisations
	Types   []string
	Sectors []string
	Bands   []string
	Wrong   string
	Form    organisationForm
}

type listLine struct {
	Path, Name, Type, Sector string
	ID                       uint32
	Confirmed, Claimed       int64
	Contacts                 int64
	Disabled                 bool
}

type organisationForm struct {
	VI, EN, Type, Sector, Country, Province, Band string
	Parent                                        string // its number; empty for none
	State                                         bool   // a Party or State body
}

func (v *view) organisations() {
	v.listOrganisations(http.StatusOK, organisationForm{Country: "VN"}, "")
}

func (v *view) listOrganisations(status int, form organisationForm, wrong string) {
	find := strings.TrimSpace(v.r.URL.Query().Get("find"))
	b := &listBody{Find: find, Types: identity.OrganisationTypes, Sectors: event.Sectors.Names[1:], Bands: event.Bands.Names[1:], Form: form, Wrong: wrong}
	for _, o := range v.dep.Identity.Organisations() {
		line := v.listLine(&o)
		b.Waiting += line.Claimed
		if find != "" && !matches(&o, find) {
			continue
		}
		if len(b.Lines) == shownOrganisations {
			b.More++
			continue
		}
		b.Lines = append(b.Lines, line)
	}
	// What waits for a decision comes first.
	slices.SortStableFunc(b.Lines, func(a, c listLine) int { return int(min(c.Claimed, 1) - min(a.Claimed, 1)) })
	v.show(status, "organisations", v.l.T("organisations.title"), b)
}

func (v *view) listLine(o *identity.Organisation) listLine {
	line := listLine{
		Path: v.l.path("organisation") + strconv.FormatUint(uint64(o.ID), 10), Name: o.Name.In(v.l.Code), ID: o.ID,
		Type: v.l.T("type." + o.Type), Sector: o.Sector.String(), Contacts: int64(len(o.Contacts)), Disabled: o.Disabled != nil,
	}
	for _, n := range o.Networks {
		switch n.State {
		case identity.Confirmed:
			line.Confirmed++
		case identity.Claimed:
			line.Claimed++
		}
	}
	return line
}

// matches finds an organisation by a part of its names, its number or one of its
// networks.
func matches(o *identity.Organisation, find string) bool {
	low := strings.ToLower(find)
	if strings.Contains(strings.ToLower(o.Name.VI+"\n"+o.Name.EN), low) || strconv.FormatUint(uint64(o.ID), 10) == find {
		return true
	}
	return slices.ContainsFunc(o.Networks, func(n identity.Network) bool { return strings.EqualFold(n.String(), find) })
}

func (v *view) createOrganisation() {
	form := v.organisationForm()
	var o identity.Organisation
	err := form.describe(&o)
	if err == nil {
		var id uint32
		if id, err = v.dep.Identity.CreateOrganisation(v.r.Context(), o); err == nil {
			v.done(v.l.path("organisation")+strconv.FormatUint(uint64(id), 10), "created")
			return
		}
	}
	status, text := v.refusal(err)
	v.listOrganisations(status, form, text)
}

// refusal says what is wrong with a change; what is a fault of ours is logged.
func (v *view) refusal(err error) (status int, text string) {
	for _, known := range []struct {
		err    error
		status int
	}{
		{identity.ErrInvalid, http.StatusUnprocessableEntity}, {identity.ErrExists, http.StatusConflict},
		{identity.ErrNotFound, http.StatusNotFound}, {identity.ErrUnproven, http.StatusConflict},
	} {
		if errors.Is(err, known.err) {
			return known.status, err.Error()
		}
	}
	v.log.Error("desk: a change failed", "page", v.here, "error", err)
	return http.StatusInternalServerError, v.l.T("error.500")
}

// organisationBody is what the page of one organisation shows.
type organisationBody struct {
	identity.Organisation
	Shown     string
	TypeName  string
	Made      moment
	Networks  []networkLine
	Contacts  []contactLine
	Records   string // search for what concerns it
	Severity  []choice
	Kinds     []string
	Wrong     string
	Languages []choice
	Form      organisationForm
	Types     []string
	Sectors   []string
	Bands     []string
}

type networkLine struct {
	Text, State, StateName, Proof, By string
	At                                moment
	Other                             string // whose it is already
	ProofName, Challenge              string
}

type contactLine struct {
	identity.Contact
	Kinds, Tiers string
	Index        int
}

func (v *view) organisation() { v.showOrganisation(http.StatusOK, "") }

func (v *view) showOrganisation(status int, wrong string) {
	o, ok := v.theOrganisation()
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	if !v.note(Act{What: "organisation", Kind: "organisation", IDs: []string{v.id}, Done: true}) {
		return
	}
	b := &organisationBody{
		Organisation: o, Shown: o.Name.In(v.l.Code), TypeName: v.l.T("type." + o.Type), Made: v.l.moment(o.Created), Wrong: wrong,
		Kinds: event.RSITs.Names[1:], Form: describedBy(&o), Types: identity.OrganisationTypes, Sectors: event.Sectors.Names[1:], Bands: event.Bands.Names[1:],
	}
	if v.typed != nil {
		b.Form = *v.typed
	}
	b.Records = v.l.path("search") + "?period=7d&affected.org=" + strconv.FormatUint(uint64(o.ID), 10)
	for s := range event.SeverityFatal + 1 {
		b.Severity = append(b.Severity, choice{Value: strconv.Itoa(int(s)), Text: strconv.Itoa(int(s))})
	}
	for _, l := range identity.Languages {
		b.Languages = append(b.Languages, choice{l, v.l.T("language." + l), l == "vi"})
	}
	for i, c := range o.Contacts {
		b.Contacts = append(b.Contacts, contactLine{c, strings.Join(c.Kinds, ", "), strings.Join(c.Tiers, ", "), i})
	}
	b.Networks = v.networkLines(&o)
	v.show(status, "organisation", b.Shown, b)
}

// networkLines lists networks, those that wait for a decision first.
func (v *view) networkLines(o *identity.Organisation) []networkLine {
	owners := v.owners()
	var out []networkLine
	for _, n := range o.Networks {
		line := networkLine{Text: n.String(), State: n.State, StateName: v.l.T("network." + n.State), Proof: visible(n.Proof), By: n.By, At: v.l.moment(n.At)}
		if owner := owners[n.String()]; owner != 0 && owner != o.ID {
			line.Other = v.organisationName(strconv.FormatUint(uint64(owner), 10))
		}
		if name, ok := n.ProofName(); ok && n.State == identity.Claimed {
			line.ProofName, line.Challenge = name, n.Challenge
		}
		if by, ok := strings.CutPrefix(n.By, "person/"); ok {
			line.By = by
			if p, known := v.dep.Identity.Person(by); known {
				line.By = p.Name
			}
		}
		out = append(out, line)
	}
	order := map[string]int{identity.Claimed: 0, identity.Confirmed: 1, identity.Refused: 2}
	slices.SortStableFunc(out, func(a, b networkLine) int { return order[a.State] - order[b.State] })
	return out
}

// owners says whose own each confirmed network is.
func (v *view) owners() map[string]uint32 {
	out := map[string]uint32{}
	for _, o := range v.dep.Identity.Organisations() {
		for _, n := range o.Networks {
			if n.State == identity.Confirmed && o.Disabled == nil {
				out[n.String()] = o.ID
			}
		}
	}
	return out
}

func (v *view) theOrganisation() (identity.Organisation, bool) {
	id, err := strconv.ParseUint(v.id, 10, 32)
	if err != nil {
		return identity.Organisation{}, false
	}
	return v.dep.Identity.Organisation(uint32(id))
}

// changeNetwork claims, confirms or refuses a network.
func (v *view) changeNetwork() {
	o, ok := v.theOrganisation()
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	network, why := strings.TrimSpace(v.r.PostFormValue("network")), v.r.PostFormValue("why")
	ctx, said := v.r.Context(), v.r.PostFormValue("do")
	var err error
	switch said {
	case "claim":
		_, err = v.dep.Identity.Claim(ctx, o.ID, network)
	case "confirm":
		err = v.dep.Identity.Confirm(ctx, o.ID, network, why)
	case "refuse":
		err = v.dep.Identity.Refuse(ctx, o.ID, network, why)
	case "prove":
		err = v.dep.Identity.Prove(ctx, o.ID, network)
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

// changeContacts adds a contact or takes one away.
func (v *view) changeContacts() {
	o, ok := v.theOrganisation()
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	email := strings.TrimSpace(v.r.PostFormValue("email"))
	said := v.r.PostFormValue("do")
	switch said {
	case "add-contact":
		severity, _ := strconv.ParseUint(v.r.PostFormValue("severity"), 10, 8)
		c := identity.Contact{
			Name: strings.TrimSpace(v.r.PostFormValue("name")), Email: email, Language: v.r.PostFormValue("language"),
			Digest: v.r.PostFormValue("digest") != "", Severity: uint8(severity),
		}
		if k := v.r.PostFormValue("kind"); k != "" {
			c.Kinds = []string{k}
		}
		o.Contacts = append(o.Contacts, c)
	case "remove-contact":
		// By address and place: the list may have changed since it was shown.
		at, err := strconv.Atoi(v.r.PostFormValue("index"))
		if err != nil || at < 0 || at >= len(o.Contacts) || o.Contacts[at].Email != email {
			v.showOrganisation(http.StatusConflict, v.l.T("error.changed"))
			return
		}
		o.Contacts = slices.Delete(o.Contacts, at, at+1)
	default:
		v.fail(http.StatusBadRequest, "error.form")
		return
	}
	if err := v.dep.Identity.UpdateOrganisation(v.r.Context(), o); err != nil {
		v.showOrganisation(v.refusal(err))
		return
	}
	v.done(v.l.path("organisation")+v.id, said)
}
