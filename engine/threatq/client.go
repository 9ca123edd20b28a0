package threatq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"tqmap/engine/request"
)

// Options are the settings of a Client. Zero values mean the defaults given here.
type Options struct {
	// BaseURL is the address of the platform, "https://threatq.example.com". It
	// is used for links only; calls go where the Doer sends them.
	BaseURL string
	// BatchSize is the largest number of objects in one call. Default 500.
	BatchSize int
	// Log gets one line per batch at debug level. Nil: none.
	Log *slog.Logger
}

// Client speaks the ThreatQ REST API. It is safe for concurrent use.
type Client struct {
	do   request.Doer
	opts Options

	mu    sync.Mutex
	names map[string]*catalog // by path of the list
}

// NewClient makes a client. The base URL of d is the address of the platform
// itself ("https://threatq.example.com"): paths sent through it begin with /api/.
func NewClient(d request.Doer, opts Options) *Client {
	if opts.BatchSize <= 0 {
		opts.BatchSize = 500
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{do: d, opts: opts, names: map[string]*catalog{}}
}

// Link is the address of an object in the user interface of ThreatQ; without
// Options.BaseURL only its path. It is "" for an object without id.
func (c *Client) Link(r Ref) string {
	if r.ID == 0 {
		return ""
	}
	return fmt.Sprintf("%s/%s/%d/details", strings.TrimRight(c.opts.BaseURL, "/"), url.PathEscape(string(r.Collection)), r.ID)
}

// answer is an accepted answer: {"data":…} and, for lists, the total.
type answer struct {
	status int
	total  int64  // -1 where it is not said
	next   string // mark of the next page of a search
	data   json.RawMessage
}

// rows are the objects of data, which is a list or one record.
func (a *answer) rows() []row {
	var many list[row]
	if many.UnmarshalJSON(a.data) == nil && len(many) > 0 {
		return many
	}
	var one row
	if !bytes.HasPrefix(a.data, []byte("{")) || json.Unmarshal(a.data, &one) != nil {
		return nil
	}
	return []row{one}
}

// call asks ThreatQ and reads the envelope of the answer. A refusal, also one
// inside an accepted answer, is a *RefusedError; any other failure means that
// ThreatQ could not be asked, and is an *UnavailableError. Errors of single
// rows in the answer are the caller's to find.
func (c *Client) call(ctx context.Context, method, path string, query []request.Pair, body []byte) (*answer, error) {
	op := method + " " + path
	r := request.Request{Method: method, Path: path, Query: query, Body: body, Header: http.Header{"Accept": {"application/json"}}}
	if body != nil {
		r.ContentType = "application/json"
	}
	resp, err := c.do.Do(ctx, r)
	if err != nil {
		return nil, failure(op, err)
	}
	if refused := bodyErrors(resp.Body); len(refused) > 0 {
		return nil, &RefusedError{Status: resp.Status, Messages: refused, Item: op}
	}
	a, err := decodeAnswer(resp.Body)
	if err != nil {
		return nil, &UnavailableError{Op: op, Err: err}
	}
	a.status = resp.Status
	return a, nil
}

// change is call for writes about one object, where an error in a row is the
// error of the call.
func (c *Client) change(ctx context.Context, method, path string, body any) (*answer, error) {
	a, err := c.call(ctx, method, path, nil, marshal(body))
	if err != nil {
		return nil, err
	}
	for _, r := range a.rows() {
		if why := r.refusal(); len(why) > 0 {
			return nil, &RefusedError{Status: a.status, Messages: why, Item: method + " " + path}
		}
	}
	return a, nil
}

func decodeAnswer(body []byte) (*answer, error) {
	a := &answer{total: -1}
	if len(bytes.TrimSpace(body)) == 0 {
		return a, nil // 204, and deletions under 200
	}
	var env struct {
		Total *number
		Next  text `json:"nextCursorMark"`
		Data  json.RawMessage
	}
	if err := json.Unmarshal(body, &env); err != nil {
		return nil, errors.New("the answer is not the JSON of the ThreatQ API: check the host and what stands in front of it (proxy, login page)")
	}
	if env.Total != nil {
		a.total = int64(*env.Total)
	}
	a.next = string(env.Next)
	a.data = bytes.TrimSpace(env.Data)
	return a, nil
}

// failure sorts the error of a call: only an answer that blames the request
// itself is a refusal. A rejected account, a missing right (rights belong to the
// role of the account, not to objects), a limit or a failing server is not.
func failure(op string, err error) error {
	var bad *request.StatusError
	var noLogin *LoginError
	var down *UnavailableError // of the token request, which says nothing about this one
	if errors.As(err, &noLogin) || errors.As(err, &down) || !errors.As(err, &bad) {
		return &UnavailableError{Op: op, Err: err}
	}
	switch s := bad.Status; {
	case s < 400, s >= 500, s == http.StatusUnauthorized, s == http.StatusForbidden,
		s == http.StatusProxyAuthRequired, s == http.StatusRequestTimeout, s == http.StatusTooManyRequests:
		return &UnavailableError{Op: op, Err: err}
	}
	why := refusalText(bad.Body)
	if len(why) == 0 && bad.Message != "" {
		why = []string{bad.Message}
	}
	return &RefusedError{Status: bad.Status, Messages: why, Item: op, cause: err}
}

// statusOf returns the HTTP status of a refusal, or 0.
func statusOf(err error) int {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

func objectPath(r Ref, rest ...string) string {
	parts := append([]string{"/api", url.PathEscape(string(r.Collection)), strconv.FormatInt(r.ID, 10)}, rest...)
	return strings.Join(parts, "/")
}
