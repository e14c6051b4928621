// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"haidang/classify"
)

// replayed is what working a citation out again came to.
type replayed struct {
	Same        bool         `json:"same"`
	FromRecords bool         `json:"from_records"` // else from roll-ups: records have expired
	Records     int64        `json:"records,omitempty"`
	At          int          `json:"at"` // the first byte that differs
	Differences []difference `json:"differences,omitempty"`
	Gone        string       `json:"gone,omitempty"` // why it cannot be worked out any more
	RevisedBy   string       `json:"revised_by,omitempty"`
}

// replay works a citation out again for members and the centre's people: it reads all
// records of its period.
func (s *Server) replay(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	v, err := s.dep.Viewer(r)
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(w, r, http.StatusUnauthorized, "Authorization: Bearer and a token of a member or of the centre")
		return
	}
	x, err := s.dep.Gate.ReplayCitation(r.Context(), v, r.PathValue("id"))
	var limit *classify.LimitError
	switch {
	case errors.Is(err, classify.ErrNotAllowed):
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(w, r, http.StatusUnauthorized, "Authorization: Bearer and a token of a member or of the centre")
		return
	case errors.As(err, &limit):
		w.Header().Set("Retry-After", strconv.Itoa(int(limit.Retry/time.Second)))
		s.refuse(w, r, http.StatusTooManyRequests, limit.Detail)
		return
	case err != nil:
		s.without(w, r, err)
		return
	}
	f := x.Value()
	out := replayed{Same: f.Same, FromRecords: f.FromRecords, Records: f.Records, At: f.At, Gone: f.Gone, RevisedBy: f.RevisedBy}
	for _, d := range f.Differences {
		out.Differences = append(out.Differences, difference{d.What, d.Group, d.Old, d.New, d.From, d.To})
	}
	text, err := marshal(out)
	if err != nil {
		panic(err)
	}
	send(w, "application/json", text)
}
