// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"net/http"
	"net/url"
	"strings"

	"haidang/classify"
	"haidang/event"
)

// reasons of quarantine, as the form lists them.
var reasons = []event.Reason{
	event.ReasonNotJSON, event.ReasonNotObject, event.ReasonDuplicate, event.ReasonUTF8, event.ReasonDepth, event.ReasonTooLong,
	event.ReasonWrongFormat, event.ReasonField, event.ReasonTime, event.ReasonFuture, event.ReasonColumns, event.ReasonLabel,
}

// quarantineBody is what the page of the quarantine shows.
type quarantineBody struct {
	Sensor, Reason, Batch string
	Reasons               []choice
	Lines                 []rejectLine
	Next                  string
	Replayed              *Replayed
}

type rejectLine struct {
	At                     moment
	Sensor, Format, Door   string
	Batch, Reason, Detail  string
	Line                   int64
	Text                   string
	Hex, Cut               bool
	OfBatch, OfSensor, Why string // links
}

func (v *view) quarantine() {
	values := v.r.URL.Query()
	v.showQuarantine(values.Get("sensor"), values.Get("reason"), values.Get("batch"), values.Get("cursor"), nil)
}

func (v *view) showQuarantine(sensor, reason, batch, cursor string, replayed *Replayed) {
	page, err := v.dep.Gate.Rejects(v.r.Context(), v.asker.Viewer, classify.RejectQuery{
		Sensor: strings.TrimSpace(sensor), Reason: event.Reason(reason), Batch: strings.TrimSpace(batch), Cursor: cursor, Limit: 50,
	})
	if err != nil {
		v.answer(err)
		return
	}
	rejects := page.Value().Rejects
	if !v.note(Act{What: "quarantine", Kind: "quarantine", IDs: batches(rejects), Count: int64(len(rejects)), Done: true}) {
		return
	}
	b := &quarantineBody{Sensor: sensor, Reason: reason, Batch: batch, Replayed: replayed}
	for _, r := range reasons {
		b.Reasons = append(b.Reasons, choice{string(r), v.l.T("reason." + string(r)), string(r) == reason})
	}
	link := func(pairs ...string) string {
		q := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				q.Set(pairs[i], pairs[i+1])
			}
		}
		return v.l.path("quarantine") + "?" + q.Encode()
	}
	for i := range rejects {
		r := &rejects[i]
		line := rejectLine{
			At: v.l.at(r.At), Sensor: r.Sensor, Format: r.Format, Door: r.Door, Batch: r.Batch, Line: r.Line,
			Reason: v.l.T("reason." + string(r.Reason)), Detail: visible(r.Detail),
			OfBatch: link("batch", r.Batch), OfSensor: link("sensor", r.Sensor, "reason", reason), Why: link("sensor", sensor, "reason", string(r.Reason)),
		}
		line.Text, line.Hex = readable(r.Bytes)
		line.Cut = len(r.Bytes) >= 4<<10
		b.Lines = append(b.Lines, line)
	}
	if next := page.Value().Next; next != "" {
		b.Next = link("sensor", sensor, "reason", reason, "batch", batch, "cursor", next)
	}
	v.show(http.StatusOK, "quarantine", v.l.T("quarantine.title"), b)
}

func batches(rejects []event.Reject) []string {
	var out []string
	for i := range rejects {
		if id := rejects[i].Batch; len(out) == 0 || out[len(out)-1] != id {
			out = append(out, id)
		}
	}
	return out
}

// replay sends the records that the form names through the doors again.
func (v *view) replay() {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	q := classify.RejectQuery{Sensor: get("sensor"), Reason: event.Reason(get("reason")), Batch: get("batch")}
	if !v.note(Act{What: "quarantine", Kind: "replay", IDs: []string{q.Sensor, string(q.Reason), q.Batch}, Done: true}) {
		return
	}
	done, err := v.dep.Rejects.Replay(v.r.Context(), q)
	if err != nil {
		v.answer(err)
		return
	}
	v.showQuarantine(q.Sensor, string(q.Reason), q.Batch, "", &done)
}
