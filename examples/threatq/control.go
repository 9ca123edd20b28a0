package threatq

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// The routes under /_sandbox/ are for people and scripts beside a sandbox that
// runs; they need no token, so the sandbox belongs on a loopback address.

func answerJSON(w http.ResponseWriter, status int, v any) {
	out := answer{header: http.Header{}}
	out.encode(reply{status, v})
	out.write(w)
}

// serveTrusted answers the platform's routes without a token, a fault or a line in the
// journal, so that the library can be edited with curl as an analyst edits it in the UI.
func (l *Library) serveTrusted(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answerJSON(w, http.StatusRequestEntityTooLarge, row{"errors": []string{"The request body cannot be read: " + err.Error()}})
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = strings.TrimPrefix(r.URL.Path, "/_sandbox")
	rep := l.route(inner, body, nil)
	answerJSON(w, rep.status, rep.body)
}

func (l *Library) serveJournal(w http.ResponseWriter, _ *http.Request) {
	calls := l.Journal()
	answerJSON(w, http.StatusOK, row{"total": len(calls), "data": calls})
}

func (l *Library) deleteJournal(w http.ResponseWriter, _ *http.Request) {
	l.ResetJournal()
	answerJSON(w, http.StatusNoContent, nil)
}

func (l *Library) serveCounts(w http.ResponseWriter, r *http.Request) {
	counts, err := l.Counts(r.Context())
	if err != nil {
		answerJSON(w, http.StatusInternalServerError, row{"errors": []string{err.Error()}})
		return
	}
	answerJSON(w, http.StatusOK, row{"data": counts})
}

func (l *Library) serveFaults(w http.ResponseWriter, _ *http.Request) {
	l.faults.mu.Lock()
	list := make([]string, len(l.faults.list))
	for i, f := range l.faults.list {
		list[i] = f.String()
	}
	l.faults.mu.Unlock()
	answerJSON(w, http.StatusOK, row{"data": list})
}

// addFaults takes one switch or an array of them, each in the text form.
func (l *Library) addFaults(w http.ResponseWriter, r *http.Request) {
	list, err := readFaults(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		answerJSON(w, http.StatusBadRequest, row{"errors": []string{err.Error()}})
		return
	}
	for _, f := range list {
		l.Inject(f)
	}
	answerJSON(w, http.StatusCreated, row{"total": len(list)})
}

func readFaults(r io.Reader) ([]Fault, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var texts []string
	if !isArray(body) {
		texts = make([]string, 1)
		err = json.Unmarshal(body, &texts[0])
	} else {
		err = json.Unmarshal(body, &texts)
	}
	if err != nil {
		return nil, errors.New(`send a JSON string such as "500:POST /api/events/consume:2", or an array of such strings`)
	}
	list := make([]Fault, len(texts))
	for i, one := range texts {
		if list[i], err = ParseFault(one); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ClearFaults takes all fault switches away.
func (l *Library) ClearFaults() {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	l.faults.list = nil
}

func (l *Library) deleteFaults(w http.ResponseWriter, _ *http.Request) {
	l.ClearFaults()
	answerJSON(w, http.StatusNoContent, nil)
}
