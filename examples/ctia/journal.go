package ctia

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	journalSize = 20_000 // calls kept; older ones are forgotten first
	journalBody = 4096   // bytes; larger bodies are not kept
)

// Call is one request and how it ended.
type Call struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Route  string    `json:"route"`  // name of the endpoint, such as "import"
	Status int       `json:"status"` // 0 if the connection was dropped
	Fault  string    `json:"fault,omitempty"`
	// Entities is how many the request was about.
	Entities int `json:"entities,omitempty"`
	// Body is the request's JSON object up to 4096 bytes, never that of a token.
	Body map[string]any `json:"body,omitempty"`
}

type journal struct {
	mu     sync.Mutex
	calls  []Call
	counts map[string]int
	total  int
}

func (j *journal) add(c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) >= journalSize {
		j.calls = slices.Delete(j.calls, 0, journalSize/10)
	}
	j.calls = append(j.calls, c)
	if j.counts == nil {
		j.counts = map[string]int{}
	}
	j.counts[c.Route]++
	j.total++
}

// number is that of the next call.
func (j *journal) number() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.total + 1
}

// Journal lists the calls in the order they were answered, at most the last 20,000. A
// call is in it before its answer is sent.
func (s *Simulator) Journal() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}

// Requests counts the calls of each route since the journal was last forgotten.
func (s *Simulator) Requests() map[string]int {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return maps.Clone(s.journal.counts)
}

// ResetJournal forgets all calls.
func (s *Simulator) ResetJournal() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls, s.journal.counts = nil, nil
}

func smallBody(body []byte) map[string]any {
	if len(body) > journalBody {
		return nil
	}
	e, err := decodeObject(body)
	if err != nil {
		return nil
	}
	return e
}

func (s *Simulator) serveJournal(w http.ResponseWriter, r *http.Request) {
	c := &call{status: http.StatusOK, header: http.Header{}}
	switch r.Method {
	case http.MethodGet:
		s.encode(c, entity{"calls": append([]Call{}, s.Journal()...)}, nil).send(w)
	case http.MethodDelete:
		s.ResetJournal()
		s.encode(c, entity{}, nil).send(w)
	default:
		s.encode(c, nil, problem(http.StatusMethodNotAllowed, entity{"message": "GET lists the calls, DELETE forgets them"})).send(w)
	}
}

// serveFaults takes all lines of a body or none, and answers what now waits.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	c := &call{status: http.StatusOK, header: http.Header{}}
	if r.Method != http.MethodPost {
		s.encode(c, nil, problem(http.StatusMethodNotAllowed, entity{"message": "POST faults, one a line"})).send(w)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.opt.MaxBody))
	if err != nil {
		s.encode(c, nil, problem(http.StatusBadRequest, entity{"message": "the body could not be read"})).send(w)
		return
	}
	steps, err := s.faultLines(string(text))
	if err != nil {
		s.encode(c, nil, problem(http.StatusBadRequest, entity{"message": err.Error()})).send(w)
		return
	}
	for _, step := range steps {
		step()
	}
	s.encode(c, entity{"faults": s.faults.kinds()}, nil).send(w)
}
