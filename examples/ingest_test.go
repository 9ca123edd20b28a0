package examples_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/engine/request"
	"tqmap/examples/ironnet"
	"tqmap/examples/threatq"
	"tqmap/runtime/state"
)

func (w *world) counts() map[string]int {
	w.t.Helper()
	c, err := w.library.Counts(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) deadLetters() []state.DeadLetter {
	w.t.Helper()
	store, err := state.Open(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	dead, err := store.Instance("ironnet").DeadLetters(context.Background(), state.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	return dead
}

// alerts is how many alerts a run must find: those in the window and the bounds.
func (w *world) alerts() int {
	w.t.Helper()
	seen := map[string]bool{}
	for _, e := range w.events() {
		id := e.Attributes["Alert ID"]
		if seen[id] {
			w.t.Errorf("alert %s is there twice", id)
		}
		seen[id] = true
	}
	return len(seen)
}

func TestSecondRunChangesNothing(t *testing.T) {
	w := newWorld(t, 120)
	first := w.mustRun(engine.Ok)
	alerts := first.Flows[1]
	if alerts.Created == 0 || alerts.Objects["events"].Created == 0 || alerts.Objects["indicators"].Created == 0 {
		t.Fatalf("nothing created: %+v", alerts)
	}
	before := w.counts()
	second := w.mustRun(engine.Ok)
	for _, f := range second.Flows {
		if f.Created != 0 || f.Updated != 0 {
			t.Errorf("flow %s created %d and updated %d in the second run", f.Name, f.Created, f.Updated)
		}
	}
	if after := w.counts(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the library went from %v to %v", before, after)
	}
	if got := w.alerts(); got != before["events"] {
		t.Errorf("%d alerts in %d events", got, before["events"])
	}
}

func TestChangedAlertIsUpdatedInPlace(t *testing.T) {
	w := oneAlert(t, "STATUS_AWAITING_REVIEW")
	a, _ := w.appliance.Alert(alertID)
	a.Severity, a.EventCount, a.Updated = 990, 7, w.clock.Now().Format(time.RFC3339)
	a.RawDataFormats = []string{"RDF_TAP"}
	a.AggregationCriteria = `flows.app_domains: ["bad.example", "worse.example"]`
	w.appliance.Put(a)
	w.clock.advance(time.Minute)
	report := w.mustRun(engine.Ok)
	if got := report.Flows[1].Objects["events"]; got.Updated != 1 || got.Created != 0 {
		t.Errorf("events: %+v, want one updated", got)
	}
	e := w.eventOf(alertID)
	if e.Attributes["Severity"] != "990" || e.Attributes["Event Count"] != "7" || e.Attributes["Raw Data Format"] != "RDF_TAP" {
		t.Errorf("attributes %v: each must have exactly its new value", e.Attributes)
	}
	if got := w.counts()["indicators"]; got != 2 {
		t.Errorf("%d indicators, want 2", got)
	}
}

// A state file that is lost must cost time, not duplicates.
func TestLostStateFindsEverythingAgain(t *testing.T) {
	w := newWorld(t, 60)
	w.mustRun(engine.Ok)
	before := w.counts()
	w.dir = t.TempDir()
	again := w.mustRun(engine.Ok)
	if f := again.Flows[1]; f.Created != 0 || f.Updated != 0 {
		t.Errorf("created %d, updated %d after the state was lost", f.Created, f.Updated)
	}
	if after := w.counts(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the library went from %v to %v", before, after)
	}
}

// TestFaults: whatever the appliance does, the run says so, nothing is lost and
// nothing is doubled: the next run without the fault ends with every alert once.
func TestFaults(t *testing.T) {
	const n = 90
	whole := newWorld(t, n)
	whole.mustRun(engine.Ok)
	want := whole.alerts()
	for _, tc := range []struct {
		name    string
		fault   ironnet.Fault
		library string // fault of the library, as its ParseFault reads it
		outcome engine.Outcome
		says    string // in the report or the log
	}{
		{name: "token ends in the middle", fault: ironnet.Fault{Kind: ironnet.FaultExpired, Endpoint: "GetAlerts", After: 1}, outcome: engine.Ok},
		{name: "429", fault: ironnet.Fault{Kind: ironnet.FaultRate, Endpoint: "GetAlerts", RetryAfter: time.Second}, outcome: engine.Ok, says: "waiting"},
		{name: "500 once", fault: ironnet.Fault{Kind: ironnet.FaultError, Endpoint: "GetAlerts", After: 1}, outcome: engine.Ok, says: "500"},
		{name: "500 for long", fault: ironnet.Fault{Kind: ironnet.FaultError, Endpoint: "GetAlerts", After: 1, Times: 4}, outcome: engine.Failed, says: "server error"},
		{name: "an HTML 502", fault: ironnet.Fault{Kind: ironnet.FaultGateway, Endpoint: "GetAlerts", After: 1, Times: 4}, outcome: engine.Failed, says: "502"},
		{name: "truncated JSON", fault: ironnet.Fault{Kind: ironnet.FaultTruncated, Endpoint: "GetAlerts", After: 1}, outcome: engine.Failed, says: "JSON"},
		{name: "HTML with status 200", fault: ironnet.Fault{Kind: ironnet.FaultNotJSON, Endpoint: "GetAlerts", After: 1}, outcome: engine.Failed, says: "HTML"},
		{name: "connection dropped", fault: ironnet.Fault{Kind: ironnet.FaultDrop, Endpoint: "GetAlerts", After: 1}, outcome: engine.Ok},
		{name: "an empty page before the total", fault: ironnet.Fault{Kind: ironnet.FaultEmptyPage, After: 1}, outcome: engine.Partial, says: "came back empty"},
		{name: "duplicate alerts", fault: ironnet.Fault{Kind: ironnet.FaultDuplicate}, outcome: engine.Ok},
		{name: "an unknown status", fault: ironnet.Fault{Kind: ironnet.FaultUnknownStatus}, outcome: engine.Ok, says: "no row"},
		{name: "an alert without id", fault: ironnet.Fault{Kind: ironnet.FaultNoID, After: 1}, outcome: engine.Partial, says: "has no key"},
		{name: "no permission", fault: ironnet.Fault{Kind: ironnet.FaultGroup, Endpoint: "GetAlerts"}, outcome: engine.Failed, says: "does not have permission"},
		{name: "library answers 500 for long", library: "500:POST /api/events/consume:4", outcome: engine.Failed, says: "500"},
		{name: "library token ends", library: "401:POST /api/events/consume:1", outcome: engine.Ok},
		{name: "library dies after the write", library: "drop-after:POST /api/events/consume:1", outcome: engine.Ok},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, n)
			w.params["page_size"] = "20"
			if tc.fault.Kind != "" {
				w.appliance.Inject(tc.fault)
			}
			if tc.library != "" {
				f, err := threatq.ParseFault(tc.library)
				if err != nil {
					t.Fatal(err)
				}
				w.library.Inject(f)
			}
			report := w.run()
			if report.Outcome != tc.outcome {
				t.Errorf("outcome %s, want %s: %+v\n%s", report.Outcome, tc.outcome, report.Flows[1], w.log)
			}
			heard := w.log.String() + fmt.Sprintf("%+v %v", report.Flows[1], report.Flows[1].UnknownKeys)
			if tc.says == "no row" {
				if len(report.Flows[1].UnknownKeys["alert_status"]) != 1 {
					t.Errorf("the unknown status is not counted: %v", report.Flows[1].UnknownKeys)
				}
			} else if !strings.Contains(heard, tc.says) {
				t.Errorf("nobody hears of %q:\n%s", tc.says, heard)
			}
			if strings.Contains(heard, ironnet.DefaultPassword) {
				t.Error("the password is in the log")
			}
			w.appliance.ClearFaults()
			w.mustRun(engine.Ok)
			if got := w.alerts() + len(w.deadLetters()); got != want {
				t.Errorf("%d alerts and dead letters after the next run, want %d", got, want)
			}
		})
	}
}

func TestTotalAsNumber(t *testing.T) {
	w := newWorld(t, 250, func(o *ironnet.Options) { o.TotalAsNumber = true })
	w.mustRun(engine.Ok)
	if got := w.alerts(); got < 100 {
		t.Errorf("%d alerts: paging stopped early", got)
	}
}

func TestServerCapsThePage(t *testing.T) {
	w, capped := newWorld(t, 250), newWorld(t, 250, func(o *ironnet.Options) { o.PageCap = 7 })
	w.mustRun(engine.Ok)
	capped.mustRun(engine.Ok)
	if a, b := w.alerts(), capped.alerts(); a != b {
		t.Errorf("%d alerts with full pages, %d with pages of 7", a, b)
	}
}

func TestWrongCredentialsAreTriedOnce(t *testing.T) {
	w := newWorld(t, 10)
	w.params["password"] = "wrong"
	report := w.run()
	if report.Outcome != engine.Failed || !errors.Is(report.Flows[1].Err, request.ErrUnauthorized) {
		t.Errorf("outcome %s, error %v", report.Outcome, report.Flows[1].Err)
	}
	if !strings.Contains(report.Flows[1].Error, "Username and/or password is incorrect") {
		t.Errorf("the appliance's own words are missing: %s", report.Flows[1].Error)
	}
	if got := len(w.appliance.Journal()); got != 1 {
		t.Errorf("%d calls, want one login: repeated logins lock accounts", got)
	}
}

func TestApplianceDown(t *testing.T) {
	w := newWorld(t, 10)
	w.params["hostname"] = "http://127.0.0.1:1"
	report := w.run()
	if report.Outcome != engine.Failed || !strings.Contains(report.Flows[1].Error, "127.0.0.1:1") {
		t.Errorf("outcome %s, error %s", report.Outcome, report.Flows[1].Error)
	}
	w.params["hostname"] = w.url
	w.mustRun(engine.Ok)
}

func TestBadParameters(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		says   string
	}{
		{"bounds crossed", map[string]string{"severity_lower_bound": "900", "severity_upper_bound": "800"}, "must not be above"},
		{"bound is no integer", map[string]string{"severity_lower_bound": "50.5"}, "not a whole number"},
		{"bound out of range", map[string]string{"severity_upper_bound": "1001"}, "0 to 1000"},
		{"start after end", map[string]string{"start": "2024-05-02T00:00:00", "end": "2024-05-01T00:00:00"}, "must not be after the end"},
		{"start in the future", map[string]string{"start": "2030-01-01T00:00:00"}, "must not be after the end"},
		{"time without clock", map[string]string{"start": "2024-05-02"}, "YYYY-MM-DDTHH:MM:SS"},
		{"unknown parameter", map[string]string{"severity_lower_bond": "1"}, `Did you mean "severity_lower_bound"?`},
		{"option", map[string]string{"auth": "none"}, "not one of login, basic"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, 10)
			for k, v := range tc.params {
				w.params[k] = v
			}
			_, err := w.job(w.mapping()).Run(context.Background())
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one that says %q", err, tc.says)
			}
			if got := len(w.appliance.Journal()) + len(w.library.Journal()); got != 0 {
				t.Errorf("%d calls were made before the mistake was found", got)
			}
		})
	}
}

func TestUnwritableDirectory(t *testing.T) {
	w := newWorld(t, 10)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.dir = filepath.Join(file, "below")
	_, err := w.job(w.mapping()).Run(context.Background())
	if !errors.Is(err, state.ErrUnwritable) {
		t.Errorf("error %v, want ErrUnwritable", err)
	}
	if got := len(w.appliance.Journal()); got != 0 {
		t.Errorf("%d calls were made", got)
	}
}

func TestSecondRunAtTheSameTimeIsLocked(t *testing.T) {
	w := newWorld(t, 10)
	store, err := state.Open(context.Background(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	lock, err := store.Lock(context.Background(), "ironnet", state.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.job(w.mapping()).Run(context.Background()); !errors.Is(err, state.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	w.mustRun(engine.Ok)
}

// -s and -e read the past; the cursor moves only if that leaves no gap.
func TestHistory(t *testing.T) {
	w := newWorld(t, 200)
	cursor := func() time.Time {
		store, err := state.Open(context.Background(), w.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		at, err := store.Instance("ironnet").Checkpoint(context.Background(), "alerts")
		if err != nil {
			t.Fatal(err)
		}
		return at.Cursor
	}
	w.params["start"], w.params["end"] = "2024-05-13T10:00:00", "2024-05-13T12:00:00"
	w.mustRun(engine.Ok)
	first := cursor()
	if first.IsZero() || first.After(time.Date(2024, 5, 13, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("cursor %s after a history that ends at noon", first)
	}
	w.params["start"], w.params["end"] = "2024-05-14T02:00:00", "2024-05-14T03:00:00"
	w.mustRun(engine.Ok)
	if got := cursor(); !got.Equal(first) {
		t.Errorf("cursor moved from %s to %s over a gap", first, got)
	}
	w.params = map[string]string{}
	w.mustRun(engine.Ok)
	if got := cursor(); !got.After(first) || got.After(w.clock.Now()) {
		t.Errorf("cursor %s after a normal run", got)
	}
}

// Records of one instant spread over several pages and runs: none lost, none twice.
func TestManyAlertsInOneInstant(t *testing.T) {
	w := newWorld(t, 0)
	w.params["page_size"] = "10"
	put := func(from, to int) {
		for i := from; i < to; i++ {
			w.appliance.Put(ironnet.Alert{
				ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Category: "C2", SubCategory: "DNS_TUNNELING", Severity: 800,
				Status: "STATUS_AWAITING_REVIEW", AnalystSeverity: "SEVERITY_NONE", AnalystExpectation: "EXP_NONE",
				Created: "2024-05-14T08:00:00Z", Updated: "2024-05-14T08:30:00Z", FirstEventCreated: "2024-05-14T08:00:00Z", LastEventCreated: "2024-05-14T08:00:00Z",
			})
		}
	}
	put(0, 35)
	w.mustRun(engine.Ok)
	put(35, 50) // indexed late, with the same time
	w.mustRun(engine.Ok)
	if got := w.alerts(); got != 50 {
		t.Errorf("%d alerts, want 50", got)
	}
	if third := w.mustRun(engine.Ok); third.Flows[1].Created+third.Flows[1].Updated != 0 {
		t.Errorf("the third run wrote: %+v", third.Flows[1])
	}
}

// An empty first run must not let its window slide away.
func TestEmptyFirstRunKeepsItsStart(t *testing.T) {
	w := newWorld(t, 0)
	w.mustRun(engine.Ok)
	w.clock.advance(10 * 24 * time.Hour)
	w.appliance.Put(ironnet.Alert{
		ID: alertID, Category: "C2", SubCategory: "X", Severity: 800, Status: "STATUS_CLOSED", AnalystSeverity: "SEVERITY_NONE", AnalystExpectation: "EXP_NONE",
		Created: "2024-05-14T10:00:00Z", Updated: "2024-05-14T10:00:00Z", FirstEventCreated: "2024-05-14T10:00:00Z", LastEventCreated: "2024-05-14T10:00:00Z",
	})
	w.mustRun(engine.Ok)
	if got := w.alerts(); got != 1 {
		t.Errorf("%d alerts: the window slid over one that came ten days later", got)
	}
}

func TestBasicAuth(t *testing.T) {
	w := newWorld(t, 10)
	w.params["auth"] = "basic"
	w.mustRun(engine.Ok)
	for _, c := range w.appliance.Journal() {
		if strings.HasSuffix(c.Path, "/Login") || c.Auth != "Basic" {
			t.Errorf("%s with %s: auth basic needs no login", c.Path, c.Auth)
		}
	}
}

// The edited copy of an analyst: another title, one more attribute, one more row.
func TestEditedMapping(t *testing.T) {
	w := oneAlert(t, "STATUS_AWAITING_REVIEW")
	edit := []string{
		"'IronNet Alert: '", "'Alarm: '",
		`"Severity"             = expr("alert.severity")`, `"Severity" = expr("alert.severity")` + "\n" + `"Urgent" = expr("alert.severity > 800")`,
	}
	report := w.run(edit...)
	if got := report.Flows[1].Objects["events"]; got.Updated != 1 || got.Created != 0 {
		t.Errorf("events: %+v, want one updated in place", got)
	}
	e := w.eventOf(alertID)
	if !strings.HasPrefix(e.Title, "Alarm: ") || e.Attributes["Urgent"] != "Yes" {
		t.Errorf("the edit did not arrive: %q %v", e.Title, e.Attributes)
	}
}
