package threatq

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// values are all values of a query, page by page.
func (b *bench) values(body string) (out []string) {
	b.tb.Helper()
	for offset := 0; ; {
		answer := b.do(200, "POST", fmt.Sprintf("/api/indicators/query?limit=1000&offset=%d", offset), body)
		rows := answer["data"].([]any)
		for _, r := range rows {
			out = append(out, r.(map[string]any)["value"].(string))
		}
		if offset += len(rows); len(rows) == 0 {
			return out
		}
	}
}

func TestStock(t *testing.T) {
	b := start(t, Options{})
	const n = 3000
	if err := b.lib.Stock(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	all := b.values(`{"fields":["id","value"]}`)
	slices.Sort(all)
	if len(all) != n || len(slices.Compact(slices.Clone(all))) != n {
		t.Fatalf("%d indicators, want %d, all different", len(all), n)
	}
	for condition, want := range map[string]int{
		`{"tag_name":"block"}`: n / 2, `{"tag_name":"watch"}`: n / 5, `{"+and":[{"tag_name":"block"},{"tag_name":"watch"}]}`: n / 10,
		`{"touched_at":{"+gte":"NOW-100 seconds"}}`: 100,
	} {
		if got := len(b.values(`{"criteria":` + condition + `,"fields":["value"]}`)); got != want {
			t.Errorf("%s: %d, want %d", condition, got, want)
		}
	}
	for _, status := range []string{"Active", "Expired", "Review", "Whitelisted", "Indirect"} {
		if len(b.values(`{"criteria":{"status_name":"`+status+`"},"fields":["value"]}`)) == 0 {
			t.Errorf("none is %s", status)
		}
	}
	for _, address := range b.values(`{"criteria":{"type_name":"IP Address"},"fields":["value"]}`) {
		at := netip.MustParseAddr(address)
		if !slices.ContainsFunc([]string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"}, func(net string) bool {
			return netip.MustParsePrefix(net).Contains(at)
		}) {
			t.Errorf("%s is of no reserved network", address)
		}
	}
	first := b.do(200, "POST", "/api/indicators/query?limit=3&sort=id", `{"fields":["id","value","type","status","sources","attributes","expires_at","score"]}`)
	want(t, first, "FQDN", "data", 0, "type")
	want(t, first, "Active", "data", 1, "status")
	want(t, first, "RED", "data", 1, "sources", 0, "tlp_name")
	want(t, first, "Disposition", "data", 0, "attributes", 0, "name")
	if _, ok := first["data"].([]any)[0].(map[string]any)["expires_at"]; ok {
		t.Error("the first one expires")
	}

	// The same again in another library.
	again := start(t, Options{})
	if err := again.lib.Stock(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	if got := again.values(`{"fields":["id","value"]}`); !slices.Equal(slices.Sorted(slices.Values(got)), all) {
		t.Error("another library has other values")
	}
}

// Collections are listed in all the forms met in the field; private ones are not, until shared.
func TestSavedCollections(t *testing.T) {
	b := start(t, Options{})
	if err := b.lib.Stock(context.Background(), 100); err != nil {
		t.Fatal(err)
	}
	names := func() string {
		var out []string
		for _, r := range b.do(200, "GET", "/api/search/query", nil)["data"].([]any) {
			saved := r.(map[string]any)
			form := "object"
			if _, text := saved["json"].(string); text {
				form = "text"
			} else if saved["json"].(map[string]any)["api_query"] == nil {
				form = "old"
			}
			found := b.do(200, "GET", "/api/indicators/query/hash/"+saved["hash"].(string)+"?limit=1", nil)
			out = append(out, fmt.Sprint(saved["name"], " ", form, " ", found["total"]))
		}
		return strings.Join(out, ", ")
	}
	const shared = "All Indicators object 100, Block List text 50, Watch List old 20"
	if got := names(); got != shared {
		t.Errorf("%s\nwant %s", got, shared)
	}
	if err := b.lib.Share(context.Background(), "Drafts"); err != nil {
		t.Fatal(err)
	}
	if got := names(); got != shared+", Drafts object 2" {
		t.Error(got)
	}
	if err := b.lib.Share(context.Background(), "Drafts"); err == nil {
		t.Error("shared twice")
	}
}

// BenchmarkStock makes a library of 100,000 indicators.
func BenchmarkStock(b *testing.B) {
	for b.Loop() {
		lib, err := Open(context.Background(), Options{Path: b.TempDir() + "/library.db"})
		if err != nil {
			b.Fatal(err)
		}
		if err := lib.Stock(context.Background(), 100_000); err != nil {
			b.Fatal(err)
		}
		lib.Close()
	}
}
