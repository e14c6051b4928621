// SPDX-License-Identifier: Apache-2.0

package heartbeat

import (
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

var now = event.TimeOf(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))

func through(t testing.TB, record string) (scrubbed string, b event.Batch, rejects []event.Reject) {
	t.Helper()
	s := event.Sensor{Name: "fleet", Country: "VN"}
	n := normalise.New(normalise.Config{IDKey: []byte("test"), Now: now.Std}, New())
	r, _ := n.Redactor("heartbeat", normalise.NewPrivacy(s, now, func(name string, _ event.Time) (id event.Bytes16) {
		id[0] = 'P'
		copy(id[1:], name)
		return id
	}))
	out, _, records := r.Next(nil, []byte(record))
	if records == 0 {
		return "", b, nil
	}
	c := event.Chunk{Delivery: event.Delivery{Sensor: "fleet", Format: "heartbeat"}, Seq: 1, Records: 1, Data: out, Ingested: now}
	rejects = n.Chunk(&c, s, &b, nil)
	return string(out), b, rejects
}

func TestHeartbeat(t *testing.T) {
	scrubbed, b, rejects := through(t, `{"participant":"PC-7","time":"2026-11-21T18:00:00+07:00","sector":"health","agent":"haidang/1"}`)
	if len(rejects) > 0 || strings.Contains(scrubbed, "PC-7") {
		t.Fatalf("%+v %s", rejects, scrubbed)
	}
	if b.Kind[0] != event.KindMetric || b.Stage[0] != event.StageContext || b.Action.At(0) != "heartbeat" || b.Sector[0] != event.SectorHealth ||
		b.DestinationCountry[0].String() != "VN" || b.Hash[0].IsSet() || b.ObserverType[0] != event.ObserverEndpoint {
		t.Errorf("%+v", b)
	}
	if _, _, rejects := through(t, `{"participant":"PC-7"}`); len(rejects) != 1 || rejects[0].Reason != event.ReasonTime {
		t.Errorf("without a time: %+v", rejects)
	}
}

func FuzzThrough(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(`{"participant":"PC-7","time":"2026-11-21T18:00:00+07:00","country":"VN","organisation":3}`)
	f.Fuzz(func(t *testing.T, record string) {
		if strings.Contains(record, "\n") {
			return
		}
		if _, b, rejects := through(t, record); b.Rows()+len(rejects) > 1 {
			t.Fatalf("%q", record)
		}
	})
}
