package examples_test

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/darktrace"
)

// asked are the windows of the requests to an endpoint, as hours from the start of the world.
func (w *darkWorld) asked(path string) []string {
	w.t.Helper()
	var out []string
	for _, c := range w.dark.Journal() {
		if c.Path != path {
			continue
		}
		if keys := strings.FieldsFunc(c.Query, func(r rune) bool { return r == '&' }); !slices.IsSorted(keys) {
			w.t.Errorf("the query is not in the order of the alphabet: %s", c.Query)
		}
		q, err := url.ParseQuery(c.Query)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, hours(w.t, q.Get("starttime"))+".."+hours(w.t, q.Get("endtime")))
	}
	return out
}

// hours writes milliseconds as hours from the start; the last millisecond before an instant with a minus.
func hours(t *testing.T, text string) string {
	t.Helper()
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	if ms%1000 == 999 {
		ms, last = ms+1, "-"
	}
	return strconv.FormatFloat(time.UnixMilli(ms).Sub(start).Hours(), 'f', -1, 64) + last
}

func some(o *darktrace.Options) { o.Incidents, o.Breaches = 12, 20 }

// ids are the Darktrace ids in ThreatQ; one that is there twice is a mistake.
func (w *darkWorld) ids() map[string]event {
	w.t.Helper()
	out := map[string]event{}
	for _, e := range w.events() {
		id := e.Attributes["Darktrace ID"] + e.Attributes["Model Breach ID"]
		if _, twice := out[id]; twice || id == "" {
			w.t.Errorf("%s %q is there twice", id, e.Title)
		}
		out[id] = e
	}
	return out
}

// expected are the ids of all that is not pinned, for that comes whatever the window is.
func (w *darkWorld) expected() map[string]bool {
	out := map[string]bool{}
	for _, r := range w.dark.Incidents() {
		if r["pinned"] != true {
			out[fmt.Sprint(r["id"])] = true
		}
	}
	for _, r := range w.dark.Breaches() {
		out[fmt.Sprint(r["pbid"])] = true
	}
	return out
}

func (w *darkWorld) complete() {
	w.t.Helper()
	got, want := w.ids(), w.expected()
	for id := range want {
		if _, ok := got[id]; !ok {
			w.t.Errorf("%s is missing", id)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("%d events, want %d", len(got), len(want))
	}
}

func TestDarktraceTwoRuns(t *testing.T) {
	w := newDarkWorld(t, some)
	first := w.mustRun(engine.Ok)
	w.complete()
	if got := w.asked("/modelbreaches"); !slices.Equal(got, []string{"-120..-96-", "-96..-72-", "-72..-48-", "-48..-24-", "-24..0-"}) {
		t.Errorf("breaches asked for: %v", got)
	}
	if f := flowOf(first, "watched"); !f.LeftOut {
		t.Errorf("without collections nothing is exported: %+v", f)
	}
	w.dark.ResetJournal()
	second := w.mustRun(engine.Ok)
	for _, f := range second.Flows {
		if f.Created != 0 || f.Updated != 0 {
			t.Errorf("the second run has changed something: %+v", f)
		}
	}
	// From the last record back, each flow by its own overlap.
	if got := w.asked("/aianalyst/incidentevents"); len(got) != 2 || !strings.HasPrefix(got[0], "-25..") {
		t.Errorf("incidents asked for: %v", got)
	}
	if got := w.asked("/modelbreaches"); len(got) != 1 || !strings.HasPrefix(got[0], "-7..") {
		t.Errorf("breaches asked for: %v", got)
	}
	for _, c := range w.dark.Journal() {
		if c.Status != 200 {
			t.Errorf("%s was answered %d", c.Path, c.Status)
		}
	}
}

func TestDarktraceHistorical(t *testing.T) {
	w := newDarkWorld(t, some)
	w.mustRun(engine.Ok)
	w.dark.ResetJournal()
	w.clock.advance(59 * time.Minute)
	w.params["historical"] = "2"
	w.mustRun(engine.Ok)
	if got := w.asked("/modelbreaches"); !slices.Equal(got, []string{"-47..-23-", "-23..1-"}) {
		t.Errorf("asked for %v", got)
	}
	delete(w.params, "historical")
	w.dark.ResetJournal()
	w.mustRun(engine.Ok)
	if got := w.asked("/modelbreaches"); len(got) != 1 || !strings.HasPrefix(got[0], "-7..") {
		t.Errorf("asked for %v", got)
	}
	w.complete()
}

// Every way to write a date is signed so that the appliance, which checks by itself, accepts it.
func TestDarktraceDateFormats(t *testing.T) {
	for _, format := range []string{"spaced", "compact", "iso"} {
		w := exporting(t, some)
		w.params["date_format"], w.params["days_to_expiration"], w.params["left_policy"] = format, "30", "remove"
		w.mustRun(engine.Ok)
		w.drop("evil.example")
		w.mustRun(engine.Ok)
		w.complete()
		for _, c := range w.dark.Journal() {
			if c.Status != 200 {
				t.Errorf("%s: %s %s was answered %d", format, c.Method, c.Path, c.Status)
			}
		}
	}
	w := newDarkWorld(t, func(o *darktrace.Options) { o.RefuseCompact = true })
	w.params["date_format"] = "compact"
	if f := flowOf(w.mustRun(engine.Failed), "ai_analyst"); !strings.Contains(f.Error, "try another date_format") {
		t.Errorf("%s", f.Error)
	}
}

func TestDarktraceFaults(t *testing.T) {
	for _, tc := range []struct {
		fault   string
		outcome engine.Outcome
		says    string
	}{
		{"rate on=incidentevents", engine.Ok, "waiting"},
		{"reset on=modelbreaches", engine.Ok, "waiting"},
		{"reset on=modelbreaches retry_after=2h", engine.Failed, "more than the 5m0s allowed: run again later"},
		{"gateway on=modelbreaches times=3", engine.Ok, "502"},
		{"drop on=modelbreaches after=1 times=2", engine.Ok, "no answer"},
		{"error on=incidentevents after=2 times=4", engine.Ok, "the window is halved"},
		{"large over=5h", engine.Ok, "the window is halved"},
		{"drop on=incidentevents after=2 times=5", engine.Ok, "the window is halved"},
		{"large over=30m on=modelbreaches", engine.Failed, "cannot be made smaller"},
		{"gateway on=incidentevents after=3 times=forever", engine.Failed, "smallest = 1h"},
		{"truncated on=incidentevents after=1", engine.Failed, "JSON"},
		{"login on=modelbreaches after=3", engine.Failed, "redirects to /login"},
		{"input on=modelbreaches after=1", engine.Failed, "INPUT ERROR"},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			w := newDarkWorld(t, some)
			f, err := darktrace.ParseFault(tc.fault)
			if err != nil {
				t.Fatal(err)
			}
			f.RetryAfter = cmp.Or(f.RetryAfter, time.Second)
			w.dark.Inject(f)
			report := w.run()
			heard := w.log.String()
			for _, f := range report.Flows {
				heard += f.Error
			}
			if report.Outcome != tc.outcome || !strings.Contains(heard, tc.says) {
				t.Errorf("outcome %s, want %s and %q:\n%s", report.Outcome, tc.outcome, tc.says, heard)
			}
			if other := flowOf(report, "ai_analyst"); strings.Contains(tc.fault, "modelbreaches") && (other.Error != "" || other.Created == 0) {
				t.Errorf("the other flow: %+v", other)
			}
			w.dark.ClearFaults()
			w.mustRun(engine.Ok)
			w.complete()
		})
	}
}

func TestDarktraceTimeoutHalves(t *testing.T) {
	w := newDarkWorld(t, some)
	w.params["timeout"], w.params["historical"] = "1s", "1"
	w.edit = []string{"param.timeout\n", "param.timeout\n  retries = 0\n"}
	f, err := darktrace.ParseFault("slow on=modelbreaches delay=1m")
	if err != nil {
		t.Fatal(err)
	}
	w.dark.Inject(f)
	w.mustRun(engine.Ok)
	// The call that took too long is noted when it is given up, maybe after the halves.
	if got := w.asked("/modelbreaches"); len(got) != 3 || !slices.Contains(got, "-24..-12-") || !slices.Contains(got, "-12..0-") {
		t.Errorf("asked for %v", got)
	}
}

// What an analyst does on the appliance later arrives in the event that is there.
func TestDarktraceAcknowledgedLater(t *testing.T) {
	w := newDarkWorld(t, func(o *darktrace.Options) { o.Incidents, o.Breaches = 1, 1 })
	w.mustRun(engine.Ok)
	incident, breach := w.dark.Incidents()[0], w.dark.Breaches()[0]
	incident["acknowledged"], incident["aiaScore"] = true, 99.5
	w.dark.PutIncident(incident)
	breach["acknowledged"] = map[string]any{"username": "analyst.two"}
	w.dark.PutBreach(breach)
	w.mustRun(engine.Ok)
	got := w.ids()
	if e := got[fmt.Sprint(incident["id"])]; e.Attributes["Acknowledged"] != "True" || e.Attributes["Score"] != "99.5" {
		t.Errorf("%v", e)
	}
	if e := got[fmt.Sprint(breach["pbid"])]; e.Attributes["Acknowledged"] != "True" || e.Attributes["Acknowledged By"] != "analyst.two" {
		t.Errorf("%v", e)
	}
	w.complete()
}

// A breach that is recorded long after its activity is found by its creation.
func TestDarktraceLateRecord(t *testing.T) {
	w := newDarkWorld(t, some)
	w.mustRun(engine.Ok)
	late := w.dark.Breaches()[0]
	late["pbid"], late["time"], late["creationTime"] = 99_001, start.Add(-90*24*time.Hour).UnixMilli(), start.Add(-5*time.Hour).UnixMilli()
	w.dark.PutBreach(late)
	w.mustRun(engine.Ok)
	if _, ok := w.ids()["99001"]; !ok {
		t.Error("the late breach is missing")
	}
}

// A plain address of an appliance is spoken to with TLS: tokens do not travel in the clear.
func TestDarktraceNeverPlain(t *testing.T) {
	w := newDarkWorld(t)
	w.params["host"], w.params["timeout"] = "http://darktrace.invalid/login", "1s"
	w.edit = []string{"param.timeout\n", "param.timeout\n  retries = 0\n"}
	if f := flowOf(w.mustRun(engine.Failed), "ai_analyst"); !strings.Contains(f.Error, "https://darktrace.invalid") {
		t.Errorf("%s", f.Error)
	}
}

// What keeps a run from working is told in a way that can be acted upon, and in every flow.
func TestDarktraceRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		fault  string
		change func(*darkWorld)
		says   string
	}{
		{name: "private token", params: map[string]string{"private_token": "not-the-one"}, says: "API SIGNATURE ERROR: check the private token"},
		{name: "public token", params: map[string]string{"public_token": "not-the-one"}, says: "redirects to /login, as where it asks to log in: check the public token"},
		{name: "clock", fault: "clock times=forever", says: "check the clock of this machine"},
		{name: "permission", fault: "forbidden times=forever", says: "the tokens are good, but their user lacks a permission"},
		{name: "login page", fault: "login-page times=forever", says: "answered with its login page"},
		{name: "error with 200", fault: "says-error times=forever", says: "answered ERROR"},
		{name: "broken JSON", fault: "truncated times=forever", says: "JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := exporting(t, func(o *darktrace.Options) { o.Incidents, o.Breaches = 5, 5 })
			for k, v := range tc.params {
				w.params[k] = v
			}
			if tc.fault != "" {
				f, err := darktrace.ParseFault(tc.fault)
				if err != nil {
					t.Fatal(err)
				}
				w.dark.Inject(f)
			}
			report := w.run()
			if report.Outcome != engine.Failed {
				t.Errorf("outcome %s", report.Outcome)
			}
			for _, f := range report.Flows {
				if !strings.Contains(f.Error, tc.says) {
					t.Errorf("%s says %q, want %q", f.Name, f.Error, tc.says)
				}
			}
			if n := len(w.dark.Journal()); n > 4 {
				t.Errorf("%d requests: what cannot work is asked for once", n)
			}
			if log := w.log.String(); strings.Contains(log, darktrace.DefaultPrivateToken) || strings.Contains(log, "not-the-one") {
				t.Error("a token is in the log")
			}
		})
	}
}

// A state that is lost costs time, not duplicates: both sides are found as they are.
func TestDarktraceLostState(t *testing.T) {
	w := exporting(t, some)
	w.mustRun(engine.Ok)
	before := len(w.events())
	w.dir = t.TempDir()
	w.dark.ResetJournal()
	again := w.mustRun(engine.Ok)
	for _, f := range again.Flows {
		if f.Created != 0 || f.Updated != 0 {
			t.Errorf("%+v", f)
		}
	}
	if posts := w.posts(); len(posts) != 0 || len(w.events()) != before {
		t.Errorf("sent %v; %d events, then %d", posts, before, len(w.events()))
	}
}
