package devo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tqmap/engine/request"
)

// API delivers sessions to the Lookups REST API. What a session writes on a Collector's
// lines it writes into files of CSV here, row by row the same. Each file is a job, whose end is waited for.
//
// A session longer than MaxBytes takes several files. To replace a lookup, the first one does and the
// others are appended: if one of these fails, the lookup lacks the rest until the session is
// repeated. Rows to delete take files of their own, so give them together.
type API struct {
	// Client goes to the address of the API, such as https://api-eu.devo.com/lookup-api, with a
	// token (Bearer), and repeats requests. Its Config.ErrorMessage should be ErrorMessage.
	Client request.Doer
	// Domain is that of the account.
	Domain string
	// MaxBytes is how much CSV is sent, and kept in memory, at once. Default 32 MiB.
	MaxBytes int
	// Poll is the time between two looks at a job (default 2 s), and Limit how long a job may
	// take (default 10 min).
	Poll, Limit time.Duration
	// Sleep waits for d or the end of ctx; nil: by the clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// ErrJob says that Devo took a file and could not make use of it.
var ErrJob = errors.New("the job failed")

// Send delivers a session. An error is that of ctx, of s.Rows, of Client, ErrLookup, ErrEmpty, ErrJob,
// or ErrUnconfirmed for a job whose end does not come.
func (a *API) Send(ctx context.Context, s Session) (Result, error) {
	r := Result{Tries: 1}
	if err := s.check(); err != nil {
		return r, err
	}
	d := *a
	orElse(&d.Poll, 2*time.Second)
	orElse(&d.Limit, 10*time.Minute)
	if d.MaxBytes <= 0 {
		d.MaxBytes = 32 << 20
	}
	if d.Sleep == nil {
		d.Sleep = sleep
	}
	u := &upload{a: &d, s: s, r: &r, path: "/lookup/" + url.PathEscape(d.Domain) + "/" + s.Lookup.Name}
	err := (&feed{s: s}).each(&r, func(text []byte, gone bool) error { return u.add(ctx, text, gone) })
	switch {
	case err != nil:
		return r, err
	case r.rows() == 0 && !s.Incremental && !s.AllowEmpty:
		return r, ErrEmpty
	case u.rows > 0 || r.rows() == 0 && !s.Incremental:
		err = u.flush(ctx)
	}
	return r, err
}

// ErrorMessage finds what the API says about a refusal; "" if nothing.
func ErrorMessage(body []byte) string {
	var answer struct {
		Error struct{ Message string }
	}
	_ = json.Unmarshal(body, &answer)
	return answer.Error.Message
}

// upload is a session on its way.
type upload struct {
	a    *API
	s    Session
	r    *Result
	path string
	csv  bytes.Buffer
	rows int  // in csv
	gone bool // they are to be deleted
	sent bool // something was
	here bool // the lookup exists
}

func (u *upload) add(ctx context.Context, text []byte, gone bool) error {
	if u.rows > 0 && (gone != u.gone || u.csv.Len()+len(text) >= u.a.MaxBytes) {
		if err := u.flush(ctx); err != nil {
			return err
		}
	}
	u.gone = gone
	if u.rows == 0 {
		u.head()
	}
	u.rows++
	u.csv.Write(text)
	u.csv.WriteByte('\n')
	return nil
}

// head writes the names of the columns.
func (u *upload) head() {
	var b []byte
	for n, c := range u.s.Lookup.Columns {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.Name...), '"') // they hold no quotation marks
	}
	u.csv.Write(append(b, '\n'))
}

// flush sends a file and waits for its job.
func (u *upload) flush(ctx context.Context) error {
	if err := u.exists(ctx); err != nil {
		return err
	}
	if u.rows == 0 {
		u.head()
	}
	defer func() { u.csv.Reset(); u.rows = 0; u.sent = true }()
	if u.gone && !u.here {
		return nil // there is nothing to delete from
	}
	method := http.MethodPut
	if !u.here {
		method = http.MethodPost
	}
	body, err := u.form()
	if err != nil {
		return err
	}
	u.r.Bytes += int64(u.csv.Len())
	answer, err := u.do(ctx, request.Request{Method: method, Path: u.path + "/deploy-csv", Body: body, ContentType: formType, Once: !u.here})
	if err != nil {
		return err
	}
	u.here = true
	return u.wait(ctx, answer)
}

// exists finds out, once, whether the lookup is to be made first.
func (u *upload) exists(ctx context.Context) error {
	if u.here || u.sent && !u.s.Incremental {
		return nil
	}
	_, err := u.do(ctx, request.Request{Method: http.MethodGet, Path: u.path})
	var refused *request.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil
	}
	u.here = err == nil
	return err
}

// do returns the body of an answer that is no error in the shape of a success.
func (u *upload) do(ctx context.Context, r request.Request) ([]byte, error) {
	r.Header = http.Header{"Accept": {"application/json"}}
	resp, err := u.a.Client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Close()
	if why := ErrorMessage(resp.Body); why != "" {
		return nil, fmt.Errorf("lookup %s: %w: %s answered %d and %q", u.s.Lookup.Name, ErrJob, resp.URL, resp.Status, why)
	}
	return resp.Body, nil
}
