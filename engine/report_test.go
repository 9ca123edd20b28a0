package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/request"
)

func TestOutcome(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flows []*FlowReport
		want  Outcome
	}{
		{"nothing", nil, Ok},
		{"created and skipped", []*FlowReport{{Created: 1, Skipped: 3}}, Ok},
		{"an unknown key alone", []*FlowReport{{UnknownKeys: map[string]map[string]int{"t": {"k": 1}}}}, Ok},
		{"dead", []*FlowReport{{}, {Dead: 1}}, Partial},
		{"a call to try again", []*FlowReport{{Failed: 1}, {}}, Partial},
		{"a note", []*FlowReport{{Notes: []string{"held back"}}}, Partial},
		{"failed", []*FlowReport{{Dead: 1}, {Err: errors.New("x")}, {}}, Failed},
	} {
		if got := worst(tc.flows); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// The JSON of a report is read by other programs.
func TestReportJSON(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "state", "ST_ODD")
	b.feed.item("b", "09:00:00", "10:00:01", "muted", true)
	b.feed.item("c", "09:00:00", "10:00:02", "created", "yesterday")
	report := b.run("pull")
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	flow := got["flows"].([]any)[0].(map[string]any)
	for _, field := range []string{"started", "finished"} {
		if at, ok := got[field].(string); !ok || !strings.HasSuffix(at, "Z") {
			t.Errorf("%s is %v, want an instant in UTC", field, got[field])
		}
	}
	if got["connector"] != "feed" || got["outcome"] != "partial" || got["dry_run"] != nil {
		t.Errorf("%s", raw)
	}
	want := map[string]any{
		"name": "pull", "fetched": 3, "mapped": 1, "created": 1, "updated": 0, "unchanged": 0, "skipped": 1, "dead": 1,
		"skipped_by": map[string]any{"muted": 1}, "unknown_keys": map[string]any{"state": map[string]any{"ST_ODD": 1}},
	}
	if diff := difference(want, flow); diff != "" {
		t.Errorf("(- want, + got)\n%s", diff)
	}
	if raw, _ := json.Marshal(b.newRun().Report(context.Background(), nil)); !strings.Contains(string(raw), `"flows":[]`) {
		t.Errorf("%s: no flows are an empty list", raw)
	}
}

// Unknown keys are those of the flow that met them, also in a Run that is used again.
func TestUnknownKeysOfEachFlow(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "state", "ST_ODD")
	r := b.newRun()
	pull, push := r.Bound.Flow("pull"), r.Bound.Flow("push")
	first := r.Flows(context.Background(), []*dsl.Flow{pull, push})
	if got := first[0].UnknownKeys["state"]; got["ST_ODD"] != 1 || first[1].UnknownKeys != nil {
		t.Errorf("%v and %v, want one ST_ODD in the first flow", first[0].UnknownKeys, first[1].UnknownKeys)
	}
	b.feed.set("a", "ST_ELSE")
	b.feed.byID("a")["updated"] = at("11:00:00").Format("2006-01-02T15:04:05Z07:00")
	second := r.Flows(context.Background(), []*dsl.Flow{pull})
	if got := second[0].UnknownKeys["state"]; got["ST_ELSE"] != 1 || got["ST_ODD"] != 0 {
		t.Errorf("%v, want only what the second run met", got)
	}
	if first[0].UnknownKeys["state"]["ST_ELSE"] != 0 {
		t.Error("the report of the first run has changed")
	}
}

// A flow that fails does not keep the others from running; clients are opened
// once, with the context of the run.
func TestFlowsAreIndependent(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	r := b.newRun()
	opened := 0
	type mark struct{}
	r.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		opened++
		if ctx.Value(mark{}) != true || c.Name != "api" {
			t.Errorf("client %s is opened outside of the run", c.Name)
		}
		return b.feed, nil
	}
	b.lib.before = func(n int, call string) error {
		if n == 1 {
			return status(500, "down")
		}
		return nil
	}
	report := r.Report(context.WithValue(context.Background(), mark{}, true), r.Bound.Flows)
	push, pull := report.Flows[0], report.Flows[1]
	if report.Outcome != Failed || push.Err == nil || push.Error != push.Err.Error() || pull.Err != nil || pull.Created != 1 || opened != 1 {
		t.Errorf("outcome %s, push %v, pull %v, %d clients", report.Outcome, push.Err, pull.Err, opened)
	}
}

func TestClientCannotBeOpened(t *testing.T) {
	b := newBench(t)
	r := b.newRun()
	r.Clients = func(context.Context, *dsl.Client) (request.Doer, error) { return nil, errCrash }
	for _, f := range r.Report(context.Background(), r.Bound.Flows).Flows {
		if !errors.Is(f.Err, errCrash) {
			t.Errorf("flow %s: %v", f.Name, f.Err)
		}
	}
}

// Progress is told of each page that is done.
func TestProgress(t *testing.T) {
	b := newBench(t)
	for i, id := range []string{"a", "b", "c"} {
		b.feed.item(id, "09:00:00", "10:00:0"+string(rune('0'+i)))
	}
	r := b.newRun()
	var got []int
	r.Progress = func(f *FlowReport) { got = append(got, f.Created) }
	r.Flows(context.Background(), []*dsl.Flow{r.Bound.Flow("pull")})
	if !slices.Equal(got, []int{2, 3}) {
		t.Errorf("created after each page %v, want 2 and 3", got)
	}
}

func TestVocabulary(t *testing.T) {
	v := Vocabulary()
	for kind, blocks := range map[string][]*dsl.Block{"auth": v.Auth, "paginate": v.Paginate, "source": v.Source, "sink": v.Sink} {
		seen := map[string]bool{}
		for _, b := range blocks {
			if b.Type == "" || b.Summary == "" || seen[b.Type] {
				t.Errorf("%s %q: a kind has a name of its own and a summary", kind, b.Type)
			}
			seen[b.Type] = true
		}
		if len(seen) == 0 {
			t.Errorf("no %s", kind)
		}
	}
}
