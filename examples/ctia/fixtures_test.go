package ctia

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// definitions compiles entry points of the schema in the reference material.
func definitions(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures(t), "ctim-subset.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("ctim.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		s, err := compiler.Compile("ctim.json#/$defs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func readFixture(t *testing.T, name string) any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures(t), name))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// taken sends one entity in a bundle, and reports whether it was stored. What only a
// single instance can say (TLP floor, ids) is set right first.
func taken(s *site, k kind, e entity) (bool, string) {
	e = clone(e)
	e["tlp"] = "amber"
	if id, ok := e["id"].(string); ok && longID.MatchString(id) {
		delete(e, "id") // an answer's
	}
	r := s.call("POST", importPath, entity{"source": "test", k.list(): []any{e}})
	return r.status == 200 && strings.Contains(r.text, `"created"`), r.text
}

func clone(e entity) entity {
	out, _ := decodeObject(marshal(e))
	return out
}

// The simulator takes and refuses what the schema of the service does.
func TestSnapshotsAgainstTheSchema(t *testing.T) {
	def := definitions(t)
	for _, row := range []struct {
		file    string
		kind    kind
		refused bool
	}{
		{"snapshots/judgements.json", judgement, false},
		{"snapshots/judgements_bad_disposition_pair.json", judgement, true},
		{"snapshots/indicators.json", indicator, false},
	} {
		schema := def("New" + strings.ToUpper(row.kind.String()[:1]) + row.kind.String()[1:])
		s := start(t, Options{})
		for n, item := range readFixture(t, row.file).([]any) {
			e := item.(map[string]any)["entity"].(map[string]any)
			wants := schema.Validate(any(e)) == nil
			got, text := taken(s, row.kind, e)
			if got != wants || row.refused && got {
				t.Errorf("%s %d: taken %v, the schema says %v: %s", row.file, n, got, wants, text)
			}
		}
	}
	s := start(t, Options{})
	for n, item := range readFixture(t, "snapshots/relationships.json").([]any) {
		if got, text := taken(s, relationship, item.(map[string]any)); got {
			t.Errorf("relationship %d has a short id of another instance and was taken: %s", n, text)
		}
	}
}

// Every way of spoiling a judgement is refused by both or by none.
func TestSpoiledAgainstTheSchema(t *testing.T) {
	schema := definitions(t)("NewJudgement")
	base := readFixture(t, "worked_bundle_request.json").(map[string]any)["judgements"].([]any)[0].(map[string]any)
	var cases []func(entity)
	for key := range base {
		cases = append(cases, unset(key))
		for _, v := range []any{nil, "", "x", json.Number("7"), json.Number("1.5"), true, []any{}, []any{json.Number("1")}, entity{}, entity{"x": "y"}, strings.Repeat("x", 3000)} {
			cases = append(cases, set(key, v))
		}
	}
	for _, key := range []string{"type", "value"} {
		for _, v := range []any{nil, "x", "ip", json.Number("1")} {
			cases = append(cases, func(e entity) { e["observable"].(map[string]any)[key] = v })
		}
		cases = append(cases, func(e entity) { delete(e["observable"].(map[string]any), key) })
	}
	for _, v := range []any{json.Number("0"), json.Number("100"), json.Number("101"), json.Number("-1")} {
		cases = append(cases, set("priority", v))
	}
	cases = append(cases, set("title", "x"), set("revision", json.Number("1")), set("groups", "x"), set("disposition_name", "Clean"),
		set("external_references", []any{entity{"url": "x"}}), set("external_references", []any{entity{"source_name": "x", "more": "y"}}))
	// Beyond the schema: what the page says it cannot express.
	beyond := func(e entity) bool {
		for _, key := range []string{"reason_uri", "source_uri"} {
			if text, ok := e[key].(string); ok && !isURI(text) {
				return true
			}
		}
		tlp, there := e["tlp"]
		return !there || tlp == "amber"
	}
	s := start(t, Options{})
	refused := 0
	for n, spoil := range cases {
		e := clone(base)
		e["external_ids"] = []any{fmt.Sprint("threatq-", n)}
		spoil(e)
		want := schema.Validate(any(e)) == nil
		r := s.call("POST", importPath, entity{"source": "test", "judgements": []any{e}})
		got := r.status == 200 && (strings.Contains(r.text, `"created"`) || strings.Contains(r.text, `"exists"`))
		if !want {
			refused++
		}
		if got != want && !(want && beyond(e)) {
			t.Errorf("case %d: taken %v, the schema says %v: %s\n%s", n, got, want, r.text, marshal(e))
		}
	}
	if refused < 100 || refused == len(cases) {
		t.Errorf("%d of %d are refused, which tests little", refused, len(cases))
	}
}

func TestTutorial(t *testing.T) {
	s := start(t, Options{})
	b := readFixture(t, "tutorial/bundle.json").(map[string]any)
	if r := s.want(400, s.call("POST", "/ctia/bundle/import", b)); !strings.Contains(r.text, `"sightings":"disallowed-key"`) {
		t.Errorf("sightings: %s", r.text)
	}
	delete(b, "sightings")
	if err := definitions(t)("NewBundle").Validate(any(b)); err != nil {
		t.Fatal(err)
	}
	for _, k := range []kind{judgement, indicator} {
		for _, e := range b[k.list()].([]any) {
			e.(map[string]any)["tlp"] = "amber"
		}
	}
	r := s.want(200, s.call("POST", "/ctia/bundle/import", b))
	if !strings.Contains(r.text, `"created"`) {
		t.Errorf("answer %s", r.text)
	}
	if err := definitions(t)("BundleImportResult").Validate(r.body); err != nil {
		t.Error(err)
	}
}

// The worked example, with every answer checked against its schema.
func TestWorkedExample(t *testing.T) {
	def := definitions(t)
	s := start(t, Options{})
	if err := def("TokenResponse").Validate(s.token(DefaultClientID, DefaultPassword, "client_credentials").body); err != nil {
		t.Error(err)
	}
	request := readFixture(t, "worked_bundle_request.json")
	var ids []any
	for round, file := range []string{"worked_bundle_response_first_run.json", "worked_bundle_response_second_run.json"} {
		r := s.want(200, s.call("POST", importPath, request))
		if err := def("BundleImportResult").Validate(r.body); err != nil {
			t.Error(err)
		}
		got, want := worked(r.body), worked(readFixture(t, file))
		if got != want {
			t.Errorf("round %d: %s\nwant %s", round+1, got, want)
		}
		ids = append(ids, results(t, r)["transient:threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"]["id"])
	}
	if ids[0] != ids[1] {
		t.Errorf("ids %v", ids)
	}

	stored := s.want(200, s.call("GET", "/ctia/judgement/"+short(ids[0].(string)), nil)).object(t)
	if err := def("Judgement").Validate(any(stored)); err != nil {
		t.Error(err)
	}
	want := readFixture(t, "worked_judgement_stored.json").(map[string]any)
	for key, v := range want {
		if slices.Contains([]string{"id", "timestamp", "created", "modified"}, key) {
			continue
		}
		if !sameJSON(stored[key], v) {
			t.Errorf("%s: %v, want %v", key, stored[key], v)
		}
	}

	update := readFixture(t, "worked_bulk_update_request.json").(map[string]any)
	update["judgements"].([]any)[0].(map[string]any)["id"] = ids[0]
	r := s.want(200, s.call("PUT", "/ctia/bulk", update))
	if err := def("BulkUpdateResult").Validate(r.body); err != nil || !strings.Contains(r.text, `"updated"`) {
		t.Errorf("%s: %v", r.text, err)
	}
	verdict := s.want(200, s.call("GET", "/ctia/ip/203.0.113.7/verdict", nil)).object(t)
	if verdict["judgement_id"] != ids[0] || verdict["disposition_name"] != "Malicious" {
		t.Errorf("verdict %v", verdict)
	}
	indicators := s.Entities("indicator", "")
	if err := def("Indicator").Validate(any(indicators[0])); err != nil || len(indicators) != 1 {
		t.Errorf("%d indicators: %v", len(indicators), err)
	}
	if err := def("Relationship").Validate(any(s.Entities("relationship", "")[0])); err != nil {
		t.Error(err)
	}
}

// worked is the result of an import without ids, in one order.
func worked(body any) string {
	var rows []string
	for _, row := range body.(map[string]any)["results"].([]any) {
		e := clone(row.(map[string]any))
		delete(e, "id")
		rows = append(rows, string(marshal(e)))
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}

// The error answers of the reference are what the simulator says.
func TestErrorAnswers(t *testing.T) {
	eu := start(t, Options{Region: "eu"})
	ask := map[string]func(s *site) reply{
		"no Authorization header": func(s *site) reply { s.auth = ""; return s.call("GET", "/ctia/judgement/x", nil) },
		"expired token": func(s *site) reply {
			inject(s, "401")
			return s.call("GET", "/ctia/judgement/x", nil)
		},
		"token of another region (unknown key)": func(s *site) reply { s.auth = eu.auth; return s.call("GET", "/ctia/judgement/x", nil) },
		"capability missing (set form)":         func(s *site) reply { return s.call("PUT", "/ctia/judgement/x", judged(1)) },
		"tlp green or white on the private instance": func(s *site) reply {
			return s.call("POST", "/ctia/judgement", judged(1, unset("id"), set("tlp", "white")))
		},
		"disposition and disposition_name differ": func(s *site) reply {
			return s.call("POST", "/ctia/judgement", judged(1, unset("id"), set("disposition", 1)))
		},
		"schema violation of the body": func(s *site) reply {
			return s.call("POST", "/ctia/judgement", judged(1, unset("observable"), set("foo", 1)))
		},
		"bundle over the limit (plain string body)": func(s *site) reply {
			var all []entity
			for n := range 2001 {
				all = append(all, judged(n))
			}
			return s.call("POST", importPath, bundle(all...))
		},
		"rate limit": func(s *site) reply {
			inject(s, "429 retry_after=3557s")
			return s.call("GET", "/ctia/version", nil)
		},
		"bundle import, end_time past the limit (error inside results)": func(s *site) reply {
			return s.call("POST", importPath, entity{"source": "x", "indicators": []any{entity{
				"id": "transient:x", "producer": "x", "external_ids": []any{"ctia-indicator-1"}, "valid_time": entity{"end_time": "4242-07-11T00:40:48.212Z"}}}})
		},
		"bundle import, relationship end not resolvable": func(s *site) reply {
			return s.call("POST", importPath, entity{"source": "x", "relationships": []any{entity{
				"id": "transient:rel", "source_ref": "transient:a", "target_ref": "transient:b", "relationship_type": "element-of"}}})
		},
		"token endpoint: unknown client id": func(s *site) reply { return s.token("x", "x", "client_credentials") },
		"token endpoint: wrong password":    func(s *site) reply { return s.token(DefaultClientID, "x", "client_credentials") },
	}
	for _, item := range readFixture(t, "error_answers.json").([]any) {
		e := item.(map[string]any)
		name := e["when"].(string)
		if ask[name] == nil {
			t.Errorf("no case for %q", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := ask[name](start(t, Options{}))
			if fmt.Sprint(r.status) != fmt.Sprint(e["status"]) || !like(e["body"], r.body) {
				t.Errorf("answer %d %s\nwant %v %s", r.status, r.text, e["status"], marshal(e["body"]))
			}
		})
	}
}

// like compares the keys of objects, and the words that programs read.
func like(want, got any) bool {
	w, isObject := want.(map[string]any)
	if !isObject {
		return sameJSON(want, got)
	}
	g, ok := got.(map[string]any)
	for key, v := range w {
		if ok = ok && g[key] != nil; !ok {
			return false
		}
		switch key {
		case "error", "type", "capabilities", "errors", "result", "external_ids":
			ok = sameJSON(v, g[key])
		case "results":
			ok = like(v.([]any)[0], g[key].([]any)[0])
		}
	}
	return ok
}
