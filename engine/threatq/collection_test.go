package threatq

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/request"
)

// shelf answers with saved queries.
func shelf(rows string) *fake {
	return &fake{answer: func(r request.Request) (int, string) {
		if r.Method+" "+r.Path != "GET /api/search/query" {
			return 404, `{}`
		}
		if query(r, "offset") != "" {
			return 200, `{"total":3,"data":[{"id":9,"name":"Late","json":{}}]}`
		}
		return 200, rows
	}}
}

func TestDataCollections(t *testing.T) {
	const rows = `{"data":[
		{"id":1,"name":"Block List","hash":"a","json":{"ui_query":{},"api_query":{"criteria":{"value":"first"},"filters":[]}}},
		{"id":2,"name":"Block List","json":{"api_query":{"criteria":{"value":"second"},"filters":{}}}},
		{"id":3,"name":"As Text","json":"{\"api_query\":{\"criteria\":[],\"filters\":{\"+and\":[{\"id\":9007199254740993}]}}}"},
		{"id":4,"name":"Old","json":{"criteria":{"tags":"x"},"filters":null}},
		{"id":5,"name":null,"json":{"api_query":{"criteria":{"value":"by hash"}}}},
		{"id":6,"name":"Empty","json":{}},
		{"id":7,"name":"Broken","json":"{"},
		{"id":8,"name":"Odd","json":{"api_query":{"criteria":"all"}}}
	]}`
	ctx := t.Context()
	c := NewClient(shelf(rows), Options{})
	found, missing, err := c.DataCollections(ctx, []string{"Old", "Block List", "As Text", "Empty", "block list", "Nothing at all", "Blok List"})
	if err != nil {
		t.Fatal(err)
	}
	none := map[string]any{}
	want := []DataCollection{
		{"Old", Query{map[string]any{"tags": "x"}, none}},
		{"Block List", Query{map[string]any{"value": "first"}, none}},
		{"As Text", Query{none, map[string]any{"+and": []any{map[string]any{"id": json.Number("9007199254740993")}}}}},
		{"Empty", Query{none, none}},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	var texts []string
	for _, m := range missing {
		texts = append(texts, m.Error())
	}
	for i, part := range []string{`"block list" (did you mean "Block List"?)`, `"Nothing at all": the name`, `"Blok List" (did you mean "Block List"?)`} {
		if i >= len(texts) || !strings.Contains(texts[i], part) || !strings.Contains(texts[i], "not visible until it is shared") {
			t.Errorf("%d: %q", i, texts)
		}
	}
	for _, name := range []string{"Broken", "Odd"} {
		if _, _, err := c.DataCollections(ctx, []string{name}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A list that says it is longer is read on; one that is hidden from the account is an error.
func TestDataCollectionsLists(t *testing.T) {
	c := NewClient(shelf(`{"total":3,"data":[{"id":1,"name":"A","json":{}},{"id":2,"name":"B","json":{}}]}`), Options{})
	if found, missing, err := c.DataCollections(t.Context(), []string{"Late"}); err != nil || len(found) != 1 || len(missing) > 0 {
		t.Errorf("%v %v %v", found, missing, err)
	}
	if _, _, err := NewClient(shelf(`{}`), Options{}).DataCollections(t.Context(), []string{"A"}); !errors.Is(err, ErrHidden) {
		t.Error(err)
	}
}

func decodeQuery(t *testing.T, text string) Query {
	t.Helper()
	q, err := (&savedRow{JSON: []byte(text)}).query()
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueryFor(t *testing.T) {
	const mixed = `{"criteria":{"type_name":"FQDN","value":"x","score":{"+gte":4}},
		"filters":{"+and":[{"+or":[{"types":"FQDN"},{"type_name":"URL"}]},{"statuses":"Active"},{"tags":"a"},{"+not":{"status_name":"Expired"}}],"+or":[]}}`
	for _, tc := range []struct {
		of            Collection
		in, out, gone string
	}{
		{Indicators, mixed, mixed, ""},
		{Events, mixed, `{"criteria":{"type_name":"FQDN","value":"x"},
			"filters":{"+and":[{"+or":[{"types":"FQDN"},{"type_name":"URL"}]},{"statuses":"Active"},{"tags":"a"},{"+not":{"status_name":"Expired"}}],"+or":[]}}`, "score"},
		{Adversaries, mixed, `{"criteria":{"value":"x"},"filters":{"+and":[{"tags":"a"}],"+or":[]}}`, "score,status_name,statuses,type_name,types"},
		{"malware", mixed, `{"criteria":{"value":"x"},"filters":{"+and":[{"tags":"a"}],"+or":[]}}`, "score,status_name,statuses,type_name,types"},
		{"tasks", mixed, `{"criteria":{"value":"x"},"filters":{"+and":[{"statuses":"Active"},{"tags":"a"},{"+not":{"status_name":"Expired"}}],"+or":[]}}`, "score,type_name,types"},
		{"soc_case", `{"criteria":{"type_name":"a","status_name":"b","score":1}}`, `{"criteria":{"type_name":"a","status_name":"b"},"filters":{}}`, "score"},
		{Adversaries, `{"criteria":{"type_name":"FQDN"},"filters":{"+or":[{"types":["a"]}]}}`, `{"criteria":{},"filters":{}}`, "type_name,types"},
		{Adversaries, `{"criteria":{"sources":{"score":3},"value":["type_name"]}}`, `{"criteria":{"sources":{"score":3},"value":["type_name"]},"filters":{}}`, ""},
	} {
		in := decodeQuery(t, tc.in)
		got, gone := in.For(tc.of)
		if diff := cmp.Diff(decodeQuery(t, tc.out), got); diff != "" || strings.Join(gone, ",") != tc.gone {
			t.Errorf("%s of %s: dropped %v\n%s", tc.of, tc.in, gone, diff)
		}
		if diff := cmp.Diff(decodeQuery(t, tc.in), in); diff != "" {
			t.Errorf("the query itself has changed\n%s", diff)
		}
	}
}

func TestTouchedSince(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 5, 900_000_000, time.FixedZone("", 3600))
	const since = `{"touched_at":{"+gte":"2026-03-01 11:30:05"}}`
	for in, want := range map[string]string{
		`{}`:                         `{"criteria":{"+and":[` + since + `]},"filters":{}}`,
		`{"criteria":{"value":"x"}}`: `{"criteria":{"value":"x","+and":[` + since + `]},"filters":{}}`,
		`{"criteria":{"a":1},"filters":{"tags":"x"}}`:   `{"criteria":{"a":1},"filters":{"tags":"x","+and":[` + since + `]}}`,
		`{"filters":{"+and":[{"tags":"x"}]}}`:           `{"criteria":{},"filters":{"+and":[{"tags":"x"},` + since + `]}}`,
		`{"filters":{"+and":{"tags":"x"}}}`:             `{"criteria":{},"filters":{"+and":[{"tags":"x"},` + since + `]}}`,
		`{"filters":{"+or":[{"tags":"x"},{"id":"1"}]}}`: `{"criteria":{},"filters":{"+or":[{"tags":"x"},{"id":"1"}],"+and":[` + since + `]}}`,
	} {
		q := decodeQuery(t, in)
		if diff := cmp.Diff(decodeQuery(t, want), q.TouchedSince(at)); diff != "" {
			t.Errorf("%s\n%s", in, diff)
		}
		if diff := cmp.Diff(decodeQuery(t, in), q); diff != "" {
			t.Errorf("the query itself has changed\n%s", diff)
		}
	}
}
