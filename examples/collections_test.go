package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/threatq"
	"tqmap/runtime"
)

const exporter = `
connector "blocker" {
  title  = "Blocker"
  source = "Blocker"
}
param "url" { type = string }
param "collections" { type = string }
param "since" { type = time }
client "api" { base_url = param.url }
flow "block" {
  when = param.collections != null
  source "threatq" {
    collections   = [for name in split(",", param.collections) : trimspace(name)]
    page_size     = 10
    changed_since = param.since
    SOURCE
  }
  record "indicator" {
    let = {
      host = expr("indicator.type == 'FQDN' ? lower(indicator.value) : nil")
      tlp  = expr("len(indicator.sources) > 0 ? indicator.sources[0].tlp : nil")
    }
    key = expr("indicator.host ?? string(indicator.id)")
    skip "no host" {
      when = expr("indicator.host == nil")
      by   = expr("indicator.type")
      warn = true
    }
  }
  sink "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/block"
      json   = { host = expr("indicator.host"), status = expr("indicator.status"), tlp = expr("indicator.tlp"), in = expr("indicator.collection") }
    }
  }
}
`

// blocker is a product that takes hosts, beside a library of n indicators.
type blocker struct {
	*world
	product string
	mapping string // with SOURCE for what the source says more
	mu      sync.Mutex
	hosts   []map[string]any
}

func newBlocker(t *testing.T, n int) *blocker {
	b := &blocker{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), log: &syncBuffer{}}, mapping: exporter}
	var err error
	if b.library, err = threatq.Open(context.Background(), threatq.Options{Now: b.clock.Now, TokenLife: 1000 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.library.Close() })
	if err := b.library.Stock(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	b.host = b.serve(b.library.Handler())
	b.product = b.serve(http.HandlerFunc(b.take))
	return b
}

func (b *blocker) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var host map[string]any
	if err := json.Unmarshal(body, &host); err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hosts = append(b.hosts, host)
}

// send runs the export afresh, with the faults given, and returns what was sent.
func (b *blocker) send(params map[string]string, source string, faults ...string) (*engine.FlowReport, []map[string]any) {
	b.t.Helper()
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(strings.Replace(b.mapping, "SOURCE", source, 1))}}, Names: []string{"m.hcl"}}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		b.t.Fatal(diags)
	}
	b.library.ClearFaults()
	for _, text := range faults {
		f, err := threatq.ParseFault(text)
		if err != nil {
			b.t.Fatal(err)
		}
		b.library.Inject(f)
	}
	given := map[string]dsl.Given{"url": dsl.Text(b.product, "test")}
	for name, value := range params {
		given[name] = dsl.Text(value, "test")
	}
	b.hosts = nil
	report, err := (&runtime.Job{
		Mapping: m, Instance: "blocker", Dir: b.t.TempDir(), Now: b.clock.Now(),
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: b.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(b.log, nil)), OnSecret: func(string) {},
	}).Run(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return report.Flows[0], b.hosts
}

// held are the hosts that the library holds in a data collection.
func (b *blocker) held(tag string) (out []string) {
	b.t.Helper()
	query := map[string]any{"criteria": map[string]any{"tag_name": tag, "type_name": "FQDN"}, "fields": []string{"value"}}
	for _, row := range b.call("POST", "/api/indicators/query", query)["data"].([]any) {
		out = append(out, row.(map[string]any)["value"].(string))
	}
	slices.Sort(out)
	return out
}

func sentHosts(sent []map[string]any) (out []string) {
	for _, host := range sent {
		out = append(out, fmt.Sprint(host["host"]))
	}
	slices.Sort(out)
	return out
}

func TestCollectionsAgainstTheLibrary(t *testing.T) {
	b := newBlocker(t, 300)
	for _, source := range []string{``, `paging = "cursor"`, `sort = "-updated_at,-id"`, "paging = \"cursor\"\n    sort = \"-touched_at,id\""} {
		f, sent := b.send(map[string]string{"collections": "Block List"}, source)
		want := b.held("block")
		if got := sentHosts(sent); f.Error != "" || len(f.Notes) > 0 || f.Fetched != 150 || !slices.Equal(got, want) {
			t.Errorf("%s: %+v\nsent %v\nwant %v", source, f, got, want)
		}
		if sum := f.Skipped + len(sent); sum != 150 || f.SkippedBy["no host: IP Address"] == 0 {
			t.Errorf("%s: %v", source, f.SkippedBy)
		}
	}
	if n := strings.Count(b.log.String(), "left out: no host: IP Address"); n != 4 {
		t.Errorf("%d warnings in 4 runs, want one each", n)
	}
	f, sent := b.send(map[string]string{"collections": "Watch List, All Indicators, Block List"}, ``)
	from := map[any]int{}
	for _, host := range sent {
		from[host["in"]]++
	}
	if f.Fetched != 300 || from["Block List"] != 0 || from["Watch List"] != len(b.held("watch")) {
		t.Errorf("%+v %v: each object comes once, from the first", f, from)
	}
	statuses, labels := map[any]bool{}, map[any]bool{}
	for _, host := range sent {
		statuses[host["status"]], labels[host["tlp"]] = true, true
	}
	if len(statuses) < 4 || !labels["RED"] || !labels["AMBER+STRICT"] || !labels["CLEAR"] || !labels[nil] {
		t.Errorf("statuses %v, labels %v", statuses, labels)
	}
}

func TestCollectionsOfOthers(t *testing.T) {
	b := newBlocker(t, 100)
	f, sent := b.send(map[string]string{"collections": "Drafts, Block list, Watch List"}, ``)
	if len(f.Notes) != 2 || !strings.Contains(f.Notes[0], `"Drafts"`) || !strings.Contains(f.Notes[0], "until it is shared") ||
		!strings.Contains(f.Notes[1], `did you mean "Block List"`) || len(sent) != len(b.held("watch")) {
		t.Errorf("%+v, %d sent", f, len(sent))
	}
	if f, _ = b.send(map[string]string{"collections": "Drafts"}, ``); f.Err == nil || f.Fetched > 0 {
		t.Errorf("%+v", f)
	}
	if err := b.library.Share(context.Background(), "Drafts"); err != nil {
		t.Fatal(err)
	}
	if f, _ = b.send(map[string]string{"collections": "Drafts"}, ``); f.Err != nil || f.Fetched != 2 {
		t.Errorf("%+v", f)
	}
	if f, _ = b.send(nil, ``); !f.LeftOut {
		t.Errorf("%+v without any name", f)
	}
}

// Somebody works in the library while a collection is read: what stays in it is never missed.
func TestCollectionsWhileSomebodyWorks(t *testing.T) {
	const page = ":POST /api/indicators/query:1@2"
	for _, source := range []string{``, `sort = "-touched_at,-id"`, `paging = "cursor"`} {
		for _, faults := range [][]string{
			{"delete=1" + page}, {"untag=1/block" + page, "tag=2/block" + page}, {"untag=21/block" + page}, {"touch=1" + page},
			{"touch=99" + page}, {"delete=1" + page, "delete=3" + page, "delete=5" + page, "touch=97" + page, "tag=98/block" + page},
		} {
			if source == `paging = "cursor"` && strings.HasPrefix(faults[0], "touch") {
				continue
			}
			b := newBlocker(t, 100)
			b.clock.advance(time.Minute)
			f, sent := b.send(map[string]string{"collections": "Block List"}, source, faults...)
			if f.Error != "" {
				t.Fatal(f.Error)
			}
			got := sentHosts(sent)
			for _, host := range b.held("block") {
				if !slices.Contains(got, host) && host != "host-1.zone-1.example" {
					t.Errorf("%s %v: %s was not sent", source, faults, host)
				}
			}
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("%s %v: sent twice: %v", source, faults, got)
			}
		}
	}
}

func TestCollectionsHeldBack(t *testing.T) {
	b := newBlocker(t, 100)
	for _, tc := range []struct {
		fault string
		notes int
		err   bool
	}{
		{"empty-page:POST /api/indicators/query:1@2", 1, false},
		{"no-total:POST /api/indicators/query:-1", 0, false},
		{"total=70:POST /api/indicators/query:-1", 1, false},
		{"total=7:POST /api/indicators/query:-1", 0, false},
		{"empty-object:POST /api/indicators/query:1@1", 0, true},
		{"truncate:POST /api/indicators/query:-1", 0, true},
	} {
		f, sent := b.send(map[string]string{"collections": "Block List"}, ``, tc.fault)
		if len(f.Notes) != tc.notes || (f.Err != nil) != tc.err {
			t.Errorf("%s: notes %q, error %v", tc.fault, f.Notes, f.Err)
		}
		if strings.Contains(tc.fault, "total") && len(sent) != len(b.held("block")) {
			t.Errorf("%s: %d sent", tc.fault, len(sent))
		}
	}
}

func TestCollectionsChangedSince(t *testing.T) {
	b := newBlocker(t, 100)
	b.clock.advance(time.Hour)
	since := b.clock.Now().Format(time.RFC3339)
	for i, change := range []func(){
		func() { b.call("PUT", "/api/indicators/11", map[string]any{"status": "Whitelisted"}) },
		func() {
			b.call("POST", "/api/indicators/21/attributes", map[string]any{"name": "Disposition", "value": "Clean"})
		},
		func() {
			b.call("POST", "/api/indicators/31/sources", map[string]any{"name": "Sandbox Feed", "tlp_id": 1})
		},
	} {
		change()
		f, _ := b.send(map[string]string{"collections": "Block List", "since": since}, ``)
		if f.Fetched != i+1 {
			t.Errorf("%d objects after %d changes, the first of them in the second that is asked from", f.Fetched, i+1)
		}
		b.clock.advance(time.Minute)
	}
}
