package ironnet

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	journalSize = 50_000 // calls kept; older ones are forgotten first
	journalBody = 4096   // bytes; larger bodies are not kept
)

// Call is one request to the API and how it ended.
type Call struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Auth   string    `json:"auth,omitempty"` // scheme only: Basic or Bearer
	Status int       `json:"status"`         // 0 if the connection was dropped
	Fault  string    `json:"fault,omitempty"`
	// Body is the request's JSON object up to 4096 bytes, with its numbers as
	// json.Number; nil for other bodies and always for Login.
	Body map[string]any `json:"body,omitempty"`
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

// Journal lists the calls to the API in the order they were answered, at most
// the last 50,000. A call is in it before its answer is sent.
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

func smallBody(body []byte) (fields map[string]any) {
	if len(body) > journalBody {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&fields) != nil {
		return nil
	}
	return fields
}

func authScheme(r *http.Request) string {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for _, known := range []string{"Basic", "Bearer"} {
		if strings.EqualFold(scheme, known) {
			return known
		}
	}
	return ""
}

func (s *Simulator) serveJournal(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		encode(map[string]any{"calls": append([]Call{}, s.Journal()...)}, nil).send(w)
	case http.MethodDelete:
		s.ResetJournal()
		encode(struct{}{}, nil).send(w)
	default:
		ans := encode(nil, problem(http.StatusMethodNotAllowed, "GET lists the calls, DELETE forgets them"))
		ans.header.Set("Allow", "GET, DELETE")
		ans.send(w)
	}
}

// serveFaults takes all lines of a body or none, and answers what now waits.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		encode(nil, problem(http.StatusMethodNotAllowed, "POST faults, one a line")).send(w)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		encode(nil, problem(http.StatusBadRequest, "the body could not be read")).send(w)
		return
	}
	steps, err := s.faultLines(string(text))
	if err != nil {
		encode(nil, problem(http.StatusBadRequest, err.Error())).send(w)
		return
	}
	for _, step := range steps {
		step()
	}
	encode(map[string]any{"faults": s.faults.texts()}, nil).send(w)
}

func (s *Simulator) faultLines(text string) (steps []func(), err error) {
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); line {
		case "":
		case "clear":
			steps = append(steps, s.ClearFaults)
		default:
			f, err := ParseFault(line)
			if err != nil {
				return nil, err
			}
			steps = append(steps, func() { s.Inject(f) })
		}
	}
	return steps, nil
}
