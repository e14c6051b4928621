// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/classify"
	"haidang/event"
	"haidang/incident"
	"haidang/journal"
)

func TestWhatIsTold(t *testing.T) {
	before := told{At: noon.Add(-8 * 24 * time.Hour), Severity: event.SeverityHigh}
	recent := told{At: noon.Add(-time.Hour), Severity: event.SeverityHigh}
	for name, c := range map[string]struct {
		change func(i *event.Incident)
		told   *told
		want   reason
	}{
		"never told":                       {want: isNew},
		"told an hour ago":                 {told: &recent},
		"told, returned since":             {told: &recent, change: func(i *event.Incident) { i.Relapses = 1 }, want: returned},
		"never told, returned":             {change: func(i *event.Incident) { i.Relapses = 1 }, want: returned},
		"told, worse since":                {told: &recent, change: func(i *event.Incident) { i.Severity = event.SeverityCritical }, want: isWorse},
		"told, milder since":               {told: &recent, change: func(i *event.Incident) { i.Severity = event.SeverityLow }},
		"told long ago, still seen":        {told: &before, want: stillSeen},
		"told long ago, not seen since":    {told: &before, change: func(i *event.Incident) { i.Last = event.TimeOf(noon.Add(-2 * 24 * time.Hour)) }},
		"told long ago, being worked on":   {told: &before, change: func(i *event.Incident) { i.Status = event.StatusInProgress }},
		"never told, being worked on":      {change: func(i *event.Incident) { i.Status = event.StatusInProgress }, want: isNew},
		"never told, nobody said anything": {change: func(i *event.Incident) { i.Status = event.StatusUnset }, want: isNew},
		"told, its clock runs ahead":       {told: &recent, change: func(i *event.Incident) { i.Last = event.TimeOf(noon.Add(99 * 24 * time.Hour)) }},
		"resolved":                         {change: func(i *event.Incident) { i.Status = event.StatusResolved }},
		"a false alarm":                    {change: func(i *event.Incident) { i.Status = event.StatusFalsePositive }},
		"not theirs":                       {change: func(i *event.Incident) { i.Status = event.StatusNotOurs }},
		"moved":                            {change: func(i *event.Incident) { i.Status = event.StatusMoved }},
		"a replay":                         {change: func(i *event.Incident) { i.Replay = true }},
		"another organisation's":           {change: func(i *event.Incident) { i.Org = 8 }},
	} {
		t.Run(name, func(t *testing.T) {
			i := bot(1)
			if c.change != nil {
				c.change(&i)
			}
			known := func(event.Bytes16) (told, bool) {
				if c.told == nil {
					return told{}, false
				}
				return *c.told, true
			}
			var got reason
			if items := decide(7, []event.Incident{i}, noon, 7*24*time.Hour, known); len(items) == 1 {
				got = items[0].reason
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if items := decide(7, []event.Incident{i}, noon, -1, known); c.want == stillSeen && len(items) != 0 {
				t.Error("reminded although reminders are off")
			}
		})
	}
	if items := decide(0, []event.Incident{bot(1)}, noon, 0, func(event.Bytes16) (told, bool) { return told{}, false }); len(items) != 1 {
		t.Error("the national inbox is not told")
	}
}

func TestAnIdDependsOnWhatIsToldAlone(t *testing.T) {
	one, two := bot(1), bot(2)
	items := []item{{&one, isNew, time.Time{}}, {&two, isNew, time.Time{}}}
	id := identify("soc/email", items)
	slices.Reverse(items)
	if identify("soc/email", items) != id {
		t.Error("the order matters")
	}
	again := one
	again.Relapses++
	for name, other := range map[string]string{
		"another contact": identify("noc/email", items), "another way": identify("soc/webhook", items),
		"less": identify("soc/email", items[:1]), "returned": identify("soc/email", []item{{&again, returned, noon}, {&two, isNew, time.Time{}}}),
		"told before": identify("soc/email", []item{{&one, stillSeen, noon}, {&two, isNew, time.Time{}}}),
	} {
		if other == id {
			t.Errorf("%s: the same id", name)
		}
	}
}

func TestNothingNewNothingSent(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1))})
	b.turn(0)
	if len(b.source.asked) != 0 || len(r.received()) != 0 {
		t.Errorf("at the first start the past was told: %v", b.source.asked)
	}
	b.turn(time.Minute)
	b.turn(time.Minute)
	b.turn(time.Hour)
	if len(r.received()) != 1 {
		t.Errorf("%d letters", len(r.received()))
	}
	if diff := cmp.Diff([]string{"at-once 2026-03-02T05:00:00Z", "at-once 2026-03-02T05:01:00Z", "at-once 2026-03-02T05:02:00Z"}, b.source.asked); diff != "" {
		t.Error(diff)
	}
}

// A resolved incident that returns: the book reopens it, and it is told again.
func TestARelapseIsToldAgain(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	book, err := incident.NewBook(incident.BookConfig{}, incident.Dependencies{Bucket: &memory{}, Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	tell := func(i event.Incident) int {
		list := []event.Incident{i}
		if _, err := book.Observe(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		book.Apply(list)
		b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, list...)})
		b.turn(time.Minute)
		return len(r.received())
	}
	b.turn(0)
	i := bot(1)
	if n := tell(i); n != 1 {
		t.Fatalf("%d letters for a new incident", n)
	}
	if _, err := book.Set(t.Context(), &i, incident.Word{Status: event.StatusResolved, Who: "p-1"}); err != nil {
		t.Fatal(err)
	}
	if n := tell(i); n != 1 {
		t.Fatalf("%d letters after it was resolved", n)
	}
	b.clock = b.clock.Add(2 * time.Hour)
	i.Last = event.TimeOf(b.clock)
	if n := tell(i); n != 2 {
		t.Fatalf("%d letters after it returned", n)
	}
	if n := tell(i); n != 2 {
		t.Fatalf("%d letters, told twice of one return", n)
	}
	if o := r.received()[1]; !strings.Contains(o.openText(t), "xuất hiện lại sau khi đã xử lý") {
		t.Error("the letter does not say that it returned")
	}
}

func (l *letter) openText(t testing.TB) string { return l.open(t).text }

// A crash after the relay took the letter and before it was marked: the same
// letter goes out again, byte for byte, so that it can be known as the same.
func TestACrashBetweenSendingAndMarking(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	disk := &memory{}
	b := newBench(t, disk, Config{Mail: r.config()})
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1), bot(2))})
	disk.fail = func(key string, value []byte) error {
		if strings.HasPrefix(key, noticeKey) && bytes.Contains(value, []byte(`"state":"sent"`)) {
			return errors.New("no more disk")
		}
		return nil
	}
	b.turn(time.Minute)
	b.turn(time.Minute) // still running: it is known to be sent
	if len(r.received()) != 1 {
		t.Fatalf("%d letters while running", len(r.received()))
	}
	crashed := &memory{data: maps.Clone(disk.data)}
	disk.fail = nil
	b.turn(time.Minute) // there is room again: it is marked, and not sent again
	if n := newBench(t, disk, Config{}).Outbox(); len(r.received()) != 1 || len(n) != 1 || n[0].State != Sent || n[0].Attempts != 1 {
		t.Fatalf("%d letters, %+v", len(r.received()), n)
	}
	disk = crashed
	b = newBench(t, disk, Config{Mail: r.config()})
	b.clock = noon.Add(time.Hour)
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1), bot(2))})
	b.turn(0)
	b.turn(time.Hour)
	got := r.received()
	if len(got) != 2 || !bytes.Equal(got[0].raw, got[1].raw) {
		t.Fatalf("%d letters, or they differ", len(got))
	}
	if n := newBench(t, disk, Config{}).Outbox(); len(n) != 1 || n[0].State != Sent {
		t.Errorf("%+v", n)
	}
}

// A crash before the letter was sent loses nothing, and one after composing
// but before the place was kept tells nothing twice.
func TestACrashBeforeSending(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	disk := &memory{}
	b := newBench(t, disk, Config{Mail: r.config()})
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1))})
	disk.fail = func(key string, _ []byte) error {
		if strings.HasPrefix(key, cursorKey) {
			return errors.New("no more disk")
		}
		return nil
	}
	b.clock = b.clock.Add(time.Minute)
	b.look(t.Context())
	disk.fail = nil
	b = newBench(t, disk, Config{Mail: r.config()})
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1), bot(2))})
	b.turn(2 * time.Minute)
	b.turn(time.Minute)
	var about []bool
	for _, l := range r.received() {
		about = append(about, strings.Contains(l.openText(t), bot(1).Key.String()))
	}
	if len(about) != 2 || about[0] == about[1] {
		t.Errorf("letters about the first incident: %v, want one of two", about)
	}
}

func TestTheOutboxLivesInARealBucket(t *testing.T) {
	j, err := journal.New(journal.Config{Dir: t.TempDir(), MinFree: -1, MinFreePercent: -1, MaxBytes: 16 << 20}, journal.Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Stop(context.Background()) }()
	kept, err := j.Bucket(t.Context(), "notices")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, &memory{}, Config{})
	b.outbox.bucket = kept
	if err := b.outbox.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.turn(0)
	var many []event.Incident
	for n := range 450 {
		i := bot(n)
		for len(i.Samples) < 10 {
			i.Samples = append(i.Samples, i.Samples[0])
		}
		i.Problem.Name = strings.Repeat("mã độc ", 40)
		many = append(many, i)
	}
	c := hospital
	c.Webhook = "https://hook.hospital.vn"
	b.source.set(AtOnce, Due{Contact: c, Incidents: ready(t, many...)})
	b.clock = b.clock.Add(time.Minute)
	b.look(t.Context())
	again := outbox{bucket: kept}
	if err := again.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := again.list(); len(got) != 6 || !cmp.Equal(got, b.Outbox()) || len(again.told) != 900 {
		t.Errorf("%d notices of 450 incidents by two ways, %d told", len(got), len(again.told))
	}
	if err := again.prune(t.Context(), noon.Add(time.Hour)); err != nil || len(again.list()) != 6 {
		t.Errorf("what is queued was forgotten: %v", err)
	}
	for _, r := range again.due(byMail, b.clock) {
		r.State, r.Done = Sent, noon
		if err := again.put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.prune(t.Context(), noon.Add(time.Hour)); err != nil || len(again.list()) != 3 || len(again.told) != 450 {
		t.Errorf("%d notices, %d told, %v", len(again.list()), len(again.told), err)
	}
	if err := kept.Put(t.Context(), "notice/x", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := again.load(t.Context()); err == nil || !strings.Contains(err.Error(), "notice/x cannot be read") {
		t.Errorf("a damaged entry: %v", err)
	}
}

func TestLongListsAreShortenedAndDigestsNamed(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	b.turn(0)
	var many []event.Incident
	for n := range 1020 {
		i := bot(n)
		i.Org = uint32(n) // of all organisations: the national inbox
		many = append(many, i)
	}
	national := Contact{ID: "national", Email: "inbox@cert.example", Language: "en"}
	b.source.set(AtOnce, Due{Contact: national, Incidents: ready(t, many...)})
	b.source.set(Daily, Due{Contact: hospital, Incidents: ready(t, bot(7))})
	b.turn(24 * time.Hour)
	var shortened, digests int
	for _, l := range r.received() {
		switch o := l.open(t); {
		case l.to == "soc@hospital.vn" && o.subject == "[TLP:AMBER] Hải Đăng: bản tổng hợp ngày 03/03/2026":
			digests++
		case o.subject == "[TLP:AMBER] Hải Đăng: 200 notices about your networks" && strings.Contains(o.text, "and 180 more") && strings.Count(o.text, "* Machine:") == detailed:
			shortened++
		case o.subject != "[TLP:AMBER] Hải Đăng: 20 notices about your networks" || strings.Contains(o.text, " more: sign in"):
			t.Errorf("%s: %s", l.to, o.subject)
		}
	}
	if shortened != 5 || digests != 1 || len(r.received()) != 7 {
		t.Errorf("%d shortened, %d digests of %d letters", shortened, digests, len(r.received()))
	}
}

func TestSlots(t *testing.T) {
	s := Schedule{Zone: time.FixedZone("", 7*3600), Hour: 8, Weekday: time.Monday}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, s.Zone) }
	for _, c := range []struct {
		now, daily, weekly time.Time
	}{
		{at(2, 8, 0), at(2, 8, 0), at(2, 8, 0)},
		{at(2, 7, 59), at(1, 8, 0), at(2, 8, 0).AddDate(0, 0, -7)},
		{at(4, 23, 0), at(4, 8, 0), at(2, 8, 0)},
		{at(9, 7, 0).UTC(), at(8, 8, 0), at(2, 8, 0)},
		{at(8, 9, 0), at(8, 8, 0), at(2, 8, 0)},
	} {
		if d, w := s.slot(Daily, c.now), s.slot(Weekly, c.now); !d.Equal(c.daily) || !w.Equal(c.weekly) {
			t.Errorf("%v: %v and %v, want %v and %v", c.now, d, w, c.daily, c.weekly)
		}
	}
}

// pipes is a listener whose connections are in memory, as a bubble needs them.
type pipes struct {
	c    chan net.Conn
	once sync.Once
	done chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.c:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	a, b := net.Pipe()
	p.c <- b
	return a, nil
}

// Two weeks of a notifier that runs by itself, against a real mail server.
func TestDigestsComeAtTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{c: make(chan net.Conn), done: make(chan struct{})}
		r := (&relay{}).serveOn(t, p, nil)
		source := &scripted{}
		n, err := New(Config{
			URL: "https://haidang.example", Every: time.Minute, Schedule: Schedule{Hour: 8, Weekday: time.Monday}, Mail: MailConfig{Host: "localhost", Security: Plain, From: "n@haidang.example"},
		}, Dependencies{Bucket: &memory{}, Source: source, Advise: incident.Advise, Dial: p.dial})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		each := func(id string, key int) Due {
			return Due{Contact: Contact{ID: id, Org: 7, Email: id + "@x.vn", Language: "en"}, Incidents: ready(t, bot(key))}
		}
		synctest.Wait() // the first look only notes the time; now there is something
		source.set(AtOnce, each("now", 1))
		source.set(Daily, each("daily", 2))
		source.set(Weekly, each("weekly", 3))
		time.Sleep(14 * 24 * time.Hour)
		synctest.Wait()
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		when := map[string][]string{}
		for _, l := range r.received() {
			at, err := http.ParseTime(strings.Replace(l.open(t).header.Get("Date"), "+0000", "GMT", 1))
			if err != nil {
				t.Fatal(err)
			}
			when[l.to] = append(when[l.to], at.In(n.config.Schedule.Zone).Format("Mon 2 15:04"))
		}
		// Bubbles begin on Saturday, 1 January 2000, 07:00 in Hà Nội. Everything is
		// told once, and again after the reminder period of a week.
		want := map[string][]string{
			"now@x.vn": {"Sat 1 07:01", "Sat 8 05:21", "Sat 15 03:41"}, "daily@x.vn": {"Sat 1 08:00", "Sat 8 08:00"}, "weekly@x.vn": {"Mon 3 08:00", "Mon 10 08:00"},
		}
		if diff := cmp.Diff(want, when); diff != "" {
			t.Error(diff)
		}
		var daily, weekly int
		for _, a := range source.asked {
			daily += strings.Count(a, "daily")
			weekly += strings.Count(a, "weekly")
		}
		if daily != 14 || weekly != 2 {
			t.Errorf("asked %d times for daily and %d for weekly digests", daily, weekly)
		}
	})
}

// A stop waits for the letter that is under way, so that it is marked as sent.
func TestStoppingEndsWhatBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{c: make(chan net.Conn), done: make(chan struct{})}
		r := (&relay{garble: func() error { time.Sleep(10 * time.Second); return nil }}).serveOn(t, p, nil)
		disk, source := &memory{}, &scripted{}
		n, err := New(Config{
			URL: "https://haidang.example", Mail: MailConfig{Host: "localhost", Security: Plain, From: "n@haidang.example"},
		}, Dependencies{Bucket: disk, Source: source, Advise: incident.Advise, Dial: p.dial})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1))})
		time.Sleep(16 * time.Second)
		if n := n.Outbox(); len(n) != 1 || n[0].State != Queued {
			t.Fatalf("nothing is under way: %+v", n)
		}
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		kept := outbox{bucket: disk}
		if err := kept.load(t.Context()); err != nil || len(r.received()) != 1 || kept.list()[0].State != Sent {
			t.Errorf("%d letters, %+v, %v", len(r.received()), kept.list(), err)
		}
	})
}

// rows is a store that holds these records.
type rows struct {
	classify.Records
	b *event.Batch
}

func (r rows) Events(context.Context, event.Query) (classify.Page, error) {
	return classify.Page{Rows: r.b}, nil
}

// Details of T3 and above, and of what has no label, leave nowhere: not in a
// mail, a webhook, the outbox or the log. The canaries go the whole way, from
// records through the gate and the grouping.
func TestNothingClosedLeaves(t *testing.T) {
	for _, tlp := range []event.TLP{event.TLPAmberStrict, event.TLPRed, event.TLPUnset} {
		t.Run(tlp.String(), func(t *testing.T) {
			var b event.Batch
			var e event.Event
			e.Reset()
			e.Time, e.ID = event.TimeOf(time.Date(2026, 3, 2, 4, 33, 44, 0, time.UTC)), event.Bytes16{0xCA, 0xFE, 15: 0xCA}
			e.Source = event.Endpoint{IP: mustAddr("203.0.113.222"), Port: 54321, Domain: "canary-host.vn"}
			e.Destination = event.Endpoint{IP: mustAddr("198.51.100.233"), Port: 65123}
			e.Protocol, e.RuleID, e.RuleName, e.Software = "canary-proto", "canary-id", "canary-rule", "canary-malware"
			e.RSIT, e.Stage, e.Affected, e.TLP, e.Count = event.RSITDataLeak, event.StageIncident, event.SideSource, tlp, 77031
			e.Orgs = []event.OrgMatch{{Org: 7, Reason: event.MatchPrefix, Side: event.SideSource}}
			b.Append(&e)
			g, err := incident.NewGrouper(incident.Config{Secret: bytes.Repeat([]byte{1}, 32)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			secret := released(t, g, rows{b: &b})
			if len(secret.Value()) != 1 {
				t.Fatal("the record made no incident")
			}
			for name, mix := range map[string]classify.Released[[]event.Incident]{
				"alone": secret, "beside an open one": ready(t, append(slices.Clone(secret.Value()), bot(1))...),
			} {
				said := everything(t, mix)
				for _, canary := range []string{
					"canary", "203.0.113.222", "54321", "198.51.100.233", "65123", "77031", "77,031", "77.031", "data-leak", "Leaked", "Lộ lọt",
					"11:33:44", "04:33:44", "cafe", "STRICT", "TLP:RED", "critical", "nghiêm trọng",
				} {
					if at := strings.Index(said, canary); at >= 0 {
						t.Errorf("%s: %q left:\n…%s…", name, canary, said[max(0, at-80):min(len(said), at+80)])
					}
				}
				if !strings.Contains(said, "Mời đăng nhập để xem") || !strings.Contains(said, "Please sign in to read it") || !strings.Contains(said, `"withheld":true`) {
					t.Errorf("%s: nobody is told that there is something", name)
				}
			}
		})
	}
}

// everything gives all that leaves or is kept when a contact is told by both ways.
func everything(t *testing.T, list classify.Released[[]event.Incident]) string {
	t.Helper()
	var all strings.Builder
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(q.Body)
		all.Write(body.Bytes())
		_ = q.Header.Write(&all)
	}))
	defer hook.Close()
	r := (&relay{}).serve(t, nil)
	disk := &memory{}
	disk.fail = func(key string, value []byte) error {
		r, err := decodeRecord(value)
		if err != nil {
			return nil // a cursor
		}
		all.WriteString(key + r.Message.Subject + r.Message.Text + r.Message.HTML + string(r.Message.Body) + r.Error)
		return nil
	}
	b := newBench(t, disk, Config{Mail: r.config(), Webhook: WebhookConfig{Inside: parsePrefixes("127.0.0.0/8")}})
	b.turn(0)
	c := hospital
	c.Webhook = hook.URL
	b.source.set(AtOnce, Due{Contact: c, Incidents: list})
	b.turn(time.Minute)
	b.turn(0)
	for _, n := range b.Outbox() {
		if n.State != Sent {
			t.Fatalf("%+v", n)
		}
	}
	for _, l := range r.received() {
		o := l.open(t)
		all.WriteString(o.subject + o.text + o.html)
	}
	all.WriteString(b.log.String())
	return all.String()
}

// Who is told what is written down first, once; while that fails nothing is sent.
func TestToldOnlyWhatIsWrittenDown(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	var noted []Telling
	full := errors.New("disk full")
	b.record = func(_ context.Context, t Telling) error {
		if len(r.received()) > 0 {
			return errors.New("it was sent before")
		}
		noted = append(noted, t)
		return full
	}
	b.turn(0)
	secret := bot(2)
	secret.Tier = event.T3
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1), secret)})
	b.turn(time.Minute)
	if n := b.Outbox(); len(r.received()) != 0 || len(n) != 1 || n[0].State != Queued || len(noted) != 1 {
		t.Fatalf("%d letters, %+v, %d noted", len(r.received()), n, len(noted))
	}
	if got := noted[0]; got.Tier != "T2" || len(got.Incidents) != 2 || got.Org != 7 || got.Contact != "soc" {
		t.Errorf("%+v", got)
	}
	full = nil
	b.turn(time.Hour)
	b.turn(time.Hour)
	if len(r.received()) != 1 || len(noted) != 2 {
		t.Errorf("%d letters, %d noted", len(r.received()), len(noted))
	}
}
