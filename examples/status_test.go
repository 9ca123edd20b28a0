package examples_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/ironnet"
)

const alertID = "c60c4168-3fe8-4a6d-b0d1-000000000001"

// oneAlert is a world in which one alert has been brought in.
func oneAlert(t *testing.T, status string) *world {
	t.Helper()
	w := newWorld(t, 0)
	w.appliance.Put(ironnet.Alert{
		ID: alertID, Category: "C2", SubCategory: "DNS_TUNNELING", Severity: 900, Status: status,
		AnalystSeverity: "SEVERITY_UNDECIDED", AnalystExpectation: "EXP_UNKNOWN",
		Created: "2024-05-14T08:00:00.250Z", Updated: "2024-05-14T08:30:00Z", EventCount: 1,
		FirstEventCreated: "2024-05-14T08:00:00Z", LastEventCreated: "2024-05-14T08:00:00Z",
		AggregationCriteria: `flows.app_domains: ["bad.example"]`, VueURL: "https://vue.example/alerts",
	})
	w.mustRun(engine.Ok)
	if got := w.pushed(); len(got) != 0 {
		t.Fatalf("the first run sent %v; nothing may be sent for an event it has just created", got)
	}
	w.appliance.ResetJournal()
	return w
}

// step is one change, what the next run must send, and what is there afterwards.
type step struct {
	name    string
	change  func(*world)
	sends   []string
	outcome engine.Outcome
	typ     string
	agreed  string // the attribute Status
}

func analyst(typ string) func(*world) {
	return func(w *world) { w.setType(w.eventOf(alertID), typ) }
}

func vendor(status string) func(*world) {
	return func(w *world) {
		if err := w.appliance.SetStatus(alertID, status); err != nil {
			w.t.Fatal(err)
		}
		w.clock.advance(time.Minute)
	}
}

func nothing(*world) {}

// TestStatusScenarios is the acceptance table of the two-way status: every
// step says exactly which calls the appliance may see.
func TestStatusScenarios(t *testing.T) {
	const awaiting, under, closed = "STATUS_AWAITING_REVIEW", "STATUS_UNDER_REVIEW", "STATUS_CLOSED"
	for _, tc := range []struct {
		name   string
		status string
		steps  []step
	}{
		{"1 and 2: a new type is sent once", awaiting, []step{
			{"the analyst reviews", analyst("UNDER REVIEW"), []string{under}, "", "UNDER REVIEW", "Under Review"},
			{"nothing changes", nothing, nil, "", "UNDER REVIEW", "Under Review"},
			{"nothing changes again", nothing, nil, "", "UNDER REVIEW", "Under Review"},
		}},
		{"3, 4 and 5: discarding closes, and stays discarded", under, []step{
			{"the analyst discards", analyst("DISCARDED"), []string{closed}, "", "DISCARDED", "Closed"},
			{"the alert comes back closed", nothing, nil, "", "DISCARDED", "Closed"},
			{"the analyst says closed", analyst("CLOSED"), nil, "", "CLOSED", "Closed"},
		}},
		{"6: an alert is opened again", closed, []step{
			{"the analyst opens it", analyst("AWAITING REVIEW"), []string{awaiting}, "", "AWAITING REVIEW", "Awaiting Review"},
		}},
		{"7: closed on the appliance", awaiting, []step{
			{"the appliance closes", vendor(closed), nil, "", "CLOSED", "Closed"},
			{"nothing changes", nothing, nil, "", "CLOSED", "Closed"},
		}},
		{"8: both sides change, ThreatQ wins", awaiting, []step{
			{"both", func(w *world) { analyst("UNDER REVIEW")(w); vendor(closed)(w) }, []string{under}, "", "UNDER REVIEW", "Under Review"},
			{"nothing changes", nothing, nil, "", "UNDER REVIEW", "Under Review"},
		}},
		{"9: a type that is not ours is left alone", awaiting, []step{
			{"the analyst calls it something else", analyst("Spearphish"), nil, "", "Spearphish", "Awaiting Review"},
			{"the appliance closes it", vendor(closed), nil, "", "Spearphish", "Closed"},
		}},
		{"11: a push that fails is repeated by the next run", awaiting, []step{
			{"the appliance answers 500", func(w *world) {
				analyst("CLOSED")(w)
				w.appliance.Inject(ironnet.Fault{Kind: ironnet.FaultError, Endpoint: "SetAlertStatus", Times: 4})
			}, []string{closed, closed, closed, closed}, engine.Partial, "CLOSED", "Awaiting Review"},
			{"the appliance is well again", nothing, []string{closed}, "", "CLOSED", "Closed"},
			{"nothing changes", nothing, nil, "", "CLOSED", "Closed"},
		}},
		{"a push whose answer is lost is not forgotten", awaiting, []step{
			{"the connection breaks after the call", func(w *world) {
				analyst("CLOSED")(w)
				w.appliance.Inject(ironnet.Fault{Kind: ironnet.FaultDropAfter, Endpoint: "SetAlertStatus"})
			}, []string{closed, closed}, "", "CLOSED", "Closed"},
		}},
		{"a refused push is a dead letter and stops nothing", awaiting, []step{
			{"the appliance refuses", func(w *world) {
				analyst("CLOSED")(w)
				w.appliance.Inject(ironnet.Fault{Kind: ironnet.FaultRefused, Endpoint: "SetAlertStatus"})
			}, []string{closed}, engine.Partial, "CLOSED", "Awaiting Review"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := oneAlert(t, tc.status)
			for _, s := range tc.steps {
				w.check(s)
			}
		})
	}
}

func (w *world) check(s step) {
	w.t.Helper()
	s.change(w)
	w.appliance.ResetJournal()
	if s.outcome == "" {
		s.outcome = engine.Ok
	}
	w.mustRun(s.outcome)
	if got := w.pushed(); !slices.Equal(got, s.sends) {
		w.t.Fatalf("%s: sent %v, want %v\n%s", s.name, got, s.sends, w.log)
	}
	e := w.eventOf(alertID)
	if e.Type != s.typ || e.Attributes["Status"] != s.agreed {
		w.t.Fatalf("%s: type %q, Status %q; want %q, %q\n%s", s.name, e.Type, e.Attributes["Status"], s.typ, s.agreed, w.log)
	}
}

// Scenario 10: an event without Alert ID is warned about and nothing else.
func TestEventMadeByHand(t *testing.T) {
	w := oneAlert(t, "STATUS_AWAITING_REVIEW")
	w.call("POST", "/api/events", map[string]any{"title": "by hand", "type": "CLOSED", "happened_at": "2024-05-14 08:00:00", "sources": []any{map[string]any{"name": "IronNet"}}})
	report := w.mustRun(engine.Ok)
	if got := w.pushed(); len(got) != 0 {
		t.Errorf("sent %v, want nothing", got)
	}
	if got := report.Flows[0].SkippedBy["event without an Alert ID, made by hand"]; got != 1 {
		t.Errorf("skipped %d, want 1: %v", got, report.Flows[0].SkippedBy)
	}
	if !strings.Contains(w.log.String(), "level=WARN msg=\"left out: event without an Alert ID") {
		t.Errorf("no warning in the log:\n%s", w.log)
	}
}

// Scenario 12: a dry run tells what it would send and writes nothing.
func TestDryRunSendsNothing(t *testing.T) {
	w := oneAlert(t, "STATUS_AWAITING_REVIEW")
	analyst("UNDER REVIEW")(w)
	vendor("STATUS_CLOSED")(w)
	before := w.eventOf(alertID)
	w.appliance.ResetJournal()
	w.library.ResetJournal()
	job := w.job(w.mapping())
	job.DryRun = true
	report, err := job.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := w.pushed(); len(got) != 0 {
		t.Errorf("a dry run sent %v", got)
	}
	for _, c := range w.library.Journal() {
		if c.Method != "GET" && c.Path != "/api/token" {
			t.Errorf("a dry run wrote to ThreatQ: %s %s", c.Method, c.Path)
		}
	}
	if after := w.eventOf(alertID); after.Type != before.Type || after.Attributes["Status"] != before.Attributes["Status"] {
		t.Errorf("the event changed from %v to %v", before, after)
	}
	plan := strings.Join(report.Flows[0].Plan, "\n")
	if !strings.Contains(plan, "POST /SetAlertStatus") || !strings.Contains(plan, "STATUS_UNDER_REVIEW") {
		t.Errorf("the planned call is not in the plan: %q", plan)
	}
}
