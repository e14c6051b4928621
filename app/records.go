// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"

	"haidang/classify"
	"haidang/event"
	"haidang/store"
)

// records lets classify ask the store: the same questions, in classify's words.
type records struct{ store store.Store }

func (r records) Events(ctx context.Context, q event.Query) (classify.Page, error) {
	p, err := r.store.Events(ctx, q)
	if err != nil {
		return classify.Page{}, question(err)
	}
	return classify.Page{Rows: p.Batch, Next: p.Next}, nil
}

func (r records) Count(ctx context.Context, q event.Query, m []event.Metric) ([]int64, error) {
	n, err := r.store.Count(ctx, q, m)
	return n, question(err)
}

func (r records) Aggregate(ctx context.Context, a event.Aggregate, limit int) ([]event.Cell, error) {
	c, err := r.store.Aggregate(ctx, a, limit)
	return c, question(err)
}

// question marks those of the store's errors that the asker may read.
func question(err error) error {
	var q *store.QueryError
	if errors.As(err, &q) {
		return &classify.QuestionError{Field: q.Field, Detail: q.Detail}
	}
	return err
}
