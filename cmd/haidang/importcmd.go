// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"haidang/app/admin"
	"haidang/event"
	"haidang/normalise"
	"haidang/normalise/shadowserver"
	"haidang/sensor"
	"haidang/sensor/door"
	"haidang/vitals"
)

// connection is how a client-side command reaches an observatory.
type connection struct {
	To        string `help:"The observatory's address, as in https://observatory.example." env:"HAIDANG_TO" placeholder:"URL"`
	TokenFile string `help:"File that holds the sensor's token; HAIDANG_TOKEN without." env:"HAIDANG_TOKEN_FILE" placeholder:"FILE"`
	CA        string `name:"ca" help:"PEM file of the authority that signed the observatory's certificate." env:"HAIDANG_CA" placeholder:"FILE"`
}

func (c connection) client(s streams, token func() (string, error)) (*door.Client, error) {
	if token == nil {
		token = door.TokenFrom(c.TokenFile, environment(s, "HAIDANG_TOKEN"))
	}
	return door.New(door.Config{To: c.To, Token: token, CA: c.CA, Agent: "haidang/" + vitals.Version})
}

func environment(s streams, name string) string {
	for _, e := range slices.Backward(s.environ) {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

type importCmd struct {
	settings
	connection
	Format string   `arg:"" help:"Format of the files, such as eve, cowrie or shadowserver; or series: numbers that others published."`
	Files  []string `arg:"" name:"file" help:"Files: plain, gzip or zstd; a record a line, JSON arrays, or CSV." type:"existingfile"`
	Sensor string   `help:"Sensor under whose name they are loaded; it is enrolled if need be." default:"import"`
	Again  bool     `help:"Load them even if they were loaded before."`
	JSON   bool     `help:"Print what became of them as JSON."`
}

// Run loads files into a running observatory. A file that was loaded within the
// last seven days is recognised and counted as a duplicate.
func (c *importCmd) Run(ctx context.Context, s streams) error {
	if c.Format == formatSeries {
		return c.series(ctx, s)
	}
	if c.To != "" {
		client, err := c.client(s, nil)
		if err != nil {
			return err
		}
		return c.load(ctx, s, client)
	}
	return running(c.settings, s, func(a admin.Caller) error {
		to, err := observatory(ctx, a, "")
		if err != nil {
			return err
		}
		enrolled, err := admin.Call[[]admin.Sensor](ctx, a, admin.MethodSensorList, admin.None{})
		if err != nil {
			return err
		}
		token, err := enrolOrRotate(ctx, a, enrolled, event.Sensor{Name: c.Sensor, Covers: "archives loaded by haidang import"})
		if err != nil {
			return err
		}
		c.To = to
		client, err := c.client(s, door.TokenFrom("", token))
		if err != nil {
			return err
		}
		return c.load(ctx, s, client)
	})
}

// rowFormats are the formats whose files are not one record a line.
var rowFormats = []normalise.Format{shadowserver.New()}

// rows tells whether a format's files are rows below a header row.
func rows(format string) bool {
	return slices.ContainsFunc(rowFormats, func(f normalise.Format) bool {
		return f.Name() == format && f.Framing() == event.FramingCSV
	})
}

// mark names the report of a Shadowserver file, as in
// 2026-11-21-scan_rdp-vietnam.csv: several reports have the same columns.
func mark(format string) func(string) string {
	reports := shadowserver.New()
	if format != reports.Name() {
		return nil
	}
	return func(file string) string {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		for _, part := range strings.Split(name, "-") {
			if reports.Known(part) {
				return "#report=" + part
			}
		}
		return ""
	}
}

func (c *importCmd) load(ctx context.Context, s streams, client *door.Client) error {
	defer client.Close()
	bar := newBar(s.err)
	sum, err := sensor.Import(ctx, sensor.ImportConfig{Format: c.Format, CSV: rows(c.Format), Mark: mark(c.Format), Files: c.Files, Again: c.Again},
		sensor.ImportDependencies{Door: client, Log: slog.New(slog.NewTextHandler(bar.aside(), nil)), Progress: bar.show})
	bar.clear()
	if c.JSON {
		if err := printJSON(s.out, sum); err != nil {
			return err
		}
	} else {
		report(s.err, sum)
	}
	if err == nil && len(sum.Failed) > 0 {
		err = errors.New("not every file could be read to its end")
	}
	return err
}

func report(w io.Writer, sum sensor.Imported) {
	fmt.Fprintf(w, "%d records read from %d files: %d accepted, %d were there already; of the accepted %d are stored",
		sum.Records, sum.Files, sum.Accepted, sum.Duplicate, sum.Stored)
	for _, reason := range slices.Sorted(maps.Keys(sum.Quarantined)) {
		fmt.Fprintf(w, ", %d quarantined as %s", sum.Quarantined[reason], reason)
	}
	if sum.Pending > 0 {
		fmt.Fprintf(w, ", %d not yet committed", sum.Pending)
	}
	fmt.Fprintln(w)
	for _, l := range sum.Lines {
		fmt.Fprintf(w, "  %s:%d: %s: %s\n", l.File, l.Line, l.Reason, l.Detail)
	}
	for _, f := range sum.Failed {
		fmt.Fprintln(w, "  "+f)
	}
}

// bar is a line on a terminal that is written again and again; elsewhere it
// shows nothing.
type bar struct {
	w     io.Writer
	width int // 0: no terminal
	shown bool
}

func newBar(w io.Writer) *bar {
	b := &bar{w: w}
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			b.width = width
		}
	}
	return b
}

func (b *bar) show(p sensor.Progress) {
	if b.width == 0 {
		return
	}
	text := fmt.Sprintf(" %d records", p.Records)
	if p.Quarantined > 0 {
		text += fmt.Sprintf(", %d quarantined", p.Quarantined)
	}
	if p.Size > 0 {
		const cells = 24
		done := int(min(p.Read, p.Size) * cells / p.Size)
		text = fmt.Sprintf("[%s%s] %3d %%", strings.Repeat("#", done), strings.Repeat(".", cells-done), min(p.Read, p.Size)*100/p.Size) + text
	}
	line := []rune(text + "  " + p.File)
	fmt.Fprintf(b.w, "\r\x1b[K%s", string(line[:min(len(line), b.width-1)]))
	b.shown = true
}

func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}

// aside is where log lines go, between two pictures of the bar.
func (b *bar) aside() io.Writer { return aside{b} }

type aside struct{ b *bar }

func (a aside) Write(p []byte) (int, error) {
	a.b.clear()
	return a.b.w.Write(p)
}
