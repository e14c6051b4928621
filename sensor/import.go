// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
	"haidang/sensor/archive"
	"haidang/sensor/door"
)

// batchBytes is how much of a log goes into one batch, unless one record is longer.
const batchBytes = 1 << 20

// Door is the observatory as a client sees it.
type Door interface {
	Send(context.Context, door.Batch) (door.Receipt, error)
	State(ctx context.Context, batch string, wait time.Duration) (door.State, error)
}

// ImportConfig says what is loaded.
type ImportConfig struct {
	Format string
	CSV    bool // rows below a header row
	// Mark gives a column name that is added to a file's header row, empty for
	// none: what only the file's name says travels with its rows. May be nil.
	Mark     func(file string) string
	Files    []string
	Again    bool          // load it even if it was loaded before
	Patience time.Duration // how long the observatory may be away (2 min)
	BadLines int           // so many refused records are named (10)
}

// ImportDependencies are what an import needs from outside.
type ImportDependencies struct {
	Door     Door
	Log      *slog.Logger
	Progress func(Progress) // may be nil
}

// Progress is how far an import is.
type Progress struct {
	File        string
	Read, Size  int64 // bytes of the file as it lies on disk
	Records     int64 // of all files
	Quarantined int64
}

// Imported is what became of an import.
type Imported struct {
	Files       int              `json:"files"`
	Records     int64            `json:"records"`   // read
	Accepted    int64            `json:"accepted"`  // by the observatory, for the first time
	Duplicate   int64            `json:"duplicate"` // were there already
	Stored      int64            `json:"stored"`
	Quarantined map[string]int64 `json:"quarantined"`
	Pending     int64            `json:"pending"` // accepted, not told yet what became of them
	Lines       []BadLine        `json:"lines"`
	Failed      []string         `json:"failed"` // files that could not be read to the end
}

// BadLine is a record that was quarantined.
type BadLine struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// importer is one import under way.
type importer struct {
	ImportConfig
	ImportDependencies
	sum     Imported
	zip     *zstd.Encoder
	waiting []sentBatch // told to be on disk, not yet what became of them
	again   string

	file  string
	chain hash.Hash // of all records of the file up to here
	raw   []byte
	lines []int64 // on which the batch's records begin
}

type sentBatch struct {
	id, file string
	records  int64
	lines    []int64
}

// mostWaiting bounds the batches whose outcome is not known yet.
const mostWaiting = 16

// Import loads files, one after the other. What was accepted before an error
// is in the result, too.
func Import(ctx context.Context, c ImportConfig, d ImportDependencies) (Imported, error) {
	if c.Patience <= 0 {
		c.Patience = 2 * time.Minute
	}
	if c.BadLines <= 0 {
		c.BadLines = 10
	}
	if d.Progress == nil {
		d.Progress = func(Progress) {}
	}
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return Imported{}, err
	}
	defer zip.Close()
	i := &importer{ImportConfig: c, ImportDependencies: d, zip: zip}
	i.sum = Imported{Quarantined: map[string]int64{}, Lines: []BadLine{}, Failed: []string{}}
	if c.Again {
		i.again = rand.Text()
	}
	for _, f := range c.Files {
		if err := i.load(ctx, f); err != nil {
			return i.sum, err
		}
		i.sum.Files++
	}
	for len(i.waiting) > 0 {
		if err := i.await(ctx); err != nil {
			return i.sum, err
		}
	}
	return i.sum, nil
}

// counted tells how much of a file was read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (i *importer) load(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var size int64
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	in := &counted{r: f}
	text, err := archive.Unpack(in)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer text.Close()
	i.file, i.chain = file, sha256.New()
	i.chain.Write([]byte(i.Format + "\n" + i.again + "\n"))
	records := archive.New(text, i.CSV)
	for {
		rec, line, err := records.Next()
		if err != nil {
			if err := i.flush(ctx); err != nil {
				return err
			}
			if err != io.EOF {
				// What was read is loaded; a damaged archive does not hide it.
				i.sum.Failed = append(i.sum.Failed, fmt.Sprintf("%s:%d: %v", file, line, err))
			}
			break
		}
		if len(i.lines) > 0 && len(i.raw)+len(rec) >= batchBytes {
			if err := i.flush(ctx); err != nil {
				return err
			}
			i.Progress(Progress{file, in.n, size, i.sum.Records, i.quarantined()})
		}
		if len(i.raw) == 0 {
			i.raw = append(i.raw, i.header(file, records.Header())...)
		}
		i.raw = append(append(i.raw, rec...), '\n')
		i.lines = append(i.lines, line)
	}
	i.Progress(Progress{file, in.n, max(size, in.n), i.sum.Records, i.quarantined()})
	return nil
}

// header gives the header row of a batch, with the file's mark if it has one.
func (i *importer) header(file string, row []byte) []byte {
	if i.Mark == nil || len(row) == 0 || i.Mark(file) == "" {
		return row
	}
	bare := bytes.TrimRight(row, "\r\n")
	return slices.Concat(bare, []byte(","+i.Mark(file)), row[len(bare):])
}

func (i *importer) quarantined() (n int64) {
	for _, q := range i.sum.Quarantined {
		n += q
	}
	return n
}

// flush sends the batch. Its key is made of all the file's records up to its
// end, so that the same file, whatever it is called, gives the same keys.
func (i *importer) flush(ctx context.Context) error {
	if len(i.lines) == 0 {
		return nil
	}
	i.chain.Write(i.raw)
	b := door.Batch{Format: i.Format, Key: "import-" + hex.EncodeToString(i.chain.Sum(nil)[:20]), Body: i.zip.EncodeAll(i.raw, nil)}
	receipt, err := i.send(ctx, b)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", i.file, i.lines[0], err)
	}
	n := int64(len(i.lines))
	i.sum.Records += n
	if receipt.Duplicate {
		i.sum.Duplicate += receipt.Records
	} else {
		i.sum.Accepted += receipt.Records
		i.waiting = append(i.waiting, sentBatch{receipt.Batch, i.file, receipt.Records, i.lines})
		i.lines = nil
	}
	i.raw, i.lines = i.raw[:0], i.lines[:0]
	if len(i.waiting) > mostWaiting {
		return i.await(ctx)
	}
	return nil
}

// send repeats a request that may be accepted later, for as long as there is
// patience. The key makes a repetition harmless.
func (i *importer) send(ctx context.Context, b door.Batch) (door.Receipt, error) {
	began := time.Now()
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 15*time.Second) {
		r, err := i.Door.Send(ctx, b)
		if err == nil || ctx.Err() != nil {
			return r, err
		}
		verdict, after := door.VerdictOf(err)
		if verdict != door.Later || time.Since(began) > i.Patience {
			return r, err
		}
		i.Log.Warn("the observatory does not take the batch yet; trying again", "error", err.Error())
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(max(wait, after)):
		}
	}
}

// await learns what became of the batch that waits longest.
func (i *importer) await(ctx context.Context) error {
	b := i.waiting[0]
	i.waiting = i.waiting[1:]
	for began := time.Now(); ; {
		s, err := i.Door.State(ctx, b.id, 10*time.Second)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && s.State == "committed" {
			i.learn(b, s)
			return nil
		}
		if time.Since(began) > i.Patience {
			i.sum.Pending += b.records
			if err != nil {
				i.Log.Warn("what became of a batch is not known", "batch", b.id, "error", err.Error())
			}
			return nil
		}
		if err != nil {
			if verdict, _ := door.VerdictOf(err); verdict == door.Denied {
				i.sum.Pending += b.records
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
}

func (i *importer) learn(b sentBatch, s door.State) {
	i.sum.Stored += s.Stored
	for reason, n := range s.Quarantined {
		i.sum.Quarantined[reason] += n
	}
	for _, l := range s.Lines {
		if len(i.sum.Lines) < i.BadLines && l.Line >= 1 && l.Line <= int64(len(b.lines)) {
			i.sum.Lines = append(i.sum.Lines, BadLine{b.file, b.lines[l.Line-1], l.Reason, l.Detail})
		}
	}
}
