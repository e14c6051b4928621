// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"haidang/event"
	"haidang/mutant"
)

// drip gives its data in pieces of the given sizes, round and round.
type drip struct {
	data  []byte
	sizes []byte
	n     int
}

func (d *drip) Read(p []byte) (int, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	n := 1
	if len(d.sizes) > 0 {
		n += int(d.sizes[d.n%len(d.sizes)])
		d.n++
	}
	n = copy(p, d.data[:min(n, len(d.data))])
	d.data = d.data[n:]
	return n, nil
}

// naive is the definition of a record in doc.go, written down once more, slowly:
// the header row, and each record without its line break, cut short as the
// cutter may.
func naive(body []byte, framing event.Framing, limit int) (header string, records []string) {
	csv := framing == event.FramingCSV
	if csv {
		body = bytes.TrimPrefix(body, byteOrderMark)
	}
	for begin := 0; begin < len(body); {
		end, quotes, start := begin, false, true
		for ; end < len(body); end++ {
			b := body[end]
			over := end-begin >= limit+keepBeyond
			if b == '\n' && (!quotes || over) {
				break
			}
			switch {
			case !csv || over:
			case quotes && b == '"' && end+1 < len(body) && body[end+1] == '"' && end+1-begin < limit+keepBeyond:
				end++
			case b == '"' && (quotes || start):
				quotes = !quotes
				start = false
			default:
				start = b == ',' && !quotes
			}
		}
		rec := string(body[begin:end])
		if end == len(body) { // the body's last line break ends it, quoted or not
			rec = strings.TrimSuffix(rec, "\n")
		}
		rec = strings.TrimSuffix(rec, "\r")
		if end < len(body) {
			end++
		}
		begin = end
		if rec == "" {
			continue
		}
		if csv && header == "" {
			header = rec
			continue
		}
		if len(rec) > limit {
			rec = rec[:min(len(rec), limit+keepBeyond)]
		}
		records = append(records, rec)
	}
	return header, records
}

func cutAll(t testing.TB, c *Cutter) (header string, records []string) {
	t.Helper()
	for {
		ch, err := c.Next()
		if err == io.EOF {
			return header[:contentLen([]byte(header))], records
		}
		if err != nil {
			t.Fatal(err)
		}
		if ch.Records > 1 && len(ch.Data) > c.sizes.most {
			t.Fatalf("a chunk of %d bytes holds %d records", len(ch.Data), ch.Records)
		}
		header = string(ch.Preamble)
		var got []string
		if ch.Long {
			got = []string{strings.TrimSuffix(string(ch.Data), "\n")}
			if len(got[0]) <= c.limit {
				t.Fatalf("a record cut short is within the limit: %q", got[0])
			}
		} else {
			_, got = naive(append(bytes.Clone(ch.Preamble), ch.Data...), c.framing, c.limit)
		}
		if len(got) != ch.Records {
			t.Fatalf("a chunk counts %d records and holds %d: %q", ch.Records, len(got), ch.Data)
		}
		records = append(records, got...)
	}
}

func tiny(src io.Reader, framing event.Framing, limit, buffer int) *Cutter {
	return &Cutter{src: src, framing: framing, limit: limit, buf: make([]byte, buffer), sizes: cutSizes{24, 48, 8, 0}}
}

func checkCut(t *testing.T, body, pieces []byte, framing event.Framing, limit, buffer int) {
	t.Helper()
	header, want := naive(body, framing, limit)
	if framing == event.FramingCSV && len(header) > limit {
		return
	}
	gotHeader, got := cutAll(t, tiny(&drip{data: body, sizes: pieces}, framing, limit, buffer))
	if len(want) > 0 && gotHeader != header {
		t.Errorf("header %q, want %q", gotHeader, header)
	}
	if !slices.Equal(got, want) {
		t.Errorf("records of %q\n got %q\nwant %q", body, got, want)
	}
}

func TestRecordsAreCutAtTheirBoundaries(t *testing.T) {
	lines, csv := event.FramingLines, event.FramingCSV
	for name, c := range map[string]struct {
		body    string
		framing event.Framing
		want    []string
	}{
		"lines":                     {"a\nb\n", lines, []string{"a", "b"}},
		"last without line break":   {"a\nb", lines, []string{"a", "b"}},
		"CR LF":                     {"a\r\nb\r\n", lines, []string{"a", "b"}},
		"empty lines":               {"\n\r\na\n\n\nb\n\r\n", lines, []string{"a", "b"}},
		"only empty lines":          {"\n\n\r\n\n", lines, nil},
		"empty":                     {"", lines, nil},
		"a lone CR is content":      {"a\rb\n", lines, []string{"a\rb"}},
		"at the limit":              {"0123456789\nb\n", lines, []string{"0123456789", "b"}},
		"over the limit by one":     {"0123456789x\nb\n", lines, []string{"0123456789x", "b"}},
		"over the limit":            {"0123456789wxyz\nb\n", lines, []string{"0123456789wxy", "b"}},
		"far over the limit":        {strings.Repeat("0123456789", 30) + "\nb\n", lines, []string{"0123456789012", "b"}},
		"over the limit, at end":    {"a\n" + strings.Repeat("0123456789", 30), lines, []string{"a", "0123456789012"}},
		"CR where it is cut":        {"0123456789xy\rz\nb\n", lines, []string{"0123456789xy", "b"}},
		"rows":                      {"h,i\na,b\nc,d\n", csv, []string{"a,b", "c,d"}},
		"quoted line break":         {"h,i\n\"a\nb\",c\nd,e\n", csv, []string{"\"a\nb\",c", "d,e"}},
		"quoted line break, header": {"h,\"i\nj\"\na,b\n", csv, []string{"a,b"}},
		"doubled quote":             {"h\n\"a\"\"\nb\"\nc\n", csv, []string{"\"a\"\"\nb\"", "c"}},
		"quote within a field":      {"h\na\"b\nc\n", csv, []string{"a\"b", "c"}},
		"never closed":              {"h\n\"a\nb\n", csv, []string{"\"a\nb"}},
		"never closed, over limit":  {"h\n\"a\nbcdefghijklmn\no\np", csv, []string{"\"a\nbcdefghijk", "o", "p"}},
		"byte order mark":           {"\xef\xbb\xbf\"h\n\"\na\n", csv, []string{"a"}},
		"header alone":              {"h,i\n", csv, nil},
		"header without line break": {"h,i", csv, nil},
		"empty rows":                {"\nh\n\n\r\na\n\n", csv, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, buffer := range []int{3, 20, 32} {
				for _, pieces := range []string{"", "\x02\x05", "\xff"} {
					checkCut(t, []byte(c.body), []byte(pieces), c.framing, 10, buffer)
					_, got := cutAll(t, tiny(&drip{data: []byte(c.body), sizes: []byte(pieces)}, c.framing, 10, buffer))
					if !slices.Equal(trimmed(got), trimmed(c.want)) {
						t.Fatalf("got %q, want %q", got, c.want)
					}
				}
			}
		})
	}
}

func trimmed(s []string) []string {
	out := slices.Clone(s)
	for i := range out {
		out[i] = strings.TrimRight(out[i], "\r\n")
	}
	return out
}

func FuzzCutter(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte("{\"a\":1}\n{\"b\":\"x\"}\r\n\n"), []byte{3, 9}, false, uint8(12))
	f.Add([]byte("h,i\n\"a\nb\",c\n\"d\"\"\ne\",f\n"), []byte{1}, true, uint8(30))
	f.Add([]byte("h\n\"aaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbb\nc\n"), []byte{}, true, uint8(9))
	f.Fuzz(func(t *testing.T, body, pieces []byte, csv bool, limit uint8) {
		framing := event.FramingLines
		if csv {
			framing = event.FramingCSV
		}
		checkCut(t, body, pieces, framing, 1+int(limit)%64, 3+len(pieces)%30)
	})
}

// endless gives n bytes of one letter and allocates nothing.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), e.n)]
	for i := range p {
		p[i] = 'x'
	}
	e.n -= len(p)
	return len(p), nil
}

func TestALineOf100MiBCostsTwo(t *testing.T) {
	body := io.MultiReader(strings.NewReader("{\"a\":1}\n{"), &endless{100 << 20}, strings.NewReader("\n{\"b\":2}\n"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := NewCutter(body, event.FramingLines, 1<<20, nil)
	defer c.Close()
	var sizes, records []int
	for {
		ch, err := c.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes, records = append(sizes, len(ch.Data)), append(records, ch.Records)
	}
	runtime.ReadMemStats(&after)
	if want := []int{8, 1<<20 + keepBeyond + 1, 8}; !slices.Equal(sizes, want) || !slices.Equal(records, []int{1, 1, 1}) {
		t.Errorf("chunks of %v bytes and %v records, want %v", sizes, records, want)
	}
	if want := int64(100<<20 + 1 - (1<<20 + keepBeyond)); c.Discarded() != want {
		t.Errorf("discarded %d bytes, want %d", c.Discarded(), want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

func TestChunksAreOfUsefulSize(t *testing.T) {
	line := strings.Repeat("x", 615) + "\n"
	c := NewCutter(strings.NewReader(strings.Repeat(line, 20_000)), event.FramingLines, 1<<20, nil)
	defer c.Close()
	var sizes []int
	total := 0
	for {
		ch, err := c.Next()
		if err != nil {
			break
		}
		sizes = append(sizes, len(ch.Data))
		total += ch.Records
	}
	if total != 20_000 {
		t.Errorf("%d records", total)
	}
	for _, n := range sizes[:len(sizes)-1] {
		if n < 256<<10 || n > 1<<20 {
			t.Errorf("a chunk of %d bytes", n)
		}
	}
}

func TestAFailingSourceIsToldAndNothingOfItsLastRecord(t *testing.T) {
	broken := errors.New("broken")
	for _, framing := range []event.Framing{event.FramingLines, event.FramingCSV} {
		c := NewCutter(io.MultiReader(strings.NewReader("h\na\nb"), iotestErr{broken}), framing, 1<<20, nil)
		if _, err := c.Next(); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		c.Close()
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }

func TestMemoryIsAskedFor(t *testing.T) {
	no := errors.New("no")
	asked := 0
	c := NewCutter(&endless{10 << 20}, event.FramingLines, 1<<20, func(n int) error { asked = n; return no })
	defer c.Close()
	if _, err := c.Next(); !errors.Is(err, no) || asked != 512<<10 {
		t.Errorf("asked for %d, got %v", asked, err)
	}
}

func TestUnreadable(t *testing.T) {
	noise := make([]byte, 20000)
	for i, s := 0, uint32(1); i < len(noise); i++ {
		s = s*1664525 + 1013904223
		noise[i] = byte(s >> 24)
	}
	for name, c := range map[string]struct {
		head string
		bad  bool
	}{
		"empty":                  {"", false},
		"JSON":                   {"{\"a\":1}", false},
		"broken JSON with NUL":   {"{\"a\":\x00\x00\x00\x00", false},
		"text":                   {"Mar  4 host sshd: hello", false},
		"Vietnamese":             {"Hải Đăng " + strings.Repeat("điện ", 5000), false},
		"Latin-1 lines":          {"caf\xe9\ncaf\xe9\n", false},
		"gzip":                   {"\x1f\x8b\x08\x00", true},
		"zstd":                   {"\x28\xb5\x2f\xfd\x04", true},
		"s2":                     {"\xff\x06\x00\x00S2sTwO", true},
		"UTF-16":                 {"\xff\xfe{\x00\"\x00", true},
		"UTF-16 without mark":    {"\"\x00a\x00\n\x00b\x00", true},
		"NUL":                    {"\x00\x00\x00\x00", true},
		"noise":                  {string(noise), true},
		"noise, one line":        {strings.ReplaceAll(string(noise[:300]), "\n", "x"), true},
		"Latin-1 without breaks": {"caf\xe9", true},
	} {
		if p, bad := unreadable([]byte(c.head)); bad != c.bad || bad && (p.Status != 400 || p.Detail == "") {
			t.Errorf("%s: %v %v", name, bad, p)
		}
	}
}

func TestLines(t *testing.T) {
	got := slices.Collect(func(yield func(string) bool) {
		for l := range Lines([]byte("a\r\n\nb\n\r\nc")) {
			if !yield(string(l)) {
				return
			}
		}
	})
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
}

func benchmarkCut(b *testing.B, framing event.Framing, line string) {
	body := []byte("h,i,j\n" + strings.Repeat(line, 64<<20/len(line)))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		c := NewCutter(bytes.NewReader(body), framing, 1<<20, nil)
		for {
			if _, err := c.Next(); err != nil {
				break
			}
		}
		c.Close()
	}
}

func BenchmarkLines(b *testing.B) {
	benchmarkCut(b, event.FramingLines, strings.Repeat("x", 615)+"\n")
}

func BenchmarkRows(b *testing.B) {
	benchmarkCut(b, event.FramingCSV, "2026-03-04 05:06:07,192.0.2.1,"+strings.Repeat("x", 200)+"\n")
}

func BenchmarkQuotedRows(b *testing.B) {
	benchmarkCut(b, event.FramingCSV, "\"2026-03-04 05:06:07\",\"192.0.2.1\",\"a \"\"b\"\"\","+strings.Repeat("x", 200)+"\n")
}

// A body that says how long it is gets no more room than it needs, and is cut as
// one that does not.
func TestRoomFollowsTheLengthThatIsKnown(t *testing.T) {
	for _, n := range []int{1, 60_000, 64 << 10, 64<<10 + 1, 100_000, 128<<10 - 1, 128 << 10, 300_000, 576 << 10, 790_000, 1 << 20, 3_000_000} {
		line := strings.Repeat("x", 99) + "\n"
		body := strings.Repeat(line, n/len(line)+1)[:n]
		var want []int
		for _, known := range []bool{false, true} {
			reserved := 0
			c := NewCutter(iotest.HalfReader(strings.NewReader(body)), event.FramingLines, 1<<20, func(n int) error { reserved += n; return nil })
			if known {
				c.length = int64(n)
			}
			var chunks []int
			var whole strings.Builder
			for {
				chunk, err := c.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				data, release := c.Detach()
				if known && n < usual.chunk() && cap(data) > bufferFor(n+1) {
					t.Errorf("%d bytes lie in a buffer of %d", n, cap(data))
				}
				whole.Write(data)
				chunks = append(chunks, len(data), chunk.Records)
				if release != nil {
					release()
				}
			}
			c.Close()
			if whole.String() != body {
				t.Errorf("known %v: other bytes than the %d sent", known, n)
			}
			if !known {
				want = chunks
			} else if !slices.Equal(chunks, want) {
				t.Errorf("%d bytes are cut into %v, without their length %v", n, chunks, want)
			}
			if known && n < usual.chunk() && reserved > bufferFor(n+1)-smallBuffer {
				t.Errorf("%d bytes were asked for where %d come", reserved, n)
			}
		}
	}
}

// A length that turns out wrong costs room and nothing else.
func TestALengthThatIsWrong(t *testing.T) {
	body := strings.Repeat(strings.Repeat("x", 99)+"\n", 9000)
	for _, said := range []int64{1, 70_000, 200_000, int64(len(body)) - 1, int64(len(body)) + 1, 5 << 20} {
		c := NewCutter(strings.NewReader(body), event.FramingLines, 1<<20, nil)
		c.length = said
		_, got := cutAll(t, c)
		if strings.Join(got, "") != strings.ReplaceAll(body, "\n", "") {
			t.Errorf("of %d bytes that said to be %d, others came", len(body), said)
		}
	}
}
