package taxii

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// journalSize is how many calls are kept; older ones are forgotten first.
const journalSize = 20_000

// Call is one request and how it ended.
type Call struct {
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Path        string    `json:"path"`
	Query       string    `json:"query,omitempty"`
	Route       string    `json:"route"`             // name of the endpoint, such as "post"
	Version     string    `json:"version,omitempty"` // of TAXII, if it was that far
	Status      int       `json:"status"`            // 0 if the connection was dropped
	Fault       string    `json:"fault,omitempty"`
	Accept      string    `json:"accept,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	Range       string    `json:"range,omitempty"`
	Size        int       `json:"size,omitempty"`    // of the body, in bytes
	Objects     int       `json:"objects,omitempty"` // in a POST that was accepted
}

type journal struct {
	mu     sync.Mutex
	calls  []Call
	counts map[string]int
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
}

// Journal lists the calls in the order they were answered, at most the last 20,000. A call is in it
// before its answer is sent.
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

func (s *Simulator) serveJournal(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		reply(w, http.StatusOK, object{"calls": append([]Call{}, s.Journal()...)})
	case http.MethodDelete:
		s.ResetJournal()
		reply(w, http.StatusOK, object{})
	default:
		reply(w, http.StatusMethodNotAllowed, object{"error": "GET lists the calls, DELETE forgets them"})
	}
}

// serveFaults takes all lines of a body or none, and answers what now waits.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var steps []func()
	if err == nil {
		steps, err = s.faultLines(string(text))
	}
	switch {
	case r.Method != http.MethodPost:
		reply(w, http.StatusMethodNotAllowed, object{"error": "POST faults, one a line"})
		return
	case err != nil:
		reply(w, http.StatusBadRequest, object{"error": err.Error()})
		return
	}
	for _, step := range steps {
		step()
	}
	reply(w, http.StatusOK, object{"faults": s.faults.kinds()})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone; nothing to do then
}
