// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"haidang/app/admin"
	"haidang/cite"
	"haidang/event"
	"haidang/vitals"
)

type verifyCmd struct {
	settings
	What   string `arg:"" help:"A permalink, or a file with a signed document; - for standard input."`
	Key    string `help:"File with the observatory's public keys, as /.well-known/haidang/figures.json gives them, or that address." placeholder:"FILE"`
	Replay bool   `help:"Work the figure out again and compare byte by byte: on this machine's data folder or, with a token, where the permalink points."`
	Token  string `help:"File with a token of a member or of the centre: the observatory that a permalink names works it out." placeholder:"FILE" type:"existingfile" name:"token-file"`
}

// unjudged is the exit code of a figure that cannot be worked out again as it was;
// tampered (3) says that a document or a figure is not what it should be.
const unjudged = 4

// Run verifies: exit code 0 when the signature holds and, where it was asked for, the
// figure is the same when worked out again; 3 when not; 4 when it can no longer be
// worked out; 1 when nothing could be found out.
func (c *verifyCmd) Run(ctx context.Context, s streams) error {
	document, err := c.document(ctx, s)
	if err != nil {
		return err
	}
	keys, err := c.keys(ctx)
	if err != nil {
		return err
	}
	d, err := cite.Verify(document, keys)
	switch {
	case errors.Is(err, cite.ErrSignature), errors.Is(err, cite.ErrUnknownKey):
		fmt.Fprintln(s.out, "signature: BAD:", err)
		return coded{errors.New("this figure is not as the observatory signed it"), tampered}
	case err != nil:
		return err
	}
	fmt.Fprintf(s.out, "figure:    %s\n", told(&d))
	fmt.Fprintf(s.out, "id:        %s, derived from what is signed\n", d.ID)
	fmt.Fprintf(s.out, "signature: good, by key %s at %s (version %s)\n", d.Key, d.Computed, d.Software)
	if !c.Replay {
		fmt.Fprintln(s.out, "replay:    not asked for")
		return nil
	}
	return c.replay(ctx, s, &d)
}

// told says in a line what is cited.
func told(c *event.Citation) string {
	f := &c.Figure
	text := fmt.Sprintf("%s of %s, %s (%s), %s, publication %d", f.Definition, f.Of, f.Period.Name, f.Period.Zone, f.Status, f.Revision)
	if len(f.By) > 0 {
		text += ", by " + strings.Join(f.By, ", ")
	}
	if len(f.Rows) == 1 && !f.Rows[0].Hidden {
		text += fmt.Sprintf(": %d %s", f.Rows[0].Value, f.Unit)
	} else {
		text += fmt.Sprintf(": %d rows", len(f.Rows))
	}
	if f.Replay {
		text += ", a replay"
	}
	return text
}

// document reads what was named, and nothing else.
func (c *verifyCmd) document(ctx context.Context, s streams) ([]byte, error) {
	if c.What == "-" {
		return limitedRead(s.in)
	}
	return named(ctx, c.What)
}

func (c *verifyCmd) keys(ctx context.Context) ([]event.FigureKey, error) {
	if c.Key == "" {
		return nil, errors.New("no key: fetch /.well-known/haidang/figures.json of the observatory once, keep it, and name it with --key")
	}
	text, err := named(ctx, c.Key)
	if err != nil {
		return nil, err
	}
	return cite.ParseKeys(text)
}

// named reads a file, or the address that the caller named.
func named(ctx context.Context, what string) ([]byte, error) {
	if strings.HasPrefix(what, "http://") || strings.HasPrefix(what, "https://") {
		return fetch(ctx, what)
	}
	f, err := os.Open(what)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limitedRead(f)
}

// maxDocument bounds what is read of a document or a list of keys.
const maxDocument = 4 << 20

func limitedRead(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = fmt.Errorf("it is longer than %d bytes and so no signed document", maxDocument)
	}
	return text, err
}

// fetch asks one address and follows nothing that it names.
func fetch(ctx context.Context, address string) ([]byte, error) {
	return ask(ctx, address, "", 30*time.Second)
}

// ask is the same with a token.
func ask(ctx context.Context, address, token string, patience time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", "haidang/"+vitals.Version)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if token != "" {
			return nil, fmt.Errorf("%s answers %s; the token must be of a member or of the centre", address, resp.Status)
		}
		return nil, fmt.Errorf("%s answers %s; name the address of a permalink", address, resp.Status)
	}
	return limitedRead(resp.Body)
}

// replay works the figure out again and compares.
func (c *verifyCmd) replay(ctx context.Context, s streams, d *event.Citation) error {
	if c.Token != "" {
		return c.replayThere(ctx, s, d)
	}
	var r admin.ReplayedFigure
	err := administration(ctx, c.settings, s, func(a admin.Caller) (err error) {
		r, err = admin.Call[admin.ReplayedFigure](ctx, a, admin.MethodFigureReplay, admin.Canonical{Canonical: d.Canonical})
		return err
	})
	if err != nil {
		return err
	}
	return verdict(s, &r)
}

// replayThere asks the observatory that the permalink names. It is asked for the
// figure that was verified, whatever the address says.
func (c *verifyCmd) replayThere(ctx context.Context, s streams, d *event.Citation) error {
	at, err := url.Parse(c.What)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return errors.New("--token-file: name a permalink to be worked out there, not a file; or leave it out to use --data")
	}
	token, err := os.ReadFile(c.Token)
	if err != nil {
		return err
	}
	text, err := ask(ctx, at.Scheme+"://"+at.Host+"/f/"+d.ID+"/replay", strings.TrimSpace(string(token)), replayTime)
	if err != nil {
		return err
	}
	var r admin.ReplayedFigure
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("what %s answers is no verdict: %w", at.Host, err)
	}
	return verdict(s, &r)
}

// replayTime is how long an observatory may work a figure out.
const replayTime = 10 * time.Minute

// verdict prints what became of working a figure out again.
func verdict(s streams, r *admin.ReplayedFigure) error {
	how := fmt.Sprintf("counted anew from %d records up to its journal position", r.Records)
	if !r.FromRecords {
		how = "worked out from the roll-ups, since raw records of its period have expired"
	}
	if r.RevisedBy != "" {
		fmt.Fprintf(s.out, "revised:   by %s\n", r.RevisedBy)
	}
	switch {
	case r.Gone != "":
		fmt.Fprintln(s.out, "replay:    cannot be worked out any more:", r.Gone)
		return coded{errors.New("the signature is good, but this figure can no longer be worked out"), unjudged}
	case r.Same:
		fmt.Fprintf(s.out, "replay:    SAME bytes, %s\n", how)
		fmt.Fprintln(s.out, "           taken from the document: journal position, tables in use, status, publication")
		return nil
	}
	fmt.Fprintf(s.out, "replay:    DIFFERENT from byte %d on, %s\n", r.At, how)
	for _, x := range r.Differences {
		fmt.Fprintf(s.out, "           %s %s: %s, now %s\n", x.What, strings.Join(x.Group, ", "), either(x.From, x.Old), either(x.To, x.New))
	}
	if !r.FromRecords && r.RevisedBy != "" {
		fmt.Fprintln(s.out, "           roll-ups hold what came later too, and the figure was revised since")
		return coded{errors.New("the signature is good, but the figure as it was can no longer be worked out"), unjudged}
	}
	return coded{errors.New("this figure is not what the records say"), tampered}
}

func either(text string, n *int64) string {
	switch {
	case n != nil:
		return fmt.Sprint(*n)
	case text != "":
		return text
	}
	return "–"
}
