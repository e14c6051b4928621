// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"haidang/collect"
	"haidang/collect/collecttest"
	"haidang/collect/ingest"
	"haidang/event"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// memory is the neighbour as the doors declare it.
type memory struct{ *collecttest.Journal }

func (j memory) Begin(d event.Delivery) (collect.Append, error) {
	a, err := j.Open(d)
	if err != nil {
		return nil, err
	}
	return a, nil
}

type door struct {
	*httptest.Server
	intake  *collect.Intake
	journal *collecttest.Journal
}

func open(t testing.TB, c collect.Config) *door {
	t.Helper()
	j := &collecttest.Journal{}
	i := collect.New(c, collect.Dependencies{
		Journal: memory{j},
		Sensors: collecttest.Sensors{
			"good":   {Name: "hanoi-1", Country: "VN"},
			"other":  {Name: "hue-1", Country: "VN"},
			"replay": {Name: "demo", Replay: true},
		},
		Formats: collecttest.Formats{"eve": event.FramingLines, "shadowserver": event.FramingCSV},
		Now:     func() time.Time { return now },
	})
	mux := http.NewServeMux()
	mux.Handle(ingest.Prefix, ingest.New(i))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return &door{s, i, j}
}

func (d *door) post(t testing.TB, format string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("POST", d.URL+ingest.Prefix+format, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}

func TestLinesAreAnsweredOnceInTheJournal(t *testing.T) {
	d := open(t, collect.Config{})
	const body = "{\"a\":1}\n\n{\"b\":\r\n{\"c\":3}"
	res, text := d.post(t, "eve", strings.NewReader(body))
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s: %s", res.StatusCode, res.Header, text)
	}
	var got ingest.Answer
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Answer{Batch: "b1", Bytes: int64(len(body)), Records: 3}); got != want {
		t.Errorf("answer %+v, want %+v", got, want)
	}
	b := d.journal.Committed()
	if len(b) != 1 || string(b[0].Data) != body || b[0].Records != 3 {
		t.Fatalf("journal holds %+v", b)
	}
	if b[0].Sensor != "hanoi-1" || b[0].Door != "http" || b[0].Format != "eve" || b[0].Received.Std() != now {
		t.Errorf("delivery %+v", b[0].Delivery)
	}
	if b[0].Digest != [32]byte{} {
		t.Errorf("a digest was made that nobody needs")
	}
}
