// SPDX-License-Identifier: Apache-2.0

package my

import (
	"net/http"
	"strings"
	"time"

	"haidang/event"
	"haidang/identity"
)

// Delivery is what became of one message to a contact.
type Delivery struct {
	Channel string // email, webhook
	State   string // queued, sent, failed
	At      time.Time
	Error   string // of the last attempt, for who keeps the receiver
}

// shownDeliveries of one contact.
const shownDeliveries = 5

type deliveryRow struct {
	Text, Error string
	Failed      bool
	At          moment
}

// deliveries lists what became of a contact's newest messages.
func (s *Server) deliveries(l *language, org uint32, email string) (out []deliveryRow) {
	if s.dep.Deliveries == nil {
		return nil
	}
	for _, d := range s.dep.Deliveries(org, email) {
		if len(out) == shownDeliveries {
			break
		}
		out = append(out, deliveryRow{
			Text: l.T("channel."+d.Channel) + ": " + l.T("delivery."+d.State), Error: clean(d.Error),
			Failed: d.State == "failed", At: l.moment(event.TimeOf(d.At), s.now()),
		})
	}
	return out
}

// setWebhook gives a contact a webhook and shows its secret, or takes it away.
func (s *Server) setWebhook(x *visit, o *Organisation, email string) {
	if s.askPasskey(x, "notices") {
		return
	}
	to := strings.TrimSpace(x.r.PostFormValue("webhook"))
	if x.r.PostFormValue("do") == "unhook" {
		to = ""
	} else if to == "" {
		s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
		return
	}
	ctx := identity.As(x.r.Context(), "person/"+x.viewer.Person())
	secret, err := s.dep.Identity.SetWebhook(ctx, o.ID, email, to)
	switch {
	case s.refused(x, err):
	case secret == "":
		http.Redirect(x.w, x.r, x.l.to("notices", "saved", "1"), http.StatusSeeOther)
	default:
		s.once(x, onceBody{Lead: x.l.T("once.webhook", "email", email), Secret: secret, Back: x.l.path("notices")})
	}
}
