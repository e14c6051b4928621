// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

func (a *App) policyMethods(h *admin.Handler) {
	admin.Handle(h, admin.MethodSensorEnrol, failures(a, audit.Sensor, aboutNewSensor, a.enrolSensor))
	admin.Handle(h, admin.MethodAgreement, failures(a, audit.Policy, aboutAgreement, a.changeAgreement))
	admin.Handle(h, admin.MethodGroupSet, failures(a, audit.Policy, aboutGroup, a.setGroup))
	admin.Handle(h, admin.MethodGroupList, func(context.Context, admin.None) ([]admin.Group, error) {
		out := []admin.Group{}
		for _, g := range a.policy.listGroups() {
			out = append(out, admin.Group{ID: g.ID, Name: g.Name, Label: g.Label.String()})
		}
		return out, nil
	})
}

func aboutNewSensor(s admin.NewSensor) audit.Object { return aboutSensor(s.Sensor) }

func aboutAgreement(c admin.ChangeAgreement) audit.Object {
	return audit.Object{Kind: "agreement", IDs: []string{c.Sensor}}
}

func aboutGroup(g admin.Group) audit.Object {
	return audit.Object{Kind: "group", IDs: []string{fmt.Sprint(g.ID)}}
}

// enrolSensor makes a sensor known. Its agreement is there before it can send,
// so that no record is ever read under a wider one.
func (a *App) enrolSensor(ctx context.Context, n admin.NewSensor) (admin.Token, error) {
	if _, known := a.liveSensor(n.Name); !known && (n.Label != "" || n.Deliver) {
		c := admin.ChangeAgreement{Sensor: n.Name}
		if n.Label != "" {
			c.Label = &n.Label
		}
		if n.Deliver {
			c.Deliver = &n.Deliver
		}
		g, err := changed(classify.Enrolment(), &c)
		if err == nil {
			err = identity.CheckSensor(n.Sensor)
		}
		if err == nil {
			err = a.policy.agree(ctx, n.Name, g)
		}
		if err != nil {
			return admin.Token{}, err
		}
	}
	token, err := a.identity.Enrol(ctx, n.Sensor)
	return admin.Token{Token: token}, err
}

// liveSensor gives a sensor that is enrolled and not revoked.
func (a *App) liveSensor(name string) (event.Sensor, bool) {
	for _, e := range a.identity.List() {
		if e.Name == name && e.Revoked == nil {
			return e.Sensor, true
		}
	}
	return event.Sensor{}, false
}

// changeAgreement shows a sensor's agreement, after changing what is asked for.
// A revoked sensor has one still: its records outlive its token.
func (a *App) changeAgreement(ctx context.Context, c admin.ChangeAgreement) (admin.Agreement, error) {
	if _, ok := a.identity.Sensor(c.Sensor); !ok {
		return admin.Agreement{}, fmt.Errorf("sensor %.80q: %w", c.Sensor, identity.ErrNotFound)
	}
	if c != (admin.ChangeAgreement{Sensor: c.Sensor}) {
		old, _ := a.policy.agreement(c.Sensor)
		g, err := changed(old, &c)
		if err == nil {
			err = a.checkAgreement(&g)
		}
		if err == nil {
			err = a.policy.agree(ctx, c.Sensor, g)
		}
		if err != nil {
			return admin.Agreement{}, err
		}
	}
	g, own := a.policy.agreement(c.Sensor)
	return admin.Agreement{
		Sensor: c.Sensor, Agreed: own, Label: g.Default.String(), Deliver: g.Terms.Deliver, CountsOpen: g.Terms.CountsOpen,
		Partner: g.Terms.Partner, Owner: g.Terms.Owner, Receiver: g.Terms.Receiver, Group: g.Group,
	}, nil
}

// changed gives an agreement with what is set changed.
func changed(g classify.Agreement, c *admin.ChangeAgreement) (classify.Agreement, error) {
	if c.Label != nil {
		l, err := event.ParseLabel(*c.Label)
		if err != nil {
			return g, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		g.Default = l
	}
	set(&g.Terms.Deliver, c.Deliver)
	set(&g.Terms.CountsOpen, c.CountsOpen)
	set(&g.Terms.Partner, c.Partner)
	set(&g.Terms.Owner, c.Owner)
	set(&g.Terms.Receiver, c.Receiver)
	set(&g.Group, c.Group)
	return g, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (a *App) setGroup(ctx context.Context, in admin.Group) (admin.Group, error) {
	l, err := event.ParseLabel(in.Label)
	if err != nil {
		return admin.Group{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	g, err := a.policy.setGroup(ctx, Group{ID: in.ID, Name: in.Name, Label: l})
	return admin.Group{ID: g.ID, Name: g.Name, Label: g.Label.String()}, err
}
