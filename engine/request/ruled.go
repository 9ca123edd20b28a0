package request

import (
	"context"
	"fmt"
	"net/http"
)

// RuledError is an answer about which a rule says skip, split, stop or reset. It is
// no failure of the server: it is neither ErrRefused nor ErrUnavailable. Its text
// never holds query, headers or request body.
type RuledError struct {
	Client, Method string
	URL            string // without query, user and fragment
	Status         int    // 0: there was no whole answer
	Action         Action // Skip, Split, Stop or Reset
	// Message is the author's or the server's own words, on one line, at most 500
	// characters. What it quotes is not known here: redact it before it is shown.
	Message string
	Where   string // file:line:column of the rule
	// Response is the answer; of a body that was spooled it has only the start.
	Response *Response
}

func (e *RuledError) Error() string {
	s := fmt.Sprintf("%s: %s %s answered %d %s, so %s", e.Client, e.Method, e.URL, e.Status, http.StatusText(e.Status), e.Action)
	if e.Status == 0 {
		s = fmt.Sprintf("%s: %s %s got no whole answer, so %s", e.Client, e.Method, e.URL, e.Action)
	}
	if e.Message != "" {
		s += fmt.Sprintf(": %q", e.Message)
	}
	return s + by(e.Where)
}

// unanswered is lost, or what rules say about it where the server may have seen the request.
func (k *call) unanswered(ctx context.Context, sent bool, lost error) error {
	if !sent {
		return lost
	}
	a := &Response{URL: bare(k.at.url), Header: http.Header{}, Body: []byte{}, Last: true}
	ruling, err := k.rule(ctx, a)
	switch {
	case err != nil:
		return err
	case ruling.Action == "" || ruling.Action == Fail:
		return lost
	}
	message := oneLine(ruling.Message)
	if message == "" {
		message = lost.Error()
	}
	return &RuledError{Client: k.cfg.Name, Method: k.req.Method, URL: a.URL, Action: ruling.Action, Message: message, Where: ruling.Where, Response: a}
}

// by ends a message with the rule that decided.
func by(where string) string {
	if where == "" {
		return ""
	}
	return " (rule at " + where + ")"
}

func (k *call) ruledError(a *answer) *RuledError {
	message := oneLine(a.ruling.Message)
	switch {
	case message != "":
	case a.Status >= 300:
		message = k.message(a.Header.Get("Content-Type"), a.Body)
	case k.cfg.ErrorMessage != nil: // the body as it is may be all the data
		message = oneLine(k.cfg.ErrorMessage(a.start()))
	}
	return &RuledError{
		Client: k.cfg.Name, Method: a.sent.Method, URL: a.URL, Status: a.Status,
		Action: a.ruling.Action, Message: message, Where: a.ruling.Where, Response: a.Response,
	}
}
