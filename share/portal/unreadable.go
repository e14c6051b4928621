// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"fmt"
)

// unreadable is what an address asks for in one of its parameters, or in its
// path, and that there is not. It is an errNothing of which the page can say more.
type unreadable struct {
	why   string // "period", "ahead", "fine", "days", "quarter", "country", "figure" or "with": what the catalogue says of it
	name  string // of the parameter, by its English name; "" in the path
	value string
}

func (u *unreadable) Error() string { return fmt.Sprintf("%s %q: no such %s", u.name, u.value, u.why) }

// Is makes it an errNothing.
func (u *unreadable) Is(err error) bool { return err == errNothing }

// unreadable says which field of an address at path cannot be read and what to write
// instead. The error must be one.
func (l *language) unreadable(err error, path string) refusal {
	var u *unreadable
	errors.As(err, &u)
	says := refusal{Title: l.T("error.asked.title"), Text: l.T("error.asked."+u.why, "value", u.value, "form", l.T("picker.form"))}
	if u.name != "" {
		says.Text, says.Plain = l.T("error.asked", "name", l.parameter(u.name), "text", says.Text), path
	}
	return says
}
