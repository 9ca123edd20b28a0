package stix_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

const threatQ = "https://threatq.example.com"

var day = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

func graph(t testing.TB, c stix.Config) *stix.Graph {
	t.Helper()
	if c.Version == "" {
		c.Version = stix.V21
	}
	c.ThreatQ = threatQ
	g, err := stix.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func add(t testing.TB, g *stix.Graph, o stix.Object) string {
	t.Helper()
	if o.Created.IsZero() {
		o.Created = day
	}
	id, err := g.Add(o)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// decoded are the objects of a type.
func decoded(t testing.TB, g *stix.Graph, typ string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for e := range g.Objects() {
		var m map[string]any
		if err := json.Unmarshal(e.JSON, &m); err != nil {
			t.Fatal(err)
		}
		if m["type"] == typ && m["name"] != "ThreatQ" {
			out = append(out, m)
		}
	}
	return out
}

// one makes an object of its own.
func one(t testing.TB, c stix.Config, o stix.Object) map[string]any {
	t.Helper()
	g := graph(t, c)
	typ, _, _ := strings.Cut(add(t, g, o), "--")
	all := decoded(t, g, typ)
	if len(all) != 1 {
		t.Fatalf("%d objects of type %s", len(all), typ)
	}
	return all[0]
}

func ref(object, typ, value string) stix.Ref {
	return stix.Ref{Object: object, Type: typ, Value: value}
}

func TestNew(t *testing.T) {
	for problem, c := range map[string]stix.Config{
		`STIX version "2.2": not one of 2.0, 2.1`: {Version: "2.2", ThreatQ: threatQ},
		"the address of ThreatQ is missing":       {Version: stix.V20, ThreatQ: "/"},
		`default labels of "adversary": no type with labels; there are indicator, threat-actor`: {Version: stix.V20, ThreatQ: threatQ,
			DefaultLabels: map[string][]string{"adversary": {"hacker"}}},
		`default labels of "campaign"`: {Version: stix.V20, ThreatQ: threatQ, DefaultLabels: map[string][]string{"campaign": nil}},
	} {
		if _, err := stix.New(c); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v, want %s", err, problem)
		}
	}
}

// Without objects there is nothing to send, no identity either.
func TestNothing(t *testing.T) {
	g := graph(t, stix.Config{})
	if _, err := g.Add(stix.Object{Object: "event", Value: "x"}); err == nil {
		t.Error("an event is taken")
	}
	add(t, g, stix.Object{Object: "report", Value: "about nothing", TLP: []string{"RED"}})
	if all := slices.Collect(g.Objects()); len(all) != 0 {
		t.Errorf("%s", all[0].JSON)
	}
	for range g.Chunks(g.Objects(), stix.Limits{}) {
		t.Error("a chunk of nothing")
	}
}

// Two objects that name each other, one that names itself, and one that names another
// twice make one relationship each at most.
func TestCycles(t *testing.T) {
	g := graph(t, stix.Config{})
	add(t, g, stix.Object{Object: "adversary", Value: "A", Created: day, Modified: day.Add(time.Hour),
		Related: []stix.Ref{ref("malware", "", "M"), ref("malware", "", "M"), ref("adversary", "", "A"), ref("tool", "", "gone")}})
	add(t, g, stix.Object{Object: "malware", Value: "M", Created: day.Add(2 * time.Hour),
		Related: []stix.Ref{ref("adversary", "", "A"), ref("indicator", "FQDN", "c2.example"), ref("malware", "", "N")}})
	add(t, g, stix.Object{Object: "malware", Value: "N", Related: []stix.Ref{ref("malware", "", "M")}})
	add(t, g, stix.Object{Object: "indicator", Type: "FQDN", Value: "c2.example", Related: []stix.Ref{ref("adversary", "", "A")}})
	var got []string
	for _, r := range decoded(t, g, "relationship") {
		from, _, _ := strings.Cut(r["source_ref"].(string), "--")
		to, _, _ := strings.Cut(r["target_ref"].(string), "--")
		got = append(got, fmt.Sprintf("%s %s %s", from, r["relationship_type"], to))
		if from == "malware" && r["source_ref"].(string) > r["target_ref"].(string) {
			t.Error("source of related-to is not the smaller id")
		}
		if from == "threat-actor" && (r["created"] != "2026-11-01T10:00:00.000Z" || r["modified"] != "2026-11-01T10:00:00.000Z") {
			t.Errorf("created %s, modified %s: not the later of both ends", r["created"], r["modified"])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"indicator indicates malware", "indicator indicates threat-actor", "malware related-to malware", "threat-actor uses malware"}, got); diff != "" {
		t.Error(diff)
	}
}

// The order in which objects come makes no difference to a single byte.
func TestAnyOrder(t *testing.T) {
	c := readCollection(t, "testdata/collection.json")
	keys := []string{}
	for _, o := range c.Objects {
		keys = append(keys, o.Key)
	}
	var want string
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		g := graph(t, stix.Config{Version: stix.V20})
		for _, key := range keys {
			var skip *stix.Skip
			if _, err := g.Add(c.object(t, key)); err != nil && !errors.As(err, &skip) {
				t.Fatal(err)
			}
		}
		objects := slices.Collect(g.Objects())
		structure(t, stix.V20, objects)
		got := string(g.Bundle(objects))
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("order %v: %s", keys, cmp.Diff(want, got))
		}
	}
}

// An object that comes twice, from two collections, is the newer one of both.
func TestAgain(t *testing.T) {
	older := stix.Object{Object: "tool", Value: "T", Created: day, Modified: day, Description: "old", Related: []stix.Ref{ref("malware", "", "M")}}
	newer := older
	newer.Modified, newer.Description, newer.Related = day.Add(time.Second), "new", []stix.Ref{ref("campaign", "", "C")}
	for _, order := range [][]stix.Object{{older, newer}, {newer, older}, {newer, older, newer}} {
		g := graph(t, stix.Config{})
		for _, o := range order {
			add(t, g, o)
		}
		add(t, g, stix.Object{Object: "malware", Value: "M"})
		add(t, g, stix.Object{Object: "campaign", Value: "C"})
		if all := decoded(t, g, "tool"); len(all) != 1 || all[0]["description"] != "new" || all[0]["modified"] != "2026-11-01T08:00:01.000Z" {
			t.Errorf("%v", all)
		}
		if n := len(decoded(t, g, "relationship")); n != 2 {
			t.Errorf("%d relationships", n)
		}
	}
}

func TestReports(t *testing.T) {
	g := graph(t, stix.Config{Version: stix.V20})
	add(t, g, stix.Object{Object: "report", Value: "R", Published: day.AddDate(0, 0, -1), TLP: []string{"GREEN"}, Description: "text",
		Related: []stix.Ref{ref("indicator", "FQDN", "b.example"), ref("report", "", "S"), ref("indicator", "Password", "hunter2"), ref("event", "", "E")}})
	add(t, g, stix.Object{Object: "report", Value: "S", TLP: []string{"RED"}, Related: []stix.Ref{ref("report", "", "R")}})
	b := add(t, g, stix.Object{Object: "indicator", Type: "FQDN", Value: "b.example"})
	a := add(t, g, stix.Object{Object: "indicator", Type: "FQDN", Value: "a.example", Related: []stix.Ref{ref("report", "", "R")}})
	all := decoded(t, g, "report")
	if len(all) != 1 || all[0]["name"] != "R" || all[0]["published"] != "2026-10-31T08:00:00.000Z" || all[0]["description"] != "text" {
		t.Fatalf("%v", all)
	}
	want := []any{a, b}
	slices.SortFunc(want, func(x, y any) int { return strings.Compare(x.(string), y.(string)) })
	if diff := cmp.Diff(want, all[0]["object_refs"]); diff != "" {
		t.Error(diff)
	}
	if n := len(decoded(t, g, "relationship")); n != 0 {
		t.Errorf("%d relationships of reports", n)
	}
	if m := decoded(t, g, "marking-definition"); len(m) != 1 || !strings.Contains(m[0]["id"].(string), "34098fce") {
		t.Errorf("markings of what is not sent: %v", m)
	}
	left := g.Unreferenced()
	if len(left) != 1 || left[0].Reason != stix.NoRefs || left[0].Error() != `report "S": refers to nothing that is sent` || !strings.HasPrefix(left[0].ID, "report--") {
		t.Errorf("%v", left)
	}
	structure(t, stix.V20, slices.Collect(g.Objects()))
}

// What the target has from an earlier run can be referred to, and is not sent again.
func TestHas(t *testing.T) {
	all := graph(t, stix.Config{})
	actor := add(t, all, stix.Object{Object: "adversary", Value: "A", Created: day.Add(time.Hour)})
	g := graph(t, stix.Config{Has: func(id string) bool { return id == actor }})
	related := []stix.Ref{{Object: "adversary", Value: "A", Created: day.Add(time.Hour), Modified: day.Add(2 * time.Hour)},
		{Object: "malware", Value: "never sent", Created: day}, {Object: "adversary", Value: "A"}}
	add(t, g, stix.Object{Object: "tool", Value: "T", Related: related})
	add(t, g, stix.Object{Object: "report", Value: "R", Related: related})
	r := decoded(t, g, "relationship")
	if len(r) != 1 || r[0]["source_ref"] != actor || r[0]["created"] != "2026-11-01T09:00:00.000Z" || r[0]["modified"] != "2026-11-01T10:00:00.000Z" {
		t.Errorf("%v", r)
	}
	if rep := decoded(t, g, "report"); len(rep) != 1 || cmp.Diff([]any{actor}, rep[0]["object_refs"]) != "" {
		t.Errorf("%v", rep)
	}
	if n := len(decoded(t, g, "threat-actor")); n != 0 {
		t.Error("it is sent again")
	}
	add(t, g, stix.Object{Object: "adversary", Value: "A", Created: day.Add(time.Hour)})
	if n := len(decoded(t, g, "threat-actor")); n != 1 {
		t.Error("it is not sent, though the run has it")
	}
}

func TestExportable(t *testing.T) {
	for _, row := range []struct {
		network            bool
		object, typ, value string
		want               stix.Reason
	}{
		{false, "indicator", "URL", "http://a", ""},
		{false, "indicators", "CVE", "CVE-2026-0001", ""},
		{false, "Attack Pattern", "", "T1", ""},
		{false, "course-of-action", "", "x", ""},
		{false, "adversaries", "", "x", ""},
		{false, "report", "", "x", ""},
		{false, "event", "Sighting", "x", stix.NoType},
		{false, "signature", "Snort", "x", stix.NoType},
		{false, "attachment", "", "x", stix.NoType},
		{false, "asset", "", "x", stix.NoType},
		{false, "incident", "", "x", stix.NoType},
		{false, "ttp", "", "x", stix.NoType},
		{false, "", "", "x", stix.NoType},
		{false, "indicator", "Password", "x", stix.NoPattern},
		{false, "indicator", "IP Address", "x", stix.BadValue},
		{true, "indicator", "IP Address", "192.0.2.1", ""},
		{true, "indicator", "FQDN", "a.example", ""},
		{true, "indicator", "MD5", "a", stix.NoNetwork},
		{true, "indicator", "CVE", "CVE-2026-0001", stix.NoNetwork},
		{true, "indicator", "URL Path", "/", stix.NoNetwork},
		{true, "malware", "", "m", ""},
	} {
		g := graph(t, stix.Config{NetworkOnly: row.network})
		var skip *stix.Skip
		err := g.Exportable(row.object, row.typ, row.value)
		_, adds := g.Add(stix.Object{Object: row.object, Type: row.typ, Value: row.value, Created: day})
		if fmt.Sprint(err) != fmt.Sprint(adds) {
			t.Errorf("%v: exportable says %v, Add %v", row, err, adds)
		}
		if row.want == "" && err != nil || row.want != "" && (!errors.As(err, &skip) || skip.Reason != row.want) {
			t.Errorf("%v: %v", row, err)
		}
	}
}

// A mistake in what should be exported is told, not skipped.
func TestInvalid(t *testing.T) {
	good := stix.Object{Object: "malware", Value: "M", Created: day}
	with := func(change func(*stix.Object)) stix.Object { o := good; change(&o); return o }
	refer := func(r stix.Reference) stix.Object {
		return with(func(o *stix.Object) { o.References = []stix.Reference{{SourceName: "a", ExternalID: "1"}, r} })
	}
	for want, o := range map[string]stix.Object{
		"value: it is empty; give":                                       with(func(o *stix.Object) { o.Value = " " }),
		"created: it is missing; give":                                   with(func(o *stix.Object) { o.Created = time.Time{} }),
		"modified: the year 10000 has":                                   with(func(o *stix.Object) { o.Modified = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"valid_until: the year -1 has":                                   with(func(o *stix.Object) { o.ValidUntil = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) }),
		`tlp: "PURPLE" is no label`:                                      with(func(o *stix.Object) { o.TLP = []string{"GREEN", "PURPLE"} }),
		"external_references[1]: source":                                 refer(stix.Reference{ExternalID: "x"}),
		"external_references[1]: it ref":                                 refer(stix.Reference{SourceName: "x"}),
		`external_references[1]: source_name and external_id do not fit`: refer(stix.Reference{SourceName: "cve", ExternalID: "CVE-1"}),
		"external_references[1]: source_name and":                        refer(stix.Reference{SourceName: "x", ExternalID: "CAPEC-12"}),
		"external_references[1]: url is no":                              refer(stix.Reference{SourceName: "x", URL: "www.example.com/a b"}),
		"external_references[1]: url":                                    refer(stix.Reference{SourceName: "x", URL: "https://a/%zz"}),
	} {
		var invalid *stix.Invalid
		if _, err := graph(t, stix.Config{}).Add(o); !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	add(t, graph(t, stix.Config{}), refer(stix.Reference{SourceName: "capec", ExternalID: "CAPEC-1", URL: "https://capec.example/1?a=b#c", Description: "d"}))
}
