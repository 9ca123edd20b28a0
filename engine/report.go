package engine

import (
	"fmt"
	"time"

	"tqmap/engine/request"
)

// Outcome of a run.
type Outcome string

// Ok: everything was delivered. Partial: single records or calls failed and are
// kept or will be tried again. Failed: a flow did not come to its end.
const (
	Ok      Outcome = "ok"
	Partial Outcome = "partial"
	Failed  Outcome = "failed"
)

// Report tells what a run did. Its JSON form is what `--report json` prints.
type Report struct {
	Connector string        `json:"connector"`
	Outcome   Outcome       `json:"outcome"`
	Started   time.Time     `json:"started"`
	Finished  time.Time     `json:"finished"`
	Flows     []*FlowReport `json:"flows"`
	// DryRun is true where nothing was written.
	DryRun bool `json:"dry_run,omitempty"`
}

// FlowReport counts what a flow did. Fetched, Skipped and records among Dead are
// records; Mapped, Created, Updated, Unchanged are objects, or calls or items of a sink.
type FlowReport struct {
	Name string `json:"name"`
	// LeftOut says that nothing was done, as the mapping's `when` for the flow is false.
	LeftOut   bool `json:"left_out,omitempty"`
	Fetched   int  `json:"fetched"`
	Mapped    int  `json:"mapped"`
	Created   int  `json:"created"`
	Updated   int  `json:"updated"`
	Unchanged int  `json:"unchanged"`
	// Removed counts items that were taken back, Kept those that were left with the target
	// though the source has them no more.
	Removed int `json:"removed,omitempty"`
	Kept    int `json:"kept,omitempty"`
	Skipped int `json:"skipped"`
	Dead    int `json:"dead"`
	// Ignored counts answers that a rule skipped, by what it says.
	Ignored   int            `json:"ignored,omitempty"`
	IgnoredBy map[string]int `json:"ignored_by,omitempty"`
	// Failed counts calls that will be tried again in the next run.
	Failed    int            `json:"failed,omitempty"`
	SkippedBy map[string]int `json:"skipped_by,omitempty"`
	// UnknownKeys are the keys that tables did not know, by table.
	UnknownKeys map[string]map[string]int `json:"unknown_keys,omitempty"`
	// Notes are problems that did not stop the flow; Error is the one that did.
	Notes []string `json:"notes,omitempty"`
	Error string   `json:"error,omitempty"`
	// Plan is what a dry run would have done.
	Plan []string `json:"plan,omitempty"`
	// PlanCut is how many lines of the plan are left out.
	PlanCut int `json:"plan_cut,omitempty"`
	// Objects are the counts by collection.
	Objects map[string]*Counts `json:"-"`
	// Err is Error with its type.
	Err error `json:"-"`
	// Answered counts the pages that were read.
	Answered int `json:"-"`
	// Extracts says that the mapping cuts records out of these pages, which may cut nothing.
	Extracts bool `json:"-"`
}

// Counts of one collection.
type Counts struct{ Created, Updated, Unchanged, Removed int }

// ignored counts an answer that a rule skipped. Requests for records do it side by side.
func (r *Run) ignored(f *FlowReport, ruled *request.RuledError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.IgnoredBy == nil {
		f.IgnoredBy = map[string]int{}
	}
	f.Ignored++
	f.IgnoredBy[fmt.Sprintf("status %d, rule %s", ruled.Status, ruled.Where)]++
}

// Masked is a copy of r, for people to read, whose texts passed mask.
func (r *Report) Masked(mask func(string) string) *Report {
	out := *r
	out.Flows = []*FlowReport{}
	for _, f := range r.Flows {
		c := *f
		c.Error, c.Notes, c.Plan = mask(f.Error), maskAll(f.Notes, mask), maskAll(f.Plan, mask)
		c.SkippedBy, c.IgnoredBy = maskKeys(f.SkippedBy, mask), maskKeys(f.IgnoredBy, mask)
		if f.UnknownKeys != nil {
			c.UnknownKeys = map[string]map[string]int{}
		}
		for table, keys := range f.UnknownKeys {
			c.UnknownKeys[table] = maskKeys(keys, mask)
		}
		out.Flows = append(out.Flows, &c)
	}
	return &out
}

func maskAll(texts []string, mask func(string) string) (out []string) {
	for _, t := range texts {
		out = append(out, mask(t))
	}
	return out
}

func maskKeys(counts map[string]int, mask func(string) string) map[string]int {
	if counts == nil {
		return nil
	}
	out := map[string]int{}
	for key, n := range counts {
		out[mask(key)] += n
	}
	return out
}

type outcome int

const (
	created outcome = iota
	updated
	unchanged
)

func (f *FlowReport) counts(collection string) *Counts {
	if f.Objects == nil {
		f.Objects = map[string]*Counts{}
	}
	if f.Objects[collection] == nil {
		f.Objects[collection] = &Counts{}
	}
	return f.Objects[collection]
}

func (f *FlowReport) removed(collection string) {
	f.Removed++
	f.counts(collection).Removed++
}

func (f *FlowReport) count(collection string, what outcome) {
	c := f.counts(collection)
	switch what {
	case created:
		f.Created++
		c.Created++
	case updated:
		f.Updated++
		c.Updated++
	default:
		f.Unchanged++
		c.Unchanged++
	}
}

func (f *FlowReport) skip(reason string) {
	if f.SkippedBy == nil {
		f.SkippedBy = map[string]int{}
	}
	f.SkippedBy[reason]++
	f.Skipped++
}

func (f *FlowReport) outcome() Outcome {
	switch {
	case f.Err != nil:
		return Failed
	case f.Dead > 0 || f.Failed > 0 || len(f.Notes) > 0:
		return Partial
	}
	return Ok
}

// worst of the flows, in the order ok, partial, failed.
func worst(flows []*FlowReport) Outcome {
	out := Ok
	for _, f := range flows {
		switch f.outcome() {
		case Failed:
			return Failed
		case Partial:
			out = Partial
		}
	}
	return out
}
