package ironnet

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

type statusRequest struct {
	AlertID string `json:"alert_id"`
	Status  string `json:"status"`
	Comment string `json:"comment"`
	Share   bool   `json:"share_comment_with_irondome"`
}

type commentRequest struct {
	AlertID string `json:"alert_id"`
	Comment string `json:"comment"`
	Share   bool   `json:"share_comment_with_irondome"`
}

type rateRequest struct {
	AlertID     string `json:"alert_id"`
	Severity    string `json:"analyst_severity"`
	Expectation string `json:"analyst_expectation"`
	Comment     string `json:"comment"`
	Share       bool   `json:"share_comment_with_irondome"`
	ServiceNow  bool   `json:"create_service_now_event"`
}

func (s *Simulator) setAlertStatus(body []byte) (any, error) {
	var req statusRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	if err := needComment(req.Comment); err != nil {
		return nil, err
	}
	note := &Comment{Text: req.Comment, Shared: req.Share}
	return s.done(s.store.setStatus(req.AlertID, req.Status, note, s.opt.Now()))
}

func (s *Simulator) commentOnAlert(body []byte) (any, error) {
	var req commentRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	if err := needComment(req.Comment); err != nil {
		return nil, err
	}
	note := &Comment{Text: req.Comment, Shared: req.Share}
	return s.done(s.store.change(req.AlertID, note, s.opt.Now(), func(*row) {}))
}

// rateAlert takes the ratings that may be sent; UNKNOWN is the expectation of
// an alert still UNDECIDED and of no other.
func (s *Simulator) rateAlert(body []byte) (any, error) {
	var req rateRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	rating, err1 := enum("analyst_severity", ratings, req.Severity)
	expect, err2 := enum("analyst_expectation", expectations, req.Expectation)
	if err := cmpErr(err1, err2); err != nil {
		return nil, problem(http.StatusBadRequest, err.Error())
	}
	if rating == ratingNone || rating == ratingWhitelisted || expect == expNone {
		return nil, problem(http.StatusBadRequest, "RateAlert takes UNDECIDED, BENIGN, SUSPICIOUS or MALICIOUS with UNKNOWN, EXPECTED or UNEXPECTED")
	}
	if (rating == ratingUndecided) != (expect == expUnknown) {
		return nil, problem(http.StatusBadRequest, "SEVERITY_UNDECIDED and EXP_UNKNOWN go together")
	}
	var note *Comment
	if req.Comment != "" {
		note = &Comment{Text: req.Comment, Shared: req.Share}
	}
	return s.done(s.store.change(req.AlertID, note, s.opt.Now(), func(r *row) { r.rating, r.expect = rating, expect }))
}

func needComment(text string) error {
	if strings.TrimSpace(text) == "" {
		return problem(http.StatusBadRequest, "comment: must not be empty")
	}
	return nil
}

// done turns the outcome of a write into its answer, an object without fields.
func (s *Simulator) done(err error) (any, error) {
	switch {
	case err == nil && s.opt.NoBody:
		return raw{}, nil
	case err == nil:
		return struct{}{}, nil
	case errors.Is(err, errUnknownAlert):
		return nil, problem(http.StatusNotFound, err.Error())
	case errors.Is(err, errNotUUID), errors.Is(err, errStatus):
		return nil, problem(http.StatusBadRequest, err.Error())
	}
	return nil, problem(http.StatusInternalServerError, err.Error())
}

var errStatus = errors.New("status: want STATUS_AWAITING_REVIEW, STATUS_UNDER_REVIEW or STATUS_CLOSED")

func (s *store) setStatus(id, status string, note *Comment, now time.Time) error {
	code, err := enum("status", statuses, status)
	if err != nil || code == statusNone {
		return errStatus
	}
	return s.change(id, note, now, func(r *row) { r.status = code })
}

// change edits a row, keeps the comment, moves `updated` and saves.
func (s *store) change(id string, note *Comment, now time.Time, edit func(*row)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.lookup(id)
	if err != nil {
		return err
	}
	edit(&s.rows[i])
	if note != nil {
		note.At = now.UTC()
		s.notes[i] = append(s.notes[i], *note)
	}
	s.touch(i, now)
	return s.save()
}
