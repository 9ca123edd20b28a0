package examples_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/darktrace"
)

// exporting is a library with two collections, of five entries in all.
func exporting(t *testing.T, change ...func(*darktrace.Options)) *darkWorld {
	w := newDarkWorld(t, change...)
	w.collect("Block")
	w.collect("Second")
	w.put("FQDN", []string{"evil.example", "Bad.Example."}, "Block")
	w.put("FQDN", []string{"both.example"}, "Block", "Second")
	w.put("IP Address", []string{"198.51.100.7"}, "Block")
	w.put("FQDN", []string{"other.example", "bad.example"}, "Second")
	w.put("ASN", []string{"AS64500"}, "Block", "Second")
	w.put("SHA-256", []string{strings.Repeat("ab", 32)}, "Second")
	w.params["collections"] = " Block, ,Second "
	return w
}

func TestExportOnce(t *testing.T) {
	w := exporting(t)
	first := w.watch(engine.Ok)
	if got := w.watched("ThreatQ"); got != "198.51.100.7 bad.example both.example evil.example other.example" {
		t.Errorf("watched: %s", got)
	}
	posts := w.posts()
	if len(posts) != 1 || len(posts[0]) != 3 || posts[0]["source"] != "ThreatQ" || posts[0]["description"] != "Exported from ThreatQ" || strings.Count(posts[0]["addlist"], ",") != 4 {
		t.Errorf("sent: %v", posts)
	}
	if first.Created != 5 || first.SkippedBy["unsupported type: ASN"] != 1 || first.SkippedBy["unsupported type: SHA-256"] != 1 {
		t.Errorf("%+v", first)
	}
	second := w.watch(engine.Ok)
	if posts := w.posts(); len(posts) != 0 || second.Unchanged != 5 || second.Created != 0 {
		t.Errorf("the second run sent %v: %+v", posts, second)
	}
}

// The keys of a body stand in alphabetical order, and nothing asks the appliance to act by itself.
func TestExportBodyAsSent(t *testing.T) {
	w := newDarkWorld(t)
	w.collect("Block")
	w.put("FQDN", []string{"evil.example"}, "Block")
	w.params["collections"], w.params["source_name"], w.params["days_to_expiration"] = "Block", " SOC & Co ", "30"
	w.watch(engine.Ok)
	calls := w.dark.Journal()
	last := calls[len(calls)-1]
	if want := `{"addlist":"evil.example","description":"Exported from ThreatQ","expiry":"2024-06-13T09:00:00","source":"SOC & Co"}`; last.Body != want || last.Query != "" {
		t.Errorf("sent ?%s %s", last.Query, last.Body)
	}
	if held := calls[len(calls)-2]; held.Path != "/intelfeed" || held.Query != "fulldetails=true&source=SOC%20%26%20Co" {
		t.Errorf("asked %s?%s", held.Path, held.Query)
	}
}

func TestExportChanges(t *testing.T) {
	for policy, want := range map[string]string{
		"keep":   "198.51.100.7 bad.example both.example evil.example new.example other.example",
		"remove": "198.51.100.7 bad.example both.example new.example other.example",
	} {
		t.Run(policy, func(t *testing.T) {
			w := exporting(t)
			w.params["left_policy"] = policy
			w.watch(engine.Ok)
			w.dark.Watch("Default", darktrace.Entry{Name: "evil.example"})
			w.drop("evil.example")
			w.put("FQDN", []string{"new.example"}, "Block")
			f := w.watch(engine.Ok)
			if got := w.watched("ThreatQ"); got != want {
				t.Errorf("watched: %s", got)
			}
			if got := w.watched("Default"); got != "evil.example" {
				t.Errorf("of another source: %s", got)
			}
			posts := w.posts()
			if posts[0]["addlist"] != "new.example" && posts[len(posts)-1]["addlist"] != "new.example" {
				t.Errorf("sent: %v", posts)
			}
			if removed := slices.IndexFunc(posts, func(p map[string]string) bool {
				return p["removeentry"] == "evil.example" && p["source"] == "ThreatQ" && len(p) == 2
			}); (removed >= 0) != (policy == "remove") {
				t.Errorf("sent: %v: %+v", posts, f)
			}
			if w.watch(engine.Ok); len(w.posts()) != 0 {
				t.Errorf("the third run sent %v", w.posts())
			}
		})
	}
}

// One entry of 500 that the appliance does not take: the others arrive, it is told once.
func TestExportBadEntry(t *testing.T) {
	w := newDarkWorld(t)
	w.collect("Block")
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("h%03d.example", i))
	}
	names[321] = "no_domain"
	w.put("FQDN", names, "Block")
	w.put("FQDN", []string{"a,b.example", "two words.example"}, "Block")
	w.params["collections"] = "Block"
	f := w.watch(engine.Partial)
	if got := len(w.dark.Watched("ThreatQ")); got != 499 || f.Created != 499 || f.Dead != 1 || f.SkippedBy["no value that a list can hold"] != 2 {
		t.Errorf("%d watched: %+v", got, f)
	}
	if got := w.letters(); len(got) != 1 || got[0] != "no_domain" {
		t.Errorf("dead letters: %v", got)
	}
	w.watch(engine.Ok)
	if posts := w.posts(); len(posts) != 0 {
		t.Errorf("the second run sent %d requests", len(posts))
	}
}

func TestExportBatches(t *testing.T) {
	w := newDarkWorld(t)
	w.collect("Block")
	var short, long []string
	for i := range 700 {
		short = append(short, fmt.Sprintf("h%03d.example", i))
	}
	for i := range 300 {
		long = append(long, fmt.Sprintf("%s.l%03d.example", strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 59)+".", 4), "."), i))
	}
	w.put("FQDN", short, "Block")
	w.put("FQDN", long, "Block")
	w.params["collections"] = "Block"
	w.watch(engine.Ok)
	for _, c := range w.dark.Journal() {
		if n := strings.Count(c.Body, ".example"); len(c.Body) > 64000 || n > 500 {
			t.Errorf("%d entries in %d bytes", n, len(c.Body))
		}
	}
	if got := len(w.dark.Watched("ThreatQ")); got != 1000 || len(w.posts()) < 3 {
		t.Errorf("%d watched, by %d requests", got, len(w.posts()))
	}
}

func TestExportRenewsAndExpires(t *testing.T) {
	w := newDarkWorld(t)
	w.collect("Block")
	w.put("FQDN", []string{"evil.example", "bad.example"}, "Block")
	w.params["collections"], w.params["days_to_expiration"] = "Block", "4"
	w.watch(engine.Ok)
	if got := w.watched("ThreatQ"); got != "bad.example@18T09:00 evil.example@18T09:00" {
		t.Fatalf("watched: %s", got)
	}
	w.clock.advance(47 * time.Hour)
	if w.watch(engine.Ok); len(w.posts()) != 0 {
		t.Errorf("more than half of the time is left, and it sent %v", w.posts())
	}
	w.dark.Watch("ThreatQ", darktrace.Entry{Name: "bad.example"}) // by hand, without end
	if w.watch(engine.Ok); len(w.posts()) != 1 || w.posts()[0]["addlist"] != "bad.example" {
		t.Errorf("an entry without end is to get one: %v", w.posts())
	}
	w.clock.advance(time.Hour)
	if w.watch(engine.Ok); len(w.posts()) != 1 || w.posts()[0]["addlist"] != "evil.example" {
		t.Errorf("half of the time is over, and it sent %v", w.posts())
	}
	w.clock.advance(10 * 24 * time.Hour) // nobody renewed
	if got := w.watched("ThreatQ"); got != "" {
		t.Fatalf("watched: %s", got)
	}
	if f := w.watch(engine.Ok); len(w.dark.Watched("ThreatQ")) != 2 {
		t.Errorf("%+v", f)
	}
}

func TestExportOfWhatIsThere(t *testing.T) {
	w := exporting(t)
	w.dark.Watch("ThreatQ", darktrace.Entry{Name: "evil.example"})
	w.dark.Watch("Other", darktrace.Entry{Name: "bad.example"})
	w.watch(engine.Ok)
	if got := w.posts(); len(got) != 1 || strings.Contains(got[0]["addlist"], "evil.example") || !strings.Contains(got[0]["addlist"], "bad.example") {
		t.Errorf("sent: %v", got)
	}
	w.dark.Unwatch("ThreatQ", "evil.example") // an analyst deletes it
	w.watch(engine.Ok)
	if got := w.posts(); len(got) != 1 || got[0]["addlist"] != "evil.example" {
		t.Errorf("sent: %v", got)
	}
}

// The answer is lost, the entries are there: the next run finds them.
func TestExportLostAnswer(t *testing.T) {
	w := exporting(t)
	w.dark.Inject(darktrace.Fault{Kind: darktrace.FaultDropAfter, On: "POST:intelfeed", Times: 2})
	w.watch(engine.Ok) // repeated within the run, which changes nothing
	if got := w.watched("ThreatQ"); strings.Count(got, " ") != 4 {
		t.Errorf("watched: %s", got)
	}
	w.put("FQDN", []string{"new.example"}, "Block")
	w.dark.Inject(darktrace.Fault{Kind: darktrace.FaultDropAfter, On: "POST:intelfeed", Times: darktrace.Forever})
	if f := w.watch(engine.Partial); f.Created != 0 || f.Failed != 1 {
		t.Errorf("%+v", f)
	}
	w.dark.ClearFaults()
	if w.watch(engine.Ok); len(w.posts()) != 0 || !strings.Contains(w.watched("ThreatQ"), "new.example") {
		t.Errorf("sent again: %v", w.posts())
	}
}

func TestExportNoDifferential(t *testing.T) {
	w := exporting(t)
	w.watch(engine.Ok)
	w.params["no_differential"] = "true"
	if w.watch(engine.Ok); len(w.posts()) != 1 || strings.Count(w.posts()[0]["addlist"], ",") != 4 {
		t.Errorf("sent: %v", w.posts())
	}
	delete(w.params, "no_differential")
	if w.watch(engine.Ok); len(w.posts()) != 0 {
		t.Errorf("sent: %v", w.posts())
	}
}

func TestExportUnknownCollection(t *testing.T) {
	w := exporting(t)
	w.params["collections"] = "Nothing, Second"
	f := w.watch(engine.Partial)
	if got := w.watched("ThreatQ"); got != "bad.example both.example other.example" || !strings.Contains(strings.Join(f.Notes, "\n"), "Nothing") {
		t.Errorf("watched %s: %+v", got, f)
	}
	w.params["left_policy"] = "remove" // but what is not seen is not gone
	w.watch(engine.Partial)
	if got := w.watched("ThreatQ"); got != "bad.example both.example other.example" {
		t.Errorf("watched %s", got)
	}
	w.params["collections"] = "Nothing"
	if f := w.watch(engine.Failed); !strings.Contains(f.Error, "Nothing") {
		t.Errorf("%+v", f)
	}
	w.params["collections"] = ""
	if f := w.watch(engine.Ok); !f.LeftOut || len(w.posts()) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestExportDryRun(t *testing.T) {
	w := exporting(t)
	job := w.job()
	job.DryRun = true
	report, err := job.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f := flowOf(report, "watched")
	if got := w.watched("ThreatQ"); got != "" || f.Created != 5 || !slices.Contains(f.Plan, `+ item "evil.example"`) {
		t.Errorf("watched %q: %+v", got, f)
	}
}

// Appliances before version 6 take forms only.
func TestExportAsForm(t *testing.T) {
	w := exporting(t)
	w.params["body_format"], w.params["source_name"], w.params["left_policy"], w.params["days_to_expiration"] = "form", "A & B", "remove", "2"
	w.watch(engine.Ok)
	calls := w.dark.Journal()
	want := "addlist=evil.example%2Cbad.example%2Cboth.example%2C198.51.100.7%2Cother.example&description=Exported%20from%20ThreatQ&expiry=2024-05-16T09%3A00%3A00&source=A%20%26%20B"
	if last := calls[len(calls)-1]; last.Body != want {
		t.Errorf("sent %s", last.Body)
	}
	w.drop("evil.example")
	w.watch(engine.Ok)
	if got := w.watched("A & B"); strings.Contains(got, "evil") || strings.Count(got, "@16T09:00") != 4 {
		t.Errorf("watched: %s", got)
	}
}

func TestExportSettings(t *testing.T) {
	for _, tc := range []struct{ param, value, says string }{
		{"source_name", strings.Repeat("x", 64), "up to 63 characters"},
		{"days_to_expiration", "-1", "whole number of days"},
		{"days_to_expiration", "a week", "days_to_expiration"},
		{"historical", "0", "at least one day"},
	} {
		w := exporting(t)
		w.params[tc.param] = tc.value
		if _, err := w.job().Run(context.Background()); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s = %s: %v", tc.param, tc.value, err)
		}
		if n := len(w.dark.Journal()); n > 0 {
			t.Errorf("%s = %s: %d requests", tc.param, tc.value, n)
		}
	}
	w := exporting(t)
	w.params["source_name"], w.params["days_to_expiration"] = " ", "0"
	w.watch(engine.Ok)
	if got := w.watched("ThreatQ"); strings.Count(got, " ") != 4 {
		t.Errorf("watched: %s", got)
	}
}

// A list that takes no answer at all is not asked for each entry: what fails by halves is given up.
func TestExportToAListThatIsDown(t *testing.T) {
	w := newDarkWorld(t)
	w.collect("Block")
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("h%03d.example", i))
	}
	w.put("FQDN", names, "Block")
	w.params["collections"] = "Block"
	w.dark.Inject(darktrace.Fault{Kind: darktrace.FaultGateway, On: "POST:intelfeed", Times: darktrace.Forever})
	f := flowOf(w.run(), "watched")
	if n := len(w.posts()); n > 9*4 || len(w.letters()) > 0 || f.Created != 0 {
		t.Errorf("%d requests, %d dead letters: %+v", n, len(w.letters()), f)
	}
	w.dark.ClearFaults()
	w.dark.Inject(darktrace.Fault{Kind: darktrace.FaultGateway, On: "POST:intelfeed", Times: 4}) // once is too much at a time
	f = w.watch(engine.Ok)
	if got := len(w.dark.Watched("ThreatQ")); got != 200 {
		t.Errorf("%d watched: %+v", got, f)
	}
}

// The right to edit the list is one of its own: without it, alerts still come in.
func TestExportWithoutPermission(t *testing.T) {
	w := exporting(t, some)
	w.dark.Inject(darktrace.Fault{Kind: darktrace.FaultForbidden, On: "intelfeed", Times: darktrace.Forever})
	report := w.run()
	if f := flowOf(report, "watched"); report.Outcome != engine.Failed || !strings.Contains(f.Error, "Edit Domains") {
		t.Errorf("%s: %+v", report.Outcome, f)
	}
	w.complete()
}

// A good status alone does not say that entries were taken.
func TestExportAnswerIsNoSuccess(t *testing.T) {
	for fault, says := range map[string]string{"says-error": "not SUCCESS but ERROR", "login-page": "a web page"} {
		w := exporting(t)
		w.dark.Inject(darktrace.Fault{Kind: fault, On: "POST:intelfeed"})
		if f := flowOf(w.run(), "watched"); !strings.Contains(f.Error, says) || f.Created != 0 {
			t.Errorf("%s: %+v", fault, f)
		}
		w.watch(engine.Ok)
		if got := len(w.dark.Watched("ThreatQ")); got != 5 {
			t.Errorf("%s: %d watched", fault, got)
		}
	}
}

// An indicator of another type by now is none of the export's.
func TestExportTypeChanges(t *testing.T) {
	w := exporting(t)
	w.params["left_policy"] = "remove"
	w.watch(engine.Ok)
	w.drop("evil.example")
	w.put("Filename", []string{"evil.example"}, "Block")
	w.watch(engine.Ok)
	if got := w.watched("ThreatQ"); strings.Contains(got, "evil") || strings.Count(got, " ") != 3 {
		t.Errorf("watched: %s", got)
	}
}
