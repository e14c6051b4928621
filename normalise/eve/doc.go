// SPDX-License-Identifier: Apache-2.0

// Package eve maps Suricata's EVE log (versions 6, 7 and 8), one JSON object a
// line, to the shared record.
//
// One line comes in, one event goes out, or a RejectError that names the field.
// Alerts become attempts or incidents: the table of classes, the vendors'
// naming of rules and the rule's own metadata decide stage, class, way and
// affected side (SCHEMA.md, "Deciding the affected side"). All other event
// types, known to us or not, are context, except that stats is a metric whose
// kernel drops are told to Context.Drops. event.action is always the
// event_type. Source and destination stay as the sensor wrote them, in an alert
// the ends of the packet; which end is the server's follows from "direction".
// What has no field of its own stays in the residual, at its old place; records of
// one pattern share its outline.
//
// It may not panic on any input, ask anybody, or remember one record for the
// next.
package eve
