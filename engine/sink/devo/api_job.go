package devo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tqmap/engine/request"
)

// wait looks at the job that an answer names until it has ended.
func (u *upload) wait(ctx context.Context, answer []byte) error {
	var job struct {
		ID string
	}
	if err := json.Unmarshal(answer, &job); err != nil || job.ID == "" {
		return fmt.Errorf("lookup %s: %w: the API took the rows, but its answer names no job to look at", u.s.Lookup.Name, ErrUnconfirmed)
	}
	u.r.ID = job.ID
	for waited := time.Duration(0); waited <= u.a.Limit; waited += u.a.Poll {
		body, err := u.do(ctx, request.Request{Method: http.MethodGet, Path: u.path + "/job/" + url.PathEscape(job.ID)})
		if err != nil {
			return err
		}
		switch end, word := ended(body); end {
		case done:
			return nil
		case failed:
			return fmt.Errorf("lookup %s: %w: job %s is %q; look at the lookup in Devo", u.s.Lookup.Name, ErrJob, job.ID, word)
		}
		if err := u.a.Sleep(ctx, u.a.Poll); err != nil {
			return err
		}
	}
	return fmt.Errorf("lookup %s: %w: job %s has not ended within %s; look at the lookup in Devo, or send it again later", u.s.Lookup.Name, ErrUnconfirmed, job.ID, u.a.Limit)
}

type end int

const (
	running end = iota
	done
	failed
)

// ended looks for a word of an ending among a job's statuses, in whatever order they come and
// however they are wrapped: their shape is not published. Any other word means that it goes on.
func ended(body []byte) (end, string) {
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		return running, ""
	}
	var words []string
	collect(answer, false, &words)
	for _, w := range words {
		if slices.Contains(failures(), strings.ToUpper(w)) {
			return failed, w
		}
	}
	for _, w := range words {
		if slices.Contains(successes(), strings.ToUpper(w)) {
			return done, w
		}
	}
	return running, ""
}

func failures() []string {
	return []string{"FAILED", "FAILURE", "FAIL", "ERROR", "ERRORED", "CANCELLED", "CANCELED", "ABORTED", "REJECTED", "INVALID"}
}

func successes() []string {
	return []string{"FINISHED", "COMPLETED", "COMPLETE", "DONE", "SUCCESS", "SUCCEEDED", "SUCCESSFUL", "OK", "DEPLOYED"}
}

// collect finds the texts that stand as status or state, or as the type or name of one; status says
// whether v is one.
func collect(v any, status bool, words *[]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			k = strings.ToLower(k)
			collect(inner, slices.Contains([]string{"status", "statuses", "state", "states"}, k) ||
				status && slices.Contains([]string{"type", "name", "value"}, k), words)
		}
	case []any:
		for _, inner := range v {
			collect(inner, status, words)
		}
	case string:
		if status {
			*words = append(*words, v)
		}
	}
}
