// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/event"
)

// Names of the audit log's secrets in the folder of keys. To change the signing
// key, audit-sign is renamed to audit-sign.previous before a start.
const (
	auditSignKey     = "audit-sign"
	auditPreviousKey = "audit-sign.previous"
	auditNamesKey    = "audit-pseudonyms"
)

func (a *App) startAudit(ctx context.Context) error {
	l, err := a.folder.auditLog(audit.Config{Origin: a.auditOrigin()}, audit.Dependencies{Log: a.log, Metrics: a.metrics, Now: a.now})
	if err != nil {
		return err
	}
	if err := l.Start(ctx); err != nil {
		return err
	}
	a.life.add("audit log", l.Stop)
	a.audit = l
	return nil
}

// auditOrigin names a new log by the public address; one without has a name from
// its key.
func (a *App) auditOrigin() string {
	u, err := url.Parse(a.cfg.Portal.Origin)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Host + "/audit"
}

// auditLog prepares the folder's audit log with the folder's keys.
func (f *folder) auditLog(c audit.Config, d audit.Dependencies) (*audit.Log, error) {
	seed, err := f.secret(auditSignKey, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	if d.Pseudonyms, err = f.secret(auditNamesKey, audit.KeySize); err != nil {
		return nil, err
	}
	d.Key = ed25519.NewKeyFromSeed(seed)
	if d.Previous, err = f.previousKey(); err != nil {
		return nil, err
	}
	c.Dir = f.join("audit")
	return audit.New(c, d)
}

func (f *folder) previousKey() (crypto.Signer, error) {
	seed, err := readKey(f.path, auditPreviousKey)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("key %s has %d bytes, not %d; restore it from a backup, or remove it", auditPreviousKey, len(seed), ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// audited carries out a method of the administration and notes it before its
// answer leaves; without the note there is no answer.
func audited[In, Out any](a *App, what audit.Action, object func(In) audit.Object, f func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		out, err := f(ctx, in)
		e := audit.Entry{Action: what, Actor: audit.System, Outcome: audit.Done, Object: object(in)}
		if err != nil {
			e.Outcome = audit.Failed
		}
		if _, noted := a.audit.Append(ctx, e); noted != nil {
			var nothing Out
			return nothing, errors.Join(err, noted)
		}
		return out, err
	}
}

// failures notes a method that changes identity where it failed; what it changed
// was noted before it took effect (noteIdentity).
func failures[In, Out any](a *App, what audit.Action, object func(In) audit.Object, f func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		out, err := f(ctx, in)
		if err == nil {
			return out, nil
		}
		_, noted := a.audit.Append(ctx, audit.Entry{Action: what, Actor: audit.System, Outcome: audit.Failed, Object: object(in)})
		return out, errors.Join(err, noted)
	}
}

// Objects of audited methods. A token is named after who holds it.
func aboutSensor(s event.Sensor) audit.Object {
	return audit.Object{Kind: "sensor", IDs: []string{s.Name}}
}

func aboutSensorNamed(n admin.Name) audit.Object { return aboutSensor(event.Sensor{Name: n.Name}) }

func (a *App) aboutToken(name string) audit.Object {
	return audit.Object{Kind: "token", IDs: []string{string(a.audit.Pseudonym(name))}}
}

func aboutQuarantine(q admin.QuarantineQuery) audit.Object {
	return audit.Object{Kind: "quarantine", Dataset: q.Batch, IDs: []string{q.Sensor}}
}

// AuditKeys gives the verifier keys of an audit log's folder: the one that is
// made of the secret in the folder of keys beside it or, where that is missing,
// those that the log names, which is less: who changed the log may have changed
// them too.
func AuditKeys(dir string) (keys []string, own bool, err error) {
	listed, err := audit.ReadKeys(dir)
	if err != nil {
		return nil, false, fmt.Errorf("audit log: %w; name a data folder or its audit folder", err)
	}
	seed, err := readKey(filepath.Dir(filepath.Clean(dir)), auditSignKey)
	if err != nil || len(seed) != ed25519.SeedSize {
		return listed, false, nil
	}
	origin, err := audit.Origin(dir)
	if err != nil {
		return nil, false, err
	}
	key, err := audit.VerifierKey(origin, ed25519.NewKeyFromSeed(seed))
	return []string{key}, true, err
}

// AuditPseudonym gives the name under which a data folder's audit log knows a
// person.
func AuditPseudonym(data, id string) (audit.Actor, error) {
	key, err := readKey(data, auditNamesKey)
	if err != nil {
		return "", fmt.Errorf("audit log: %w", err)
	}
	return audit.Pseudonym(key, id), nil
}
