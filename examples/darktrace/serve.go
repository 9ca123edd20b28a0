package darktrace

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is the framework's default limit of a body.
const maxBody = 100 << 10

func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	call := Call{Time: s.opt.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	call.Body = string(body)
	if segment(r) == "login" { // where a redirect leads
		page(http.StatusOK, loginPage).send(w)
		return
	}
	fault, hit := s.faults.take(r)
	if hit {
		call.Fault = fault.Kind
	}
	ans, dropped := s.produce(r, body, readErr, fault)
	if !dropped {
		call.Status = ans.status
	}
	s.journal.add(call) // before the answer leaves, so its receiver sees it
	if dropped {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Date", s.opt.Now().UTC().Format(http.TimeFormat))
	ans.send(w)
}

// produce makes the answer with the fault, if any, applied.
func (s *Simulator) produce(r *http.Request, body []byte, readErr error, fault Fault) (ans *answer, dropped bool) {
	switch fault.Kind {
	case FaultDrop:
		return nil, true
	case FaultSlow:
		wait(r, fault.Delay)
	}
	if ans := fault.instead(r, s.opt.Now()); ans != nil {
		return ans, false
	}
	ans = s.dispatch(r, body, readErr)
	if fault.Kind == FaultTruncated {
		ans.body = ans.body[:len(ans.body)/2]
	}
	return ans, fault.Kind == FaultDropAfter
}

// dispatch checks size and signature, and then answers.
func (s *Simulator) dispatch(r *http.Request, body []byte, readErr error) *answer {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(readErr, &tooLarge):
		return page(http.StatusRequestEntityTooLarge, "<pre>PayloadTooLargeError: request entity too large</pre>\n")
	case readErr != nil:
		return inputError()
	}
	if refused := s.authenticate(r, body); refused != nil {
		return refused
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return inputError()
	}
	get := r.Method == http.MethodGet
	pbid, one := strings.CutPrefix(r.URL.Path, "/modelbreaches/")
	switch {
	case r.URL.Path == "/status" && get:
		return s.status()
	case r.URL.Path == "/aianalyst/incidentevents" && get:
		return s.incidentEvents(query)
	case r.URL.Path == "/aianalyst/groups" && get:
		return s.groups(query)
	case one && get:
		return s.breach(pbid, query)
	case r.URL.Path == "/modelbreaches" && get:
		return s.modelBreaches(query)
	case r.URL.Path == "/intelfeed" && get:
		return s.listFeed(query)
	case r.URL.Path == "/intelfeed" && r.Method == http.MethodPost:
		return s.changeFeed(r, body)
	}
	return redirect("/login") // a path that is not open to tokens
}

func (s *Simulator) status() *answer {
	return found(map[string]any{
		"version": "6.1.12", "hostname": "dt-sandbox-01", "time": s.opt.Now().UTC().Format("2006-01-02 15:04"), "mobileAppConfigured": false,
	})
}

// span is a window in milliseconds, both ends included.
type span struct{ from, to int64 }

func (s span) holds(at int64) bool { return s.from <= at && at <= s.to }

// window reads starttime and endtime; where one is missing, otherwise decides.
func window(q url.Values, otherwise func(span) span) (span, bool) {
	out := span{-1, -1}
	for name, into := range map[string]*int64{"starttime": &out.from, "endtime": &out.to} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		at, err := strconv.ParseInt(text, 10, 64)
		if err != nil || at < 0 {
			return out, false
		}
		*into = at
	}
	out = otherwise(out)
	return out, out.from <= out.to
}

// truth reads a switch; anything but true and false is a mistake.
func truth(q url.Values, name string, otherwise bool) bool {
	switch q.Get(name) {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// bound reads a number, or gives otherwise.
func bound(q url.Values, name string, otherwise float64) float64 {
	if v, err := strconv.ParseFloat(q.Get(name), 64); err == nil {
		return v
	}
	return otherwise
}

// wait holds an answer back, but not longer than the client stays.
func wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
