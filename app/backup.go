// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/backup"
	"haidang/event"
	"haidang/journal"
	"haidang/store"
	"haidang/vitals"
)

// Where a backup holds what is not a plain copy.
const (
	snapshotsDir   = "journal.snapshots" // one a stream; Restore makes the journal of them
	configFile     = "restored-config.yaml"
	partialArchive = ".partial" // suffix of an archive that is not yet whole
)

// writeBackup answers the administration: it writes the archive into a file on
// this machine, which gets its name when it is whole.
func (a *App) writeBackup(ctx context.Context, q admin.NewBackup) (out admin.Backup, err error) {
	to, err := backup.Recipients(q.Recipients)
	if err != nil {
		return out, err
	}
	if !filepath.IsAbs(q.To) {
		return out, fmt.Errorf("to: %q is not an absolute path", q.To)
	}
	if _, err := os.Lstat(q.To); err == nil {
		return out, fmt.Errorf("to: %s is there already; name another file", q.To)
	}
	f, err := os.OpenFile(q.To+partialArchive, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return out, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(q.To + partialArchive)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.stopping, cancel)()
	m, err := a.backup(ctx, f, to, q.Config)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return out, err
	}
	if err := os.Rename(q.To+partialArchive, q.To); err != nil {
		return out, err
	}
	return admin.Backup{Files: m.Files, Bytes: m.Bytes, Position: m.Position, Checkpoint: m.Checkpoint}, syncDir(filepath.Dir(q.To))
}

// backup writes everything, while everything goes on. The store's state comes
// first: what the journal holds behind its position is read again by the server
// that is restored, so nothing that was acknowledged before is lost. The journal
// throws nothing away meanwhile that this state still needs.
func (a *App) backup(ctx context.Context, w io.Writer, to []age.Recipient, config string) (backup.Manifest, error) {
	if !a.backups.TryLock() {
		return backup.Manifest{}, errors.New("a backup is being written already; wait until it is done")
	}
	defer a.backups.Unlock()
	s, ok := a.store.(interface {
		Snapshot() (store.Snapshot, error)
	})
	if !ok {
		return backup.Manifest{}, errors.New("this store keeps its state elsewhere; back it up there")
	}
	a.needed.Store(uint64(a.store.Position()) + 1)
	defer a.needed.Store(0)
	state, err := s.Snapshot()
	if err != nil {
		return backup.Manifest{}, err
	}
	defer state.Release()
	if _, err := a.audit.Append(ctx, audit.Entry{Action: audit.Backup, Actor: audit.System, Outcome: audit.Done}); err != nil {
		return backup.Manifest{}, err
	}
	checkpoint, files, err := a.audit.Snapshot()
	if err != nil {
		return backup.Manifest{}, err
	}
	return backup.Write(ctx, w, backup.Sources{
		Manifest: backup.Manifest{
			Program: vitals.Version, Created: a.now().UTC(), Position: uint64(state.Position), Checkpoint: string(checkpoint.Note),
		},
		Parts: []backup.Part{
			storePart(state), auditPart(files), {Name: "journal", Files: a.journalPart},
			backup.Folder("data folder", a.folder.path, elsewhere), configPart(config),
		},
	}, to)
}

// purgeable bounds what the journal may throw away while a backup is written.
func (a *App) purgeable(below event.Position) event.Position {
	if n := event.Position(a.needed.Load()); n > 0 {
		return min(below, n)
	}
	return below
}

// elsewhere says what of the data folder is no plain file, or is none of ours.
func elsewhere(path string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return slices.Contains([]string{"store", "journal", "audit", "lock", "admin.sock"}, path) ||
		strings.HasPrefix(base, ".new-") || strings.HasSuffix(base, partialArchive)
}

func storePart(s store.Snapshot) backup.Part {
	return backup.Part{Name: "store", Files: func(_ context.Context, put func(backup.File) error) error {
		for _, f := range s.Files {
			open := func(context.Context) (io.ReadCloser, error) { return f.Open() }
			if err := put(backup.File{Name: "store/" + f.Name, Size: f.Size, Open: open}); err != nil {
				return err
			}
		}
		return nil
	}}
}

func auditPart(files []audit.File) backup.Part {
	return backup.Part{Name: "audit log", Files: func(_ context.Context, put func(backup.File) error) error {
		for _, f := range files {
			open := func(context.Context) (io.ReadCloser, error) { return f.Open() }
			if err := put(backup.File{Name: "audit/" + f.Name, Size: f.Size, Open: open}); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (a *App) journalPart(ctx context.Context, put func(backup.File) error) error {
	streams, err := a.journal.Streams(ctx)
	if err != nil {
		return err
	}
	for _, name := range streams {
		open := func(ctx context.Context) (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() { w.CloseWithError(a.journal.Snapshot(ctx, name, w)) }()
			return r, nil
		}
		if err := put(backup.File{Name: snapshotsDir + "/" + name, Size: -1, Open: open}); err != nil {
			return err
		}
	}
	return nil
}

// configPart holds the configuration file that the caller named, for reference.
func configPart(path string) backup.Part {
	return backup.Part{Name: "configuration", Files: func(_ context.Context, put func(backup.File) error) error {
		if path == "" {
			return nil
		}
		open := func(context.Context) (io.ReadCloser, error) { return os.Open(path) }
		return put(backup.File{Name: configFile, Size: -1, Open: open})
	}}
}

// Restore makes a data folder of an archive. The audit log says so in an entry.
func Restore(ctx context.Context, from io.Reader, identities []age.Identity, data string, log *slog.Logger) (backup.Manifest, error) {
	return backup.Restore(ctx, from, identities, data, func(dir string, m backup.Manifest) error {
		f := &folder{path: dir}
		if err := f.rebuildJournal(ctx, log); err != nil {
			return err
		}
		return f.noteRestore(ctx, m, log)
	})
}

func (f *folder) rebuildJournal(ctx context.Context, log *slog.Logger) error {
	entries, err := os.ReadDir(f.join(snapshotsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the backup holds no journal: %w", backup.ErrDamaged)
	}
	if err != nil {
		return err
	}
	var snapshots []io.Reader
	for _, e := range entries {
		s, err := os.Open(f.join(snapshotsDir, e.Name()))
		if err != nil {
			return err
		}
		defer s.Close()
		snapshots = append(snapshots, s)
	}
	c := journal.DefaultConfig()
	c.Dir = f.join("journal")
	if err := journal.Rebuild(ctx, c, log, snapshots); err != nil {
		return err
	}
	return os.RemoveAll(f.join(snapshotsDir))
}

// noteRestore opens the restored log, which compares it with its checkpoint, and
// adds to it. Who holds a newer checkpoint than the backup's sees that the log
// went back, as it should be.
func (f *folder) noteRestore(ctx context.Context, m backup.Manifest, log *slog.Logger) error {
	l, err := f.auditLog(audit.Config{}, audit.Dependencies{Log: log})
	if err != nil {
		return err
	}
	if err := l.Start(ctx); err != nil {
		return err
	}
	_, err = l.Append(ctx, audit.Entry{
		Action: audit.Restore, Actor: audit.System, Outcome: audit.Done,
		Object: audit.Object{Kind: "backup", IDs: []string{m.Created.UTC().Format("2006-01-02T15:04:05Z")}}, Count: m.Files,
	})
	return errors.Join(err, l.Stop(context.WithoutCancel(ctx)))
}
