// SPDX-License-Identifier: Apache-2.0

package event

// LossHour is what was lost, or came late, of what all sensors sent in an hour of
// acceptance. Numbers are of records, but for Refused.
type LossHour struct {
	Start       Time
	Sensors     int   // that sent something
	Received    int64 // what the doors took in
	Late        int64 // came more than two hours after it happened, of daily feeds 36
	Quarantined int64 // could not be read
	Shed        int64 // left out by senders, who said so
	Drops       int64 // lost before it was sent, as sensors report
	Refused     int64 // requests that a door refused; the sender may have tried again
	Hidden      bool  // the numbers are not told: they would tell of few organisations' sensors
}

// Lost is what is in no figure.
func (h *LossHour) Lost() int64 { return h.Quarantined + h.Shed + h.Drops }
