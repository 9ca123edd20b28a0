package devo

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// sandboxRoutes are for those who try things by hand.
func (s *Simulator) sandboxRoutes(mux *http.ServeMux) {
	show := func(path string, what func() any) {
		mux.HandleFunc("GET /_sandbox/"+path, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, what()) })
	}
	show("tables", func() any { return s.Tables() })
	show("sessions", func() any { return s.Sessions() })
	show("connections", func() any { return s.Connections() })
	show("journal", func() any { return map[string]any{"calls": s.Calls()} })
	show("identity", func() any { return s.about() })
	mux.HandleFunc("/_sandbox/faults", s.serveFaults)
}

// about is all that a client must know.
func (s *Simulator) about() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := []string{}
	for _, ln := range s.listening {
		at = append(at, ln.Addr().String())
	}
	return struct {
		Identity
		Collectors []string `json:"collectors"`
		Domain     string   `json:"domain"`
		Token      string   `json:"token"`
	}{s.papers.client, at, s.opt.Domain, s.opt.Token}
}

// serveFaults takes all lines of a body or none, and answers what now waits.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "the body could not be read"})
		return
	}
	var steps []func()
	for text := range strings.Lines(string(body)) {
		if text = strings.TrimSpace(text); text == "clear" {
			steps = append(steps, s.ClearFaults)
		} else if text != "" {
			f, err := ParseFault(text)
			if err != nil {
				answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			steps = append(steps, func() { s.Inject(f) })
		}
	}
	for _, step := range steps {
		step()
	}
	answer(w, http.StatusOK, map[string]any{"faults": s.faults.texts()})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
