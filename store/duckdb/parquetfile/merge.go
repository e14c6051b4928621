// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"context"
	"io"
)

// Source is a segment to merge.
type Source struct {
	Reader *Reader
	File   io.Closer
}

// groupOf names a row group of a source.
type groupOf struct {
	source *Reader
	group  int
}

// Merge writes all records of the sources, in their order, as one file. It
// holds one column of one row group at a time.
func (w *Writer) Merge(ctx context.Context, out io.Writer, sources []Source) error {
	if err := w.Reset(out); err != nil {
		return err
	}
	var pending []groupOf
	rows := 0
	flush := func() error {
		if rows == 0 {
			return nil
		}
		err := w.mergeGroup(ctx, pending, rows)
		pending, rows = pending[:0], 0
		return err
	}
	for _, s := range sources {
		for g := range s.Reader.Groups() {
			n := s.Reader.Rows(g)
			if rows+n > MaxRowGroup {
				if err := flush(); err != nil {
					return err
				}
			}
			pending = append(pending, groupOf{s.Reader, g})
			rows += n
		}
	}
	if err := flush(); err != nil {
		return err
	}
	_, _, err := w.Close()
	return err
}

func (w *Writer) mergeGroup(ctx context.Context, from []groupOf, rows int) error {
	return w.RowGroup(rows, func(i int, v *Vector) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, g := range from {
			if err := g.source.Column(g.group, i, v); err != nil {
				return err
			}
		}
		return nil
	})
}
