// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// lifecycle remembers how to undo what was started. A step is registered the
// moment its part exists; steps are undone last first, each with its name in
// the log, all under one deadline.
type lifecycle struct {
	log   *slog.Logger
	steps []step
}

type step struct {
	name string
	undo func(context.Context) error
}

func (l *lifecycle) add(name string, undo func(context.Context) error) {
	l.steps = append(l.steps, step{name, undo})
}

// stop undoes every step, whatever the others say, and joins their errors.
func (l *lifecycle) stop(ctx context.Context) error {
	var errs []error
	for i := len(l.steps) - 1; i >= 0; i-- {
		s := l.steps[i]
		began := time.Now()
		if err := s.undo(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stopping %s: %w", s.name, err))
		}
		l.log.Debug("stopped", "part", s.name, "took", time.Since(began))
	}
	l.steps = nil
	return errors.Join(errs...)
}
