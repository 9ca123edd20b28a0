package ctia

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// failure is an answer other than good.
type failure struct {
	status int
	body   any
	header http.Header
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s", f.status, marshal(f.body)) }

func problem(status int, body any) error { return &failure{status: status, body: body} }

// answer is a whole response, kept back until faults had their say.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call is one request on its way through.
type call struct {
	request *http.Request
	route   string
	args    map[string]string
	body    []byte
	account int
	fault   Fault
	count   int // entities in it

	status int
	header http.Header
}

// arg is what stands at a place of the path.
func (c *call) arg(name string) string { return c.args[name] }

// object decodes the body, which must hold a JSON object.
func (c *call) object() (entity, error) {
	kind, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, problem(http.StatusUnsupportedMediaType, entity{"message": "Content-Type must be application/json"})
	}
	e, err := decodeObject(c.body)
	if err != nil || e == nil {
		return nil, problem(http.StatusBadRequest, entity{"type": "compojure.api.exception/request-parsing", "message": "Malformed application/json request."})
	}
	return e, nil
}

// route is one endpoint; names in its path that begin with ":" take any text.
type route struct {
	name, method, path string
	needs              []string
	run                func(*Simulator, *call) (any, error)
}

// longestTarget is how long path and query may be.
const longestTarget = 8192

func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, status: http.StatusOK, header: http.Header{}}
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, s.opt.MaxBody))
	c.body = body
	rt, found := c.find(routes())
	fault, hit := s.faults.take(c.route)
	c.fault = fault
	if s.opt.OnRequest != nil {
		s.opt.OnRequest(r.Method, r.URL.Path, body)
	}
	entry := Call{Time: s.opt.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Route: c.route}
	if hit {
		entry.Fault = fault.Kind
	}
	if c.route != "token" {
		entry.Body = smallBody(body)
	}

	ans, dropped := s.produce(c, rt, found, readErr)
	entry.Entities = c.count
	if !dropped {
		entry.Status = ans.status
	}
	s.journal.add(entry) // before the answer leaves, so its receiver sees it
	if dropped {
		panic(http.ErrAbortHandler)
	}
	ans.send(w)
}

func (ans answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), ans.header)
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body) // the client may be gone; nothing to do then
}

// find fills in route and args of a call.
func (c *call) find(list []route) (route, bool) {
	segments := strings.Split(strings.Trim(c.request.URL.EscapedPath(), "/"), "/")
	for _, rt := range list {
		if args, ok := match(rt.path, segments); ok && rt.method == c.request.Method {
			c.route, c.args = rt.name, args
			return rt, true
		}
	}
	return route{}, false
}

func match(pattern string, segments []string) (map[string]string, bool) {
	want := strings.Split(pattern, "/")
	if len(want) != len(segments) {
		return nil, false
	}
	args := map[string]string{}
	for n, w := range want {
		text, err := url.PathUnescape(segments[n])
		name, takesAny := strings.CutPrefix(w, ":")
		if err != nil || !takesAny && text != w {
			return nil, false
		}
		if takesAny {
			args[name] = text
		}
	}
	return args, true
}

// produce makes the answer with the fault, if any, applied.
func (s *Simulator) produce(c *call, rt route, found bool, readErr error) (ans answer, dropped bool) {
	switch c.fault.Kind {
	case FaultDrop:
		return answer{}, true
	case FaultSlow:
		wait(c.request, c.fault.Delay)
	case FaultExpired:
		_, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
		s.revoked.add(token)
	}
	if page, err := c.fault.instead(s.opt); err != nil || page != nil {
		if page != nil {
			return *page, false
		}
		return s.encode(c, nil, err), false
	}
	result, err := s.dispatch(c, rt, found, readErr)
	ans = s.encode(c, result, err)
	if c.fault.Kind == FaultTruncated {
		ans.body = ans.body[:len(ans.body)/2]
	}
	return ans, c.fault.Kind == FaultDropAfter
}

// dispatch runs the checks in the order size, path, login, rate, rights, and then the
// endpoint.
func (s *Simulator) dispatch(c *call, rt route, found bool, readErr error) (any, error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(readErr, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, entity{"message": "Request Entity Too Large"})
	case readErr != nil:
		return nil, problem(http.StatusBadRequest, entity{"message": "the body could not be read"})
	case len(c.request.RequestURI) > longestTarget:
		return nil, problem(http.StatusRequestURITooLong, entity{"message": "URI Too Long"})
	case !found:
		return nil, problem(http.StatusNotFound, entity{"message": "no such route"})
	case rt.name == "token":
		return rt.run(s, c)
	}
	account, err := s.authenticate(c.request)
	if err != nil {
		return nil, err
	}
	c.account = account
	if wait := s.limiter.take(s.opt.Now()); wait > 0 {
		return nil, tooMany(wait, s.opt.RetrySuffix)
	}
	if s.opt.Accounts[account].lacks(rt.needs) {
		return nil, missingCapability(s.opt.Accounts[account].Owner, rt.needs)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return rt.run(s, c)
}

func tooMany(wait time.Duration, suffix bool) error {
	text := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	if suffix {
		text += "s"
	}
	return &failure{http.StatusTooManyRequests, entity{"error": "Too Many Requests"}, http.Header{"Retry-After": {text}}}
}

func (s *Simulator) encode(c *call, result any, err error) answer {
	ans := answer{status: c.status, header: c.header}
	ans.header.Set("Content-Type", "application/json;charset=utf-8")
	ans.header.Set("X-Ctia-Version", "2.71.0")
	ans.header.Set("X-Ctim-Version", "1.3.30")
	if s.opt.Hourly > 0 && c.route != "token" {
		ans.header.Set("X-Ratelimit-Group-Limit", strconv.Itoa(s.opt.Hourly))
	}
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			f = &failure{status: http.StatusInternalServerError, body: entity{"type": "unknown-exception", "class": "java.lang.RuntimeException"}}
		}
		ans.status, result = f.status, f.body
		maps.Copy(ans.header, f.header)
	}
	if result == nil {
		return ans
	}
	if text, ok := result.(json.RawMessage); ok {
		ans.body = text
	} else {
		ans.body = marshal(result)
	}
	return ans
}
