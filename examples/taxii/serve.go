package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	taxii20 = "application/vnd.oasis.taxii+json; version=2.0"
	stix20  = "application/vnd.oasis.stix+json; version=2.0"
	taxii21 = "application/taxii+json;version=2.1"
)

// failure is an answer other than good.
type failure struct {
	status int
	kind   string // media type; "": that of the version, with title and text in JSON
	text   string
	header http.Header
}

func (f *failure) Error() string { return f.text }

func problem(status int, text string) error { return &failure{status: status, text: text} }

func page(status int, html string) error {
	return &failure{status: status, kind: "text/html", text: html}
}

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
	parts   []string // of the path
	body    []byte
	version string // "2.0" or "2.1"
	fault   Fault
	objects int // posted

	root       *Root
	collection *Collection

	status int
	header http.Header
}

// maxBody bounds what is read at all.
const maxBody = 64 << 20

func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, status: http.StatusOK, header: http.Header{}}
	var readErr error
	c.body, readErr = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c.parts = strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	c.route = route(r.Method, c.parts)
	fault, hit := s.faults.take(c.route)
	if !hit {
		fault = s.chance(c.route)
	}
	c.fault = fault
	ans, dropped := s.produce(c, readErr)
	entry := Call{
		Time: s.opt.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Route: c.route, Version: c.version,
		Accept: r.Header.Get("Accept"), ContentType: r.Header.Get("Content-Type"), Range: r.Header.Get("Range"),
		Fault: fault.Kind, Size: len(c.body), Objects: c.objects,
	}
	if !dropped {
		entry.Status = ans.status
	}
	s.journal.add(entry) // before the answer leaves, so its receiver sees it
	if dropped {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), ans.header)
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body) // the client may be gone; nothing to do then
}

// route is the name of an endpoint; "" if there is none.
func route(method string, parts []string) string {
	first, get := parts[0], method == http.MethodGet
	switch {
	case len(parts) == 1 && get && (first == "taxii" || first == "taxii2"):
		return "discovery"
	case len(parts) == 1 && get && first != "":
		return "root"
	case len(parts) == 3 && get && parts[1] == "status":
		return "status"
	case len(parts) < 2 || parts[1] != "collections":
		return ""
	case len(parts) == 2 && get:
		return "collections"
	case len(parts) == 3 && get:
		return "collection"
	case len(parts) == 4 && get && parts[3] == "manifest":
		return "manifest"
	case len(parts) == 4 && get && parts[3] == "objects":
		return "objects"
	case len(parts) == 4 && method == http.MethodPost && parts[3] == "objects":
		return "post"
	case len(parts) == 5 && get && parts[3] == "objects":
		return "object"
	}
	return ""
}

// produce makes the answer with the fault, if any, applied.
func (s *Simulator) produce(c *call, readErr error) (ans answer, dropped bool) {
	switch c.fault.Kind {
	case FaultDrop:
		return answer{}, true
	case FaultSlow:
		wait(c.request, c.fault.Delay)
	}
	err := c.fault.instead()
	var result any
	if err == nil {
		result, err = s.dispatch(c, readErr)
	}
	ans = c.encode(result, err)
	switch c.fault.Kind {
	case FaultTruncated:
		ans.body = ans.body[:len(ans.body)/2]
	case FaultErrorAfter:
		ans = c.encode(nil, problem(http.StatusInternalServerError, "the server failed after all"))
	}
	return ans, c.fault.Kind == FaultDropAfter
}

// dispatch runs the checks in the order path, login, media types, existence, rights, body.
func (s *Simulator) dispatch(c *call, readErr error) (any, error) {
	r := c.request
	if !strings.HasSuffix(r.URL.Path, "/") {
		u := *r.URL
		u.Path += "/"
		return nil, &failure{status: http.StatusPermanentRedirect, kind: "text/html", text: "<title>Redirecting...</title>", header: http.Header{"Location": {u.RequestURI()}}}
	}
	if c.route == "" {
		return nil, page(http.StatusNotFound, "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n")
	}
	if user, password, ok := r.BasicAuth(); !ok || user != s.opt.Username || password != s.opt.Password {
		return nil, unauthorized()
	}
	if err := c.accepts(s.opt.Versions); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.route == "discovery" {
		return s.discovery(c), nil
	}
	if err := s.locate(c); err != nil {
		return nil, err
	}
	switch c.route {
	case "root":
		return c.about(), nil
	case "status":
		return s.state(c)
	case "collections":
		return s.collections(c)
	case "collection":
		return described(c.collection, c.version), nil
	case "post":
		if err := c.acceptable(readErr); err != nil {
			return nil, err
		}
		return s.post(c)
	}
	if c.collection.NoRead {
		return nil, problem(http.StatusForbidden, "Forbidden to read collection '"+c.collection.ID+"'")
	}
	return s.list(c)
}

func unauthorized() error {
	return &failure{
		status: http.StatusUnauthorized, kind: "text/html; charset=utf-8", text: "Unauthorized Access",
		header: http.Header{"Www-Authenticate": {`Basic realm="Authentication Required"`}},
	}
}

// plain is a media type in one spelling.
func plain(kind string) string {
	return strings.ToLower(strings.Join(strings.Fields(kind), ""))
}

// accepts finds the version that a request speaks.
func (c *call) accepts(versions []string) error {
	of20, of21 := taxii20, taxii21
	if c.route == "objects" || c.route == "object" {
		of20 = stix20
	}
	for accept := range strings.SplitSeq(c.request.Header.Get("Accept"), ",") {
		for version, kind := range map[string]string{"2.0": of20, "2.1": of21} {
			base, _, _ := strings.Cut(plain(kind), ";")
			if (plain(accept) == plain(kind) || plain(accept) == base) && slices.Contains(versions, version) {
				c.version = version
			}
		}
	}
	switch {
	case c.version == "":
		return problem(http.StatusNotAcceptable, "Media type in the Accept header is invalid or not found")
	case c.route == "discovery" && c.parts[0] != map[string]string{"2.0": "taxii", "2.1": "taxii2"}[c.version]:
		return page(http.StatusNotFound, "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n")
	}
	return nil
}

// locate finds root and collection.
func (s *Simulator) locate(c *call) error {
	for i := range s.opt.Roots {
		if s.opt.Roots[i].Name == c.parts[0] {
			c.root = &s.opt.Roots[i]
		}
	}
	if c.root == nil {
		return problem(http.StatusNotFound, "API root '"+c.parts[0]+"' information not found")
	}
	if len(c.parts) < 3 || c.parts[1] == "status" {
		return nil
	}
	for i := range c.root.Collections {
		if c.root.Collections[i].ID == c.parts[2] {
			c.collection = &c.root.Collections[i]
			return nil
		}
	}
	return problem(http.StatusNotFound, "Collection '"+c.parts[2]+"' could not be found")
}

// acceptable checks a POST before its body is read.
func (c *call) acceptable(readErr error) error {
	want := map[string]string{"2.0": stix20, "2.1": taxii21}[c.version]
	switch {
	case plain(c.request.Header.Get("Content-Type")) != plain(want):
		return problem(http.StatusUnsupportedMediaType, "Media type in the Content-Type header is invalid or not found")
	case c.collection.NoWrite:
		return problem(http.StatusForbidden, "Forbidden to write collection '"+c.collection.ID+"'")
	case c.request.ContentLength < 0:
		return problem(http.StatusBadRequest, "Content-Length is missing")
	case readErr != nil || c.request.ContentLength > int64(c.root.MaxLength) || c.fault.Kind == FaultTooLarge && len(c.body) > c.fault.Max:
		return problem(http.StatusRequestEntityTooLarge, "Content-Length header not provided or exceeds maximum content length of the API root")
	}
	return nil
}

// mediaType is that of the answer.
func (c *call) mediaType() string {
	if c.version != "2.1" && (c.route == "objects" || c.route == "object") {
		return stix20
	}
	return c.errorType()
}

// errorType is that of a refusal: TAXII, whatever was asked for.
func (c *call) errorType() string {
	if c.version == "2.1" {
		return taxii21
	}
	return taxii20
}

func (c *call) encode(result any, err error) answer {
	ans := answer{status: c.status, header: c.header}
	ans.header.Set("Content-Type", c.mediaType())
	var f *failure
	switch {
	case errors.As(err, &f):
		ans.status = f.status
		maps.Copy(ans.header, f.header)
		if f.kind != "" {
			ans.header.Set("Content-Type", f.kind)
			ans.body = []byte(f.text)
			return ans
		}
		ans.header.Set("Content-Type", c.errorType())
		result = map[string]string{"title": strings.ReplaceAll(http.StatusText(f.status), " ", "") + "Error", "http_status": strconv.Itoa(f.status), "description": f.text}
	case err != nil:
		ans.status, result = http.StatusInternalServerError, map[string]string{"title": "InternalError", "http_status": "500", "description": fmt.Sprint(err)}
	}
	ans.body, _ = json.Marshal(result) // nothing here cannot be encoded
	return ans
}
