package aed

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// journalSize is how many calls are kept; older ones are forgotten first.
const journalSize = 20_000

// Call is one request to the API and how it ended.
type Call struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"` // as it was sent
	Status int       `json:"status"`          // 0 if the connection was dropped
	Fault  string    `json:"fault,omitempty"`
}

type journal struct {
	mu    sync.Mutex
	calls []Call
}

func (j *journal) add(c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) >= journalSize {
		j.calls = slices.Delete(j.calls, 0, journalSize/10)
	}
	j.calls = append(j.calls, c)
}

// Journal lists the calls to the API in the order they were answered, at most the last
// 20,000. A call is in it before its answer is sent.
func (s *Simulator) Journal() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}

// ResetJournal forgets all calls.
func (s *Simulator) ResetJournal() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls = nil
}

func (s *Simulator) serveJournal(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		s.ResetJournal()
	}
	found(map[string]any{"calls": append([]Call{}, s.Journal()...)}).send(w)
}

// serveFaults takes all lines of a body or none, and answers what now waits.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		badField("body", "The body could not be read.").send(w)
		return
	}
	var steps []func()
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "clear" {
			steps = append(steps, s.ClearFaults)
		} else if line != "" {
			f, err := ParseFault(line)
			if err != nil {
				badField("body", err.Error()).send(w)
				return
			}
			steps = append(steps, func() { s.Inject(f) })
		}
	}
	for _, step := range steps {
		step()
	}
	found(map[string]any{"faults": append([]string{}, s.faults.texts()...)}).send(w)
}
