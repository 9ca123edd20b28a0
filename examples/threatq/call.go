package threatq

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody bounds a request body.
const maxBody = 64 << 20

// call is one request to a route, inside its transaction.
type call struct {
	*tx
	query url.Values
	body  []byte
	fault *Fault // refuses items; may be nil

	kinds []*kind // {c} of the path
	ids   []int64 // {n}
	words []string
}

// reply is what a route answers. A nil body is sent as no body at all.
type reply struct {
	status int
	body   any
}

func data(status int, v any) reply { return reply{status, row{"data": v}} }

func listed(total int, rows []row) reply {
	return reply{http.StatusOK, row{"total": total, "data": rows}}
}

// created answers the rows of a write that always come as an array.
func created(rows []row) reply {
	return reply{http.StatusCreated, row{"total": len(rows), "data": rows}}
}

// object is the object the path names.
func (c *call) object() (*object, error) { return c.get(c.kinds[0], c.ids[0]) }

// maxPage is the platform's limit for one page.
const maxPage = 1000

// page reads limit and offset.
func (c *call) page() (limit, offset int, err error) {
	limit = maxPage
	for name, dest := range map[string]*int{"limit": &limit, "offset": &offset} {
		value := c.query.Get(name)
		if value == "" {
			continue
		}
		if *dest, err = strconv.Atoi(value); err != nil || *dest < 0 {
			return 0, 0, invalid(name, "The %s must be a number, 0 or more, not %q.", name, value)
		}
	}
	return min(limit, maxPage), offset, nil
}

// window cuts a page out of a short list; its number of rows is the total.
func (c *call) window(rows []row) (int, []row) {
	limit, offset, err := c.page()
	if err != nil {
		return len(rows), rows
	}
	from := min(offset, len(rows))
	return len(rows), rows[from:min(from+limit, len(rows))]
}

// serve answers everything of the platform.
func (l *Library) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	entry := l.newCall(r, body)
	fault := l.faults.take(r.Method, r.URL.Path, body)
	if fault != nil {
		entry.Fault = string(fault.Kind)
	}
	out := answer{status: http.StatusBadRequest, header: http.Header{}}
	switch {
	case err != nil:
		out.encode(reply{http.StatusRequestEntityTooLarge, row{"errors": []string{"The request body cannot be read: " + err.Error()}}})
	case fault.before(r.Context(), &out):
	default:
		out.encode(l.answer(r, body, fault))
		fault.after(&out)
		l.change(fault, r.URL.Path)
	}
	entry.Status = out.status
	l.journal.add(entry)
	out.write(w)
}

// answer runs the route of a request.
func (l *Library) answer(r *http.Request, body []byte, fault *Fault) reply {
	switch {
	case r.URL.Path == "/assets/js/config.js":
		return reply{http.StatusOK, script("const ClientId = '" + l.options.ClientID + "';\n")}
	case r.URL.Path == "/api/token":
		return asReply(l.tokens.serve(r, body))
	case !strings.HasPrefix(r.URL.Path, "/api/"):
		return asReply(reply{}, refuse(http.StatusNotFound, "There is nothing at %s; the API is under /api/.", r.URL.Path))
	}
	if err := l.tokens.check(r); err != nil {
		return asReply(reply{}, err)
	}
	return l.route(r, body, fault)
}

// route runs the route of a request that may be answered.
func (l *Library) route(r *http.Request, body []byte, fault *Fault) reply {
	var rep reply
	err := l.transact(r.Context(), func(t *tx) (err error) {
		c := &call{tx: t, query: r.URL.Query(), body: body, fault: fault}
		rep, err = c.dispatch(r.Method, r.URL.Path)
		return err
	})
	return asReply(rep, err)
}

// asReply turns an error into an answer.
func asReply(rep reply, err error) reply {
	var refused *refusal
	switch {
	case err == nil:
		return rep
	case errors.As(err, &refused):
		return reply{refused.status, refused.body}
	case errors.Is(err, errClosed):
		return reply{http.StatusServiceUnavailable, row{"errors": []string{err.Error()}}}
	}
	return reply{http.StatusInternalServerError, row{"errors": []string{err.Error()}}}
}

// script is the body of a JavaScript answer.
type script string

// answer is an encoded reply on its way out.
type answer struct {
	status int // 0: drop the connection
	header http.Header
	body   []byte
}

func (a *answer) encode(rep reply) {
	a.status = rep.status
	a.header.Set("Content-Type", "application/json")
	var err error
	switch body := rep.body.(type) {
	case nil:
		a.header.Del("Content-Type")
	case script:
		a.header.Set("Content-Type", "application/javascript")
		a.body = []byte(body)
	default:
		if a.body, err = json.Marshal(body); err != nil {
			a.status, a.body = http.StatusInternalServerError, []byte(`{"errors":["The answer cannot be encoded."]}`)
		}
	}
}

func (a *answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if len(a.body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}
