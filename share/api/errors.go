// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
)

// viewer finds out who asks. No token is the visitor; a wrong one is an error,
// so that a mistyped token is not mistaken for "nothing there".
func (a *API) viewer(h Auth) (classify.Viewer, error) {
	if h.Authorization == "" {
		return classify.Nobody(), nil
	}
	scheme, token, _ := strings.Cut(h.Authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return classify.Viewer{}, challenge("Authorization: write Bearer and the token")
	}
	v, err := a.deps.Viewer(strings.TrimSpace(token))
	if err != nil {
		return classify.Viewer{}, challenge("Authorization: this token is not known, expired or revoked; make one with `haidang token create --role operator`")
	}
	return v, nil
}

func challenge(detail string) error {
	return huma.ErrorWithHeaders(huma.Error401Unauthorized(detail),
		http.Header{"WWW-Authenticate": {`Bearer realm="haidang"`}})
}

// problem turns an error of the inside into a public one. What is not known to
// be harmless is logged and answered by a bare 500.
func (a *API) problem(ctx context.Context, v classify.Viewer, err error) error {
	var q *classify.QuestionError
	var limit *classify.LimitError
	var withheld *classify.WithheldError
	switch {
	case errors.As(err, &limit):
		return limited(limit)
	case errors.As(err, &q):
		return huma.Error422UnprocessableEntity(q.Error(), &huma.ErrorDetail{Location: "query." + q.Field, Message: q.Detail})
	case errors.Is(err, classify.ErrForbidden) && v.Role() == classify.Visitor:
		return challenge(classify.ErrForbidden.Error())
	case errors.Is(err, classify.ErrForbidden):
		return huma.Error403Forbidden(classify.ErrForbidden.Error())
	case errors.Is(err, classify.ErrUnwitnessed):
		a.deps.Log.Error("an answer was held back", "error", err)
		return huma.Error503ServiceUnavailable(classify.ErrUnwitnessed.Error())
	case errors.As(err, &withheld):
		return huma.Error403Forbidden(withheld.Error())
	case errors.Is(err, classify.ErrNotFound):
		return huma.Error404NotFound("there is no such thing, or none that this token may know of")
	case ctx.Err() != nil:
		return huma.NewError(499, "the request was given up")
	}
	a.deps.Log.Error("answering", "error", err)
	return huma.Error500InternalServerError("this could not be answered; the operator's log says why")
}
