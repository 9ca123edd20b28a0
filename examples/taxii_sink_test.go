package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/taxii"
	"tqmap/examples/threatq"
	"tqmap/runtime"
)

// thing is an object in the list that is exported.
type thing struct {
	ID      int     `json:"id"`
	Kind    string  `json:"kind"`
	Type    string  `json:"type"`
	Value   string  `json:"value"`
	Created string  `json:"created"`
	Updated string  `json:"updated"`
	TLP     string  `json:"tlp"`
	Related []thing `json:"related"`
}

const bornAt = "2024-05-01T00:00:00Z"

func host(id int, value string, related ...thing) thing {
	return thing{ID: id, Kind: "indicator", Type: "FQDN", Value: value, Created: bornAt, Updated: bornAt, TLP: "GREEN", Related: append([]thing{}, related...)}
}

func malware(id int, name string) thing {
	return thing{ID: id, Kind: "malware", Value: name, Created: bornAt, Updated: bornAt, TLP: "GREEN", Related: []thing{}}
}

// taxiiWorld is a TAXII server, and a list of things to be given to it by the mapping of the kind.
type taxiiWorld struct {
	*world
	taxii  *taxii.Simulator
	server string
	list   []thing
	edit   []string // of the mapping
	dry    bool
}

func newTAXIIWorld(t *testing.T, o taxii.Options) *taxiiWorld {
	t.Helper()
	w := &taxiiWorld{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), log: &syncBuffer{}}}
	var err error
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: w.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.library.Close() })
	w.host = w.serve(w.library.Handler())
	o.Now = w.clock.Now
	o.Roots = []taxii.Root{{Name: "api1", Collections: []taxii.Collection{{ID: taxii.DefaultCollection, Title: "Indicators"}}}}
	w.swap(o)
	w.server = w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/objects" {
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(map[string]any{"objects": append([]thing{}, w.list...)})
			return
		}
		w.taxii.Handler().ServeHTTP(rw, r)
	}))
	return w
}

func (w *taxiiWorld) swap(o taxii.Options) {
	w.t.Helper()
	var err error
	if w.taxii, err = taxii.New(o); err != nil {
		w.t.Fatal(err)
	}
}

// push runs once, and lets an hour pass.
func (w *taxiiWorld) push(want engine.Outcome) *engine.FlowReport {
	w.t.Helper()
	src, err := os.ReadFile("kinds/sink_taxii.hcl")
	if err != nil {
		w.t.Fatal(err)
	}
	samples, err := os.ReadFile("kinds/testdata/objects.json")
	if err != nil {
		w.t.Fatal(err)
	}
	edit := append([]string{`base_url = param.url`, "base_url = param.url\n  retry_wait = \"1ms\"\n  retries = 2\n  max_wait = \"2s\""}, w.edit...)
	text := strings.NewReplacer(edit...).Replace(string(src))
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}, "testdata/objects.json": {Data: samples}}, Names: []string{"m.hcl"}}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	w.taxii.ResetJournal()
	job := &runtime.Job{
		Mapping: m, Instance: "taxii", Dir: w.dir, Now: w.clock.Now(), Clock: w.clock.Now, DryRun: w.dry,
		Settings: runtime.Settings{Params: map[string]dsl.Given{"url": dsl.Text(w.server, "test"), "password": dsl.Text(taxii.DefaultPassword, "test")}, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, nil)), OnSecret: func(string) {},
	}
	report, err := job.Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.advance(time.Hour)
	f := flowOf(report, "objects")
	if report.Outcome != want {
		w.t.Fatalf("outcome %s, want %s: %+v\n%s", report.Outcome, want, f, w.log)
	}
	return f
}

// tell is what a report counts of items.
func tell(f *engine.FlowReport) string {
	c := f.Objects["items"]
	return fmt.Sprintf("+%d ~%d =%d -%d dead %d failed %d skipped %d", c.Created, c.Updated, c.Unchanged, c.Removed, f.Dead, f.Failed, f.Skipped)
}

func (w *taxiiWorld) wants(f *engine.FlowReport, counts string, posted int) {
	w.t.Helper()
	n := 0
	for _, c := range w.taxii.Journal() {
		n += c.Objects
	}
	if got := tell(f); got != counts || n != posted {
		w.t.Errorf("%s with %d objects sent, want %s with %d\n%s", got, n, counts, posted, w.log)
	}
}

// has are the objects of the server by type: their last versions.
func (w *taxiiWorld) has() map[string]int {
	last, out := map[string]string{}, map[string]int{}
	for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
		last[o.ID] = max(last[o.ID], o.Version)
	}
	for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
		kind, _, _ := strings.Cut(o.ID, "--")
		if strings.Contains(string(o.JSON), `"revoked":true`) {
			kind = "revoked " + kind
		}
		if o.Version == last[o.ID] {
			out[kind]++
		}
	}
	return out
}

func (w *taxiiWorld) wantsHeld(want map[string]int) {
	w.t.Helper()
	if got := w.has(); !maps.Equal(got, want) {
		w.t.Errorf("the server has %v, want %v", got, want)
	}
}

// An export over several runs: new, unchanged, changed, revoked.
func TestTAXIISink(t *testing.T) {
	for _, version := range []string{"2.0", "2.1"} {
		t.Run(version, func(t *testing.T) {
			w := newTAXIIWorld(t, taxii.Options{Versions: []string{version}})
			w.edit = []string{`collection = "Indicators"`, "collection = \"indicators \"\n    skipped = \"expire\""}
			wiper := malware(9, "Wiper")
			secret := host(3, "hunter2")
			secret.Type = "Password"
			w.list = []thing{host(1, "a.example", wiper), host(2, "b.example"), secret, wiper}

			w.dry = true
			w.wants(w.push(engine.Ok), "+3 ~0 =0 -0 dead 0 failed 0 skipped 1", 0)
			w.dry = false
			f := w.push(engine.Ok)
			w.wants(f, "+3 ~0 =0 -0 dead 0 failed 0 skipped 1", 6)
			if f.SkippedBy["indicator of type Password: no STIX pattern"] != 1 {
				t.Errorf("skipped by %v", f.SkippedBy)
			}
			w.wantsHeld(map[string]int{"identity": 1, "marking-definition": 1, "indicator": 2, "malware": 1, "relationship": 1})

			w.wants(w.push(engine.Ok), "+0 ~0 =3 -0 dead 0 failed 0 skipped 1", 0)
			if n := len(w.taxii.Journal()); n != 0 {
				t.Errorf("%d requests with nothing to send", n)
			}

			w.list[1].Updated = "2024-05-14T08:00:00Z"
			w.wants(w.push(engine.Ok), "+0 ~1 =2 -0 dead 0 failed 0 skipped 1", 3)

			w.list = slices.Delete(w.list, 0, 1) // one is gone
			w.list[0].Type = "Password"          // and one is no part of the export by now
			w.wants(w.push(engine.Ok), "+0 ~0 =1 -2 dead 0 failed 0 skipped 2", 4)
			w.wantsHeld(map[string]int{"identity": 1, "marking-definition": 1, "revoked indicator": 2, "malware": 1, "relationship": 1})
			w.wants(w.push(engine.Ok), "+0 ~0 =1 -0 dead 0 failed 0 skipped 2", 0)
			if strings.Contains(w.log.String(), "hunter2") {
				t.Error("a password is in the log")
			}
		})
	}
}

// What has changed without being touched is given a version of its own, which is kept until it is touched.
func TestTAXIIVersions(t *testing.T) {
	w := newTAXIIWorld(t, taxii.Options{})
	w.list = []thing{host(1, "a.example")}
	w.push(engine.Ok)
	w.list[0].TLP = "RED"
	w.wants(w.push(engine.Ok), "+0 ~1 =0 -0 dead 0 failed 0 skipped 0", 3)
	w.list[0].TLP = "AMBER"
	w.wants(w.push(engine.Ok), "+0 ~1 =0 -0 dead 0 failed 0 skipped 0", 3)
	var versions []string
	for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
		if strings.HasPrefix(o.ID, "indicator") {
			versions = append(versions, o.Version)
		}
	}
	if want := []string{"2024-05-01T00:00:00.000Z", "2024-05-14T10:00:00.000Z", "2024-05-14T11:00:00.000Z"}; !slices.Equal(versions, want) {
		t.Errorf("versions %v, want %v", versions, want)
	}
}

// What the server does not take is a dead letter, and does not keep back the others.
func TestTAXIIRefused(t *testing.T) {
	for name, why := range map[string]string{"failure": "no such pattern", "request": taxii.RefuseRequest} {
		t.Run(name, func(t *testing.T) {
			var bad string
			w := newTAXIIWorld(t, taxii.Options{Reject: func(id string) string {
				if id == bad {
					return why
				}
				return ""
			}})
			for i := range 20 {
				w.list = append(w.list, host(i+1, fmt.Sprintf("h%d.example", i)))
			}
			bad = "indicator--" // none
			w.push(engine.Ok)
			all := w.taxii.Objects(taxii.DefaultCollection)
			bad = all[len(all)-1].ID
			for i := range w.list {
				w.list[i].Updated = "2024-05-14T09:30:00Z"
			}
			f := w.push(engine.Partial)
			if got := tell(f); got != "+0 ~19 =0 -0 dead 1 failed 0 skipped 0" {
				t.Error(got)
			}
			if got := tell(w.push(engine.Ok)); got != "+0 ~0 =19 -0 dead 0 failed 0 skipped 1" {
				t.Errorf("it was sent again: %s", got)
			}
		})
	}
}

// A mistake of the mapping is a dead letter of its record.
func TestTAXIIInvalid(t *testing.T) {
	w := newTAXIIWorld(t, taxii.Options{})
	w.list = []thing{host(1, "a.example"), host(2, "b.example")}
	w.list[1].Created = "yesterday"
	f := w.push(engine.Partial)
	w.wants(f, "+1 ~0 =0 -0 dead 1 failed 0 skipped 0", 3)
}

// What is lost is sent again by the next run, and is there once.
func TestTAXIIFaults(t *testing.T) {
	for fault, want := range map[string]engine.Outcome{
		"drop-after on=post": engine.Ok, "error-after on=post": engine.Ok, "503 on=post retry_after=none": engine.Ok,
		"drop-after on=post times=3": engine.Failed, "500 on=post times=3": engine.Failed, "401 on=post": engine.Failed, "403 on=post": engine.Failed,
		"not-json on=post": engine.Failed, "truncated on=post": engine.Failed, "500 on=discovery times=3": engine.Failed, "500 on=status times=3": engine.Failed,
	} {
		t.Run(fault, func(t *testing.T) {
			o := taxii.Options{}
			if strings.Contains(fault, "on=status") {
				o.Pending = 1
			}
			w := newTAXIIWorld(t, o)
			wiper := malware(9, "Wiper")
			w.list = []thing{host(1, "a.example", wiper), host(2, "b.example"), wiper}
			f, err := taxii.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			w.taxii.Inject(f)
			w.push(want)
			if want != engine.Ok {
				w.push(engine.Ok)
			}
			if got := tell(w.push(engine.Ok)); got != "+0 ~0 =3 -0 dead 0 failed 0 skipped 0" {
				t.Error(got)
			}
			w.wantsHeld(map[string]int{"identity": 1, "marking-definition": 1, "indicator": 2, "malware": 1, "relationship": 1})
			seen := map[string]bool{}
			for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
				if seen[o.ID] {
					t.Errorf("%s is there twice", o.ID)
				}
				seen[o.ID] = true
			}
		})
	}
}

func report(id int, name string, related ...thing) thing {
	return thing{ID: id, Kind: "report", Value: name, Created: bornAt, Updated: bornAt, TLP: "GREEN", Related: append([]thing{}, related...)}
}

// A report is about what is related to it, whoever tells; one that is about nothing is left out. What it is about
// makes a difference.
func TestTAXIIReports(t *testing.T) {
	w := newTAXIIWorld(t, taxii.Options{})
	told, silent := report(8, "Told"), report(9, "Silent")
	secret := host(3, "hunter2", told)
	secret.Type = "Password"
	w.list = []thing{host(1, "a.example", told), secret, told, silent, report(7, "Tells", host(1, "a.example"), secret)}
	f := w.push(engine.Ok)
	w.wants(f, "+3 ~0 =0 -0 dead 0 failed 0 skipped 2", 5)
	if f.SkippedBy["report: refers to nothing that is sent"] != 1 {
		t.Errorf("skipped by %v", f.SkippedBy)
	}
	refs := func() (out []int) {
		for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
			if strings.HasPrefix(o.ID, "report--") {
				out = append(out, strings.Count(string(o.JSON), `"indicator--`))
			}
		}
		return out
	}
	if got := refs(); !slices.Equal(got, []int{1, 1}) {
		t.Errorf("the reports refer to %v objects", got)
	}
	w.wants(w.push(engine.Ok), "+0 ~0 =3 -0 dead 0 failed 0 skipped 2", 0)
	w.list = slices.Insert(w.list, 1, host(2, "b.example", told))
	w.wants(w.push(engine.Ok), "+1 ~1 =2 -0 dead 0 failed 0 skipped 2", 4)
	if got := refs(); !slices.Equal(got, []int{1, 1, 2}) {
		t.Errorf("the reports refer to %v objects", got)
	}
}
