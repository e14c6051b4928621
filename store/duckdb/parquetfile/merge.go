// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"haidang/pagecache"
	"haidang/store"
)

// Source is a segment to merge.
type Source struct {
	Reader *Reader
	File   *os.File // that it reads
}

// groupOf names a row group of a source.
type groupOf struct {
	source *Reader
	group  int
}

// copyRows is the size from which a row group is copied as it is: to encode it
// anew would cost as much as writing it did and save little.
const copyRows = store.GroupRows / 4 * 3

// mergeRows is how large the row groups become that are made of smaller ones: a
// column of long texts must find room in memory, beside commits.
const mergeRows = 1 << 16

// Merge writes all records of the sources, in their order, as one file. It
// holds one column of one row group at a time.
func (w *Writer) Merge(ctx context.Context, out io.Writer, sources []Source) error {
	if err := w.Reset(out); err != nil {
		return err
	}
	var small []groupOf
	rows := 0
	flush := func() error {
		if rows == 0 {
			return nil
		}
		err := w.mergeGroup(ctx, small, rows)
		small, rows = small[:0], 0
		return err
	}
	read := 0 // sources of which nothing is wanted any more
	for i, s := range sources {
		for g := range s.Reader.Groups() {
			n := s.Reader.Rows(g)
			whole := n >= copyRows && s.Reader.isOurs(g)
			if whole || rows+n > mergeRows {
				if err := flush(); err != nil {
					return err
				}
			}
			if whole {
				if err := w.copyGroup(ctx, s.Reader, g); err != nil {
					return err
				}
				continue
			}
			small = append(small, groupOf{s.Reader, g})
			rows += n
		}
		for ; rows == 0 && read <= i; read++ {
			// It is removed afterwards, and what is written takes its place in memory.
			pagecache.Forget(sources[read].File, 0, 0)
		}
	}
	if err := flush(); err != nil {
		return err
	}
	_, _, err := w.Close()
	return err
}

// isOurs says whether a row group has exactly the columns of today, in order.
func (r *Reader) isOurs(group int) bool {
	if len(r.meta.RowGroups[group].Columns) != len(Columns) {
		return false
	}
	for i, at := range r.byAt[group] {
		if at != i {
			return false
		}
	}
	return true
}

// copyGroup copies the bytes of a row group, column by column.
func (w *Writer) copyGroup(ctx context.Context, r *Reader, group int) error {
	g := r.meta.RowGroups[group]
	g.Columns = slices.Clone(g.Columns)
	g.FileOffset, g.Ordinal = w.offset, int16(len(w.groups))
	for i := range g.Columns {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := &g.Columns[i].MetaData
		start, err := r.startOf(m)
		if err != nil {
			return fmt.Errorf("column %s: %w", Columns[i].Name, err)
		}
		if m.DictionaryPageOffset > 0 {
			m.DictionaryPageOffset = w.offset
		}
		m.DataPageOffset += w.offset - start
		if err := w.copyBytes(r.src, start, m.TotalCompressedSize); err != nil {
			return fmt.Errorf("column %s: %w", Columns[i].Name, err)
		}
	}
	w.rows += g.NumRows
	w.groups = append(w.groups, g)
	return nil
}

// copyBytes copies bytes as they are, through little memory: columns are megabytes.
func (w *Writer) copyBytes(from io.ReaderAt, start, size int64) error {
	if w.copied == nil {
		w.copied = make([]byte, 64<<10)
	}
	// A ReadFrom of the destination, a file's for one, would bring a buffer of its own.
	n, err := io.CopyBuffer(struct{ io.Writer }{w.out}, io.NewSectionReader(from, start, size), w.copied)
	w.offset += n
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (w *Writer) mergeGroup(ctx context.Context, from []groupOf, rows int) error {
	return w.RowGroup(rows, func(i int, v *Vector) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if Columns[i].Kind == Text {
			v.reserveText(rows, textBytes(from, i))
		}
		for _, g := range from {
			if err := g.source.Column(g.group, i, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// textBytes is how many bytes a column's pages unpack to.
func textBytes(from []groupOf, column int) (size int64) {
	for _, g := range from {
		if at := g.source.byAt[g.group][column]; at >= 0 {
			size += g.source.meta.RowGroups[g.group].Columns[at].MetaData.TotalUncompressedSize
		}
	}
	return size
}

// reserveText makes room at once: memory that grows step by step leaves several
// times its size to the collector.
func (v *Vector) reserveText(rows int, size int64) {
	v.Text.Ends = slices.Grow(v.Text.Ends[:0], rows)
	if 0 < size && size <= maxPage { // what a footer says is not to be trusted further
		v.Text.Data = slices.Grow(v.Text.Data[:0], int(size))
	}
}
