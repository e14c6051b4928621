// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/klauspost/compress/zstd"
)

// Spool keeps numbered batches on disk until the observatory has them, and with
// each of them the places in the logs behind its last line. It is bounded: when
// it is full, new records are shed and counted. Safe for concurrent use.
type Spool struct {
	dir   string
	most  int64
	log   *slog.Logger
	zip   *zstd.Encoder
	disk  disk
	lock  *os.File
	ready chan struct{} // has an element when there may be a batch to send

	mu      sync.Mutex
	state   head // what is durable, all together
	queue   []spooled
	bytes   int64 // of batches
	refused int64 // bytes in the folder of refused batches
}

type spooled struct {
	seq  uint64
	size int64
}

const (
	stateFile  = "state.json"
	batchDir   = "batches"
	refusedDir = "refused"
	batchExt   = ".batch"
	// mostRefused bounds the folder of refused batches.
	mostRefused = 64 << 20
)

// ErrInUse says that another sensor works on the folder.
var ErrInUse = errors.New("another sensor runs on this folder; give each its own with --state")

// OpenSpool opens the folder, which is made if need be, and puts right what a
// kill left. most bounds the batches' bytes.
func OpenSpool(dir string, most int64, log *slog.Logger) (*Spool, error) {
	s := &Spool{dir: dir, most: most, log: log, ready: make(chan struct{}, 1)}
	for _, d := range []string{dir, filepath.Join(dir, batchDir), filepath.Join(dir, refusedDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	var err error
	if s.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, ErrInUse), s.lock.Close())
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	s.zip, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	s.wake()
	return s, nil
}

// Close gives the folder up. Everything is on disk already.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.zip.Close() // writes to nowhere
	return s.lock.Close()
}

func (s *Spool) path(seq uint64) string {
	return filepath.Join(s.dir, batchDir, fmt.Sprintf("%020d%s", seq, batchExt))
}

// recover reads the state file and the batches. The one written last says where
// to go on; batches that the observatory has are removed.
func (s *Spool) recover() error {
	raw, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh := err != nil
	if !fresh {
		if err := json.Unmarshal(raw, &s.state); err != nil || s.state.Spool == "" || s.state.Version != stateVersion {
			return fmt.Errorf("%s: the file cannot be used; move the folder away, and the sensor begins anew", filepath.Join(s.dir, stateFile))
		}
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, batchDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.recoverBatch(e); err != nil {
			return err
		}
	}
	s.countRefused()
	if fresh {
		// Without the state file the batches' spool is not known: they get a new
		// one, and so are not mixed up with another's numbers.
		s.state.Version, s.state.Spool = stateVersion, newSpoolID()
		s.state.Next = max(s.state.Next, 1)
		return s.save()
	}
	return nil
}

func newSpoolID() string {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	return hex.EncodeToString(id[:])
}

func (s *Spool) recoverBatch(e fs.DirEntry) error {
	name := filepath.Join(s.dir, batchDir, e.Name())
	digits, ok := strings.CutSuffix(e.Name(), batchExt)
	seq, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil {
		return os.Remove(name) // half of a batch that was never finished
	}
	s.state.Next = max(s.state.Next, seq+1)
	if seq <= s.state.Acked {
		return os.Remove(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	h, _, err := decodeBatch(data)
	if err != nil || h.Seq != seq {
		s.log.Error("a spooled batch is damaged; it is put aside", "file", name)
		return os.Rename(name, filepath.Join(s.dir, refusedDir, e.Name()))
	}
	if h.Step > s.state.Step {
		s.state.Step, s.state.Places, s.state.Pending = h.Step, h.Places, h.Pending
	}
	s.queue = append(s.queue, spooled{seq, int64(len(data))})
	s.bytes += int64(len(data))
	return nil
}

func (s *Spool) countRefused() {
	entries, _ := os.ReadDir(filepath.Join(s.dir, refusedDir)) // was made before
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			s.refused += info.Size()
		}
	}
}

// save writes the state file. The mutex is held, or nobody else knows s yet.
func (s *Spool) save() error {
	data, err := json.MarshalIndent(s.state, "", " ")
	if err != nil {
		return err
	}
	return s.disk.put(filepath.Join(s.dir, stateFile), data)
}

// Places says where to go on in the logs.
func (s *Spool) Places() []place {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.Places)
}

// Put makes a batch of the records durable, and with it the places behind them.
// If there is no room for it, the records are shed: then only places and count
// are. After an error nothing has changed.
func (s *Spool) Put(format string, r *records, places []place) (shed bool, err error) {
	body := s.zip.EncodeAll(r.raw, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.state
	next.Step++
	next.Places = places
	h := head{Step: next.Step, Places: places, Seq: next.Next, Format: format, Records: r.n, Raw: len(r.raw), Shed: next.Pending}
	data, err := encodeBatch(h, body)
	if err != nil {
		return false, err
	}
	if s.bytes+int64(len(data)) > s.most {
		next.Pending += uint64(r.n)
		next.ShedAll += uint64(r.n)
		return true, s.change(next)
	}
	if r.n == 0 { // only empty lines: nothing to send
		return false, s.change(next)
	}
	if err := s.disk.put(s.path(h.Seq), data); err != nil {
		return false, err
	}
	next.Pending = 0
	next.Next++
	s.state = next
	s.queue = append(s.queue, spooled{h.Seq, int64(len(data))})
	s.bytes += int64(len(data))
	s.wake()
	return false, nil
}

// Mark makes places durable though no line was read.
func (s *Spool) Mark(places []place) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.state
	next.Step++
	next.Places = places
	return s.change(next)
}

// change makes a new state durable, or leaves the old one.
func (s *Spool) change(next head) error {
	old := s.state
	s.state = next
	if err := s.save(); err != nil {
		s.state = old
		return err
	}
	return nil
}

func (s *Spool) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// First gives the batch that is to be sent next; ok is false if there is none.
func (s *Spool) First() (h head, body []byte, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		data, err := os.ReadFile(s.path(s.queue[0].seq))
		if err == nil {
			h, body, err = decodeBatch(data)
		}
		if err == nil {
			h.Spool = s.state.Spool
			return h, body, true, nil
		}
		if !errors.Is(err, errDamaged) && !errors.Is(err, fs.ErrNotExist) {
			return h, nil, false, err
		}
		s.log.Error("a spooled batch is damaged; it is put aside", "seq", s.queue[0].seq, "error", err.Error())
		if err := s.leave(0, true); err != nil {
			return h, nil, false, err
		}
	}
	return h, nil, false, nil
}

// Sent forgets the first batch: the observatory has it.
func (s *Spool) Sent(h head) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leave(h.Records, false)
}

// Refused puts the first batch aside: the observatory will never take it.
func (s *Spool) Refused(h head, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := filepath.Join(s.dir, refusedDir, fmt.Sprintf("%020d.txt", h.Seq))
	if err := os.WriteFile(name, []byte(why+"\n"), 0o600); err != nil {
		return err
	}
	return s.leave(h.Records, true)
}

// leave takes the first batch out of the queue. The state file says so first: a
// kill in between leaves a file that recover removes.
func (s *Spool) leave(records int, refused bool) error {
	first := s.queue[0]
	next := s.state
	next.Acked = first.seq
	if refused {
		next.RefusedN += uint64(records)
		if s.refused+first.size <= mostRefused {
			s.keepRefused(first)
		}
	} else {
		next.SentAll += uint64(records)
	}
	if err := s.change(next); err != nil {
		return err
	}
	s.queue = s.queue[1:]
	s.bytes -= first.size
	if err := os.Remove(s.path(first.seq)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.disk.did("removed")
	return nil
}

// keepRefused links a refused batch where an operator can look at it.
func (s *Spool) keepRefused(b spooled) {
	err := os.Link(s.path(b.seq), filepath.Join(s.dir, refusedDir, fmt.Sprintf("%020d%s", b.seq, batchExt)))
	if err == nil {
		s.refused += b.size
	} else if !errors.Is(err, fs.ErrExist) {
		s.log.Warn("a refused batch could not be kept", "seq", b.seq, "error", err.Error())
	}
}

// Renew gives the spool a new name: the observatory knows the present one with
// other batches, as after a restored backup.
func (s *Spool) Renew() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.state
	next.Spool = newSpoolID()
	return s.change(next)
}
