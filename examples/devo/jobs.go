package devo

import (
	"fmt"
	"net/http"
	"strings"
)

// job is what a file is made into.
type job struct {
	id, lookup string
	statuses   []string
	polls      int // that are still to come
	fault      string
	run        func(id string) error
}

// newJob starts a job, which does its work when it has been looked at often enough. s.mu is held.
func (s *Simulator) newJob(lookup string, run func(id string) error) string {
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.jobs)+1)
	s.jobs[id] = &job{id: id, lookup: lookup, polls: s.opt.Polls, run: run, statuses: []string{"PENDING"}}
	return id
}

func (s *Simulator) deploying(lookup string) bool {
	for _, j := range s.jobs {
		if j.lookup == lookup && j.run != nil {
			return true
		}
	}
	return false
}

func (s *Simulator) jobList(c apiCall) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for n := range len(s.jobs) {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1)
		if s.jobs[id].lookup == c.PathValue("name") {
			ids = append(ids, id)
		}
	}
	return reply{http.StatusOK, map[string]any{"jobs": ids[max(0, len(ids)-10):]}}
}

// jobStatus looks at a job, and lets it go on.
func (s *Simulator) jobStatus(c apiCall) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[c.PathValue("id")]
	if j == nil || j.lookup != c.PathValue("name") {
		return refuse(http.StatusNotFound, "There is no such job")
	}
	j.advance()
	list := []any{}
	for _, word := range j.statuses[max(0, len(j.statuses)-50):] {
		one, why, _ := strings.Cut(word, ": ")
		list = append(list, map[string]any{"status": one, "message": why})
	}
	return reply{http.StatusOK, map[string]any{"id": j.id, "statuses": list}}
}

func (j *job) advance() {
	switch {
	case j.polls > 0 || j.fault == FaultStuck:
		j.polls--
		j.statuses = append(j.statuses, "RUNNING")
		return
	case j.fault == FaultJob:
		j.statuses = append(j.statuses, "FAILED: this is the simulator's fault switch")
	case j.run != nil:
		if err := j.run(j.id); err != nil {
			j.statuses = append(j.statuses, "FAILED: "+err.Error())
		} else {
			j.statuses = append(j.statuses, "FINISHED")
		}
	}
	j.run, j.fault = nil, ""
}
