// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"haidang/collect"
	"haidang/collect/ingest"
)

// frame packs text into one frame that says how long it is.
func frame(t testing.TB, text string, options ...zstd.EOption) string {
	t.Helper()
	e, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return string(e.EncodeAll([]byte(text), nil))
}

// aside is a skippable frame, which holds nothing for the reader.
func aside(n int) string {
	b := binary.LittleEndian.AppendUint32(nil, 0x184D2A50)
	return string(append(binary.LittleEndian.AppendUint32(b, uint32(n)), make([]byte, n)...))
}

func lines(bytes int) string {
	const line = `{"event_type":"alert","src_ip":"192.0.2.7"}` + "\n"
	return strings.Repeat(line, bytes/len(line)+1)[:bytes-1] + "\n"
}

// Bodies come with their length and without: the first are unpacked at once
// where they are not large, the others as they come. Nobody may see a difference.
func TestPackedBodiesAreKeptAsTheyCame(t *testing.T) {
	mebibyte := lines(1 << 20)
	long := strings.Repeat("x", 2000)
	for name, c := range map[string]struct {
		sent, format, want string // what is journalled; nothing where it is refused
		kept               bool
	}{
		"a line":              {sent: frame(t, "{}\n"), kept: false, want: "{}\n"}, // a frame is longer
		"some lines":          {sent: frame(t, lines(500)), kept: true, want: lines(500)},
		"a usual body":        {sent: frame(t, lines(790_000)), kept: true, want: lines(790_000)},
		"as long as a chunk":  {sent: frame(t, mebibyte), kept: true, want: mebibyte},
		"longer than a chunk": {sent: frame(t, mebibyte+"{}\n"), want: mebibyte + "{}\n"},
		"without checksum":    {sent: frame(t, lines(5000), zstd.WithEncoderCRC(false)), kept: true, want: lines(5000)},
		"no last line break":  {sent: frame(t, lines(5000)+"{}"), kept: true, want: lines(5000) + "{}"},
		"empty lines too":     {sent: frame(t, "\n"+lines(5000)+"\n\n"), kept: true, want: "\n" + lines(5000) + "\n\n"},
		"a carriage return":   {sent: frame(t, lines(5000)+"\r"), want: lines(5000)},
		"no length":           {sent: pack(t, "zstd", lines(300_000)), want: lines(300_000)},
		"two frames":          {sent: frame(t, lines(5000)) + frame(t, lines(7000)), kept: true, want: lines(5000) + lines(7000)},
		"with something else": {sent: frame(t, lines(5000)) + aside(9), kept: true, want: lines(5000)},
		"behind something":    {sent: aside(9) + frame(t, lines(5000)), want: lines(5000)},
		"two beyond a chunk":  {sent: frame(t, lines(600_000)) + frame(t, lines(600_000)), want: lines(600_000) + lines(600_000)},
		"a long record":       {sent: frame(t, lines(5000)+long+"\n{}\n"), want: lines(5000) + long[:1003] + "\n{}\n"},
		// The record's end is overwritten, though the length stays.
		"a record a byte too long": {sent: frame(t, long[:1004]), want: long[:1003] + "\n"},
		"a table":                  {sent: frame(t, strings.Repeat("a,b\n1,2\n", 99)), format: "shadowserver", want: strings.Repeat("a,b\n1,2\n", 99)[4:]},
		"no record":                {sent: frame(t, strings.Repeat("\n", 5000))},
		"no text":                  {sent: frame(t, strings.Repeat("\x00\x01", 5000))},
		"cut off":                  {sent: cut(frame(t, lines(5000)))},
		"more than it says":        {sent: frame(t, lines(5000)) + "{}\n"},
		"a wrong length":           {sent: lying(t, lines(5000))},
		"a wrong checksum":         {sent: frame(t, lines(5000))[:len(frame(t, lines(5000)))-4] + "nope"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.format == "" {
				c.format = "eve"
			}
			d := open(t, collect.Config{MaxRecord: 1000})
			for i, body := range []io.Reader{strings.NewReader(c.sent), io.MultiReader(strings.NewReader(c.sent))} {
				res, text := d.post(t, c.format, body, "Content-Encoding", "zstd", collect.HeaderKey, string(rune('a'+i)))
				if (res.StatusCode == 200) != (c.want != "") {
					t.Fatalf("%d: %s", res.StatusCode, text)
				}
			}
			b := d.journal.Committed()
			if c.want == "" {
				if len(b) > 0 {
					t.Errorf("%d batches are in the journal", len(b))
				}
				return
			}
			if len(b) != 2 || string(b[0].Data) != c.want || string(b[1].Data) != c.want || b[0].Records != b[1].Records || b[0].Digest != b[1].Digest {
				t.Fatal("the two differ, or from what was sent")
			}
			if kept := len(c.sent); c.kept && b[0].Kept != kept || !c.kept && b[0].Kept != 0 || b[1].Kept != 0 {
				t.Errorf("%d and %d of %d bytes were kept", b[0].Kept, b[1].Kept, kept)
			}
		})
	}
}

// lying is a frame whose header says another length than it unpacks to.
func lying(t testing.TB, text string) string {
	b := []byte(frame(t, text, zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false)))
	i := bytes.Index(b, binary.LittleEndian.AppendUint16(nil, uint16(len(text)-256)))
	if i < 0 || i > 6 {
		t.Fatal("the header does not lie where it was looked for")
	}
	b[i]++
	return string(b)
}

func TestALimitHoldsForWholeBodies(t *testing.T) {
	d := open(t, collect.Config{MaxBody: 4999})
	for _, sent := range []string{frame(t, lines(5000)), frame(t, lines(2500)) + frame(t, lines(2500))} {
		res, text := d.post(t, "eve", strings.NewReader(sent), "Content-Encoding", "zstd")
		d.refused(t, res, text, 413, "body-too-large")
	}
	res, text := d.post(t, "eve", strings.NewReader(frame(t, lines(4999))), "Content-Encoding", "zstd")
	if res.StatusCode != 200 {
		t.Errorf("%d: %s", res.StatusCode, text)
	}
}

// A sender that says more than it sends holds no more memory than it sent.
func TestABodyIsUnpackedWhenItIsThere(t *testing.T) {
	d := open(t, collect.Config{})
	sent := frame(t, lines(790_000))
	r := httptest.NewRequest("POST", ingest.Prefix+"eve", strings.NewReader(sent[:len(sent)/2]))
	r.ContentLength = int64(len(sent))
	r.Header.Set("Authorization", "Bearer good")
	r.Header.Set("Content-Encoding", "zstd")
	w := httptest.NewRecorder()
	ingest.New(d.intake).ServeHTTP(w, r)
	if w.Code != 400 || len(d.journal.Committed()) != 0 {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
