package devo

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// Call is a request to the REST API and how it ended.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Type   string `json:"type,omitempty"`   // of the body
	Config string `json:"config,omitempty"` // the part deploy-config
	CSV    string `json:"csv,omitempty"`    // with Options.Record
	Status int    `json:"status"`
}

// Calls lists the requests to the REST API in the order in which they were answered.
func (s *Simulator) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call{}, s.calls...)
}

const base = "/lookup-api/lookup/{domain}"

func (s *Simulator) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+base, s.api(s.list))
	mux.HandleFunc("GET "+base+"/{name}", s.api(s.describe))
	mux.HandleFunc("DELETE "+base+"/{name}", s.api(s.remove))
	mux.HandleFunc("POST "+base+"/{name}/deploy-csv", s.api(s.deploy))
	mux.HandleFunc("PUT "+base+"/{name}/deploy-csv", s.api(s.deploy))
	mux.HandleFunc("GET "+base+"/{name}/job", s.api(s.jobList))
	mux.HandleFunc("GET "+base+"/{name}/job/{id}", s.api(s.jobStatus))
}

// reply is an answer.
type reply struct {
	status int
	body   any
}

func refuse(status int, message string) reply {
	return reply{status, map[string]any{"error": map[string]any{"message": message}}}
}

type apiCall struct {
	*http.Request
	seen  *Call
	fault string // of the API, beside FaultStatus
}

// api wraps what all calls have in common.
func (s *Simulator) api(h func(apiCall) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := apiCall{Request: r, seen: &Call{Method: r.Method, Path: r.URL.Path, Type: r.Header.Get("Content-Type")}}
		answer := s.admit(&c)
		if answer.status == 0 {
			answer = h(c)
		}
		c.seen.Status = answer.status
		s.mu.Lock()
		s.calls = append(s.calls, *c.seen)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.status)
		_ = json.NewEncoder(w).Encode(answer.body)
	}
}

// admit answers what never comes to a handler.
func (s *Simulator) admit(c *apiCall) reply {
	faults := s.faults.take(func(f *Fault) bool { return ofAPI(f.Kind) && f.hits(c.Request) }, 1)
	switch {
	case len(faults) > 0 && faults[0].Kind == FaultStatus:
		return refuse(faults[0].Code, "this is the simulator's fault switch")
	case c.Header.Get("Authorization") != "Bearer "+s.opt.Token:
		return refuse(http.StatusUnauthorized, "Invalid token")
	case c.PathValue("domain") != s.opt.Domain:
		return refuse(http.StatusForbidden, "The token is not of this domain")
	case len(faults) > 0:
		c.fault = faults[0].Kind
	}
	return reply{}
}

func (f *Fault) hits(r *http.Request) bool {
	method, path, both := strings.Cut(f.On, ":")
	if !both {
		method, path = "", f.On
	}
	if path == "" && f.Kind != FaultStatus {
		path = "deploy-csv"
	}
	return (method == "" || method == r.Method) && strings.HasSuffix(r.URL.Path, path)
}

func (s *Simulator) list(apiCall) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	lookups := []any{}
	for name := range s.tables {
		lookups = append(lookups, map[string]any{"name": name})
	}
	return reply{http.StatusOK, map[string]any{"lookups": lookups}}
}

func (s *Simulator) describe(c apiCall) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.PathValue("name")
	t := s.tables[name]
	if t == nil {
		return refuse(http.StatusNotFound, "There is no lookup "+name)
	}
	return reply{http.StatusOK, map[string]any{"name": name, "columns": t.Columns}}
}

func (s *Simulator) remove(c apiCall) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.PathValue("name")
	if s.tables[name] == nil {
		return refuse(http.StatusNotFound, "There is no lookup "+name)
	}
	delete(s.tables, name)
	if err := s.save(); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return reply{http.StatusOK, map[string]any{"id": s.newJob(name, nil)}}
}

// deploy is what the part deploy-config says.
type deploy struct {
	Columns   []Column `json:"columns"`
	HasHeader bool     `json:"hasHeader"`
	Append    bool     `json:"append"`
	Key       struct {
		Type   string `json:"type"`
		Column string `json:"column"`
	} `json:"key"`
	Contribution struct {
		Type string `json:"type"`
	} `json:"contribution"`
}

// deploy takes a file, and makes a job of it.
func (s *Simulator) deploy(c apiCall) reply {
	d, changes, err := s.file(c)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.PathValue("name")
	switch here := s.tables[name] != nil || s.deploying(name); {
	case c.Method == http.MethodPost && here:
		return refuse(http.StatusConflict, "The lookup exists already")
	case c.Method == http.MethodPut && !here:
		return refuse(http.StatusNotFound, "There is no lookup "+name)
	case c.fault == FaultNoJob:
		return reply{http.StatusOK, map[string]any{}}
	}
	id := s.newJob(name, func(id string) error { return s.apply(name, id, d.Columns, changes, !d.Append) })
	s.jobs[id].fault = c.fault
	return reply{map[bool]int{true: http.StatusCreated, false: http.StatusOK}[c.Method == http.MethodPost], map[string]any{"id": id}}
}

// file reads the two parts, in their order and of their types.
func (s *Simulator) file(c apiCall) (d deploy, changes []change, err error) {
	kind, params, err := mime.ParseMediaType(c.seen.Type)
	if err != nil || kind != "multipart/form-data" {
		return d, nil, errors.New("the body must be multipart/form-data")
	}
	parts := multipart.NewReader(c.Body, params["boundary"])
	config, err := parts.NextPart()
	if err != nil || config.FormName() != "deploy-config" || config.Header.Get("Content-Type") != "application/json" {
		return d, nil, errors.New("the first part must be deploy-config, of application/json")
	}
	text, err := io.ReadAll(config)
	if err != nil {
		return d, nil, err
	}
	c.seen.Config = string(text)
	if err := json.Unmarshal(text, &d); err != nil {
		return d, nil, errors.New("deploy-config is no JSON")
	}
	if err := d.check(); err != nil {
		return d, nil, err
	}
	csv, err := parts.NextPart()
	if err != nil || csv.FormName() != "csv" || csv.FileName() == "" || csv.Header.Get("Content-Type") != "text/csv" {
		return d, nil, errors.New("the second part must be csv, a file of text/csv")
	}
	var keep strings.Builder
	var in io.Reader = csv
	if s.opt.Record {
		in = io.TeeReader(csv, &keep)
	}
	changes, err = d.rows(in)
	c.seen.CSV = keep.String()
	return d, changes, err
}

func (d deploy) check() error {
	at := slices.IndexFunc(d.Columns, func(c Column) bool { return c.Name == d.Key.Column })
	switch {
	case !d.HasHeader || d.Key.Type != "column" || at != 0:
		return errors.New("want hasHeader, and the first column as the key")
	case d.Contribution.Type != "" && d.Contribution.Type != "add" && d.Contribution.Type != "del":
		return errors.New("unknown contribution")
	case d.Contribution.Type == "del" && !d.Append:
		return errors.New("rows to delete need append, or the others would go too")
	}
	for _, c := range d.Columns {
		if !slices.Contains([]string{"STRING", "INT4", "INT8", "FLOAT8", "BOOL", "IP4"}, c.Type) {
			return errors.New("unknown type " + c.Type)
		}
	}
	return nil
}

// rows reads the CSV, of which no value holds a line break.
func (d deploy) rows(csv io.Reader) (out []change, err error) {
	lines := bufio.NewScanner(csv)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		row, err := fields(lines.Text())
		switch {
		case err != nil:
			return nil, err
		case len(row) != len(d.Columns):
			return nil, errors.New("a row has another number of columns")
		case n == 0 && !slices.Equal(row, names(d.Columns)):
			return nil, errors.New("the header is not that of the columns")
		case n > 0:
			out = append(out, change{key: row[0], raw: lines.Text(), gone: d.Contribution.Type == "del"})
		}
	}
	return out, lines.Err()
}
