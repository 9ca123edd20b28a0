package examples

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/mappings"
)

// mappingCase is one of the reference's: an indicator, and the judgement that is made of it.
type mappingCase struct {
	Case      string
	Now       string
	Config    map[string]any
	Indicator map[string]any
	Expected  struct {
		Skip      string
		Judgement map[string]any
	}
}

// skipNames are the mapping's words for the reference's reasons.
func skipNames(c mappingCase) string {
	kind := fmt.Sprint(c.Indicator["type"])
	switch c.Expected.Skip {
	case "invalid_value":
		return "invalid value: " + kind
	case "unsupported_type":
		return "unsupported type: " + kind
	case "whitelisted":
		return "Whitelisted"
	}
	if c.Indicator["status"] == "Expired" {
		return "Expired"
	}
	return "past its expiration"
}

// Every case of the reference comes out of the mapping as it stands there.
func TestMappingCases(t *testing.T) {
	dir := ctiaFixtures()
	if dir == "" {
		t.Skip("left out: the reference material is not beside this clone")
	}
	text, err := os.ReadFile(filepath.Join(dir, "mapping_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Cases []mappingCase }
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Cases) < 41 {
		t.Fatalf("%d cases", len(doc.Cases))
	}
	schema := ctiaSchema(t, dir, "ExportBundle")
	src, err := fs.ReadFile(mappings.FS, "cisco_threat_response.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range doc.Cases {
		t.Run(c.Case, func(t *testing.T) {
			block, body := caseBlock(t, c)
			if body != nil {
				if err := schema.Validate(body); err != nil {
					t.Errorf("what is expected is not as the schema wants it: %v", err)
				}
			}
			in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: append(append([]byte{}, src...), block...)}}, Names: []string{"m.hcl"}, Fallback: mappings.FS}
			m, diags := dsl.Load(in, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if name := c.Config["name"].(string); name != "cisco-ctia" {
				m = m.As(name)
			}
			runTestBlock(t, m, c.Case)
		})
	}
}

func runTestBlock(t *testing.T, m *dsl.Mapping, name string) {
	t.Helper()
	for _, block := range m.Tests {
		if block.Name != name {
			continue
		}
		given, now, err := block.Setting(time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		bound, errs := m.Bind(given, now)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		r := &engine.Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		bad, err := r.Test(t.Context(), block)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bad {
			t.Error(b)
		}
		return
	}
	t.Fatalf("there is no test %q", name)
}

// caseBlock writes a case as a test block: JSON is HCL, but for what begins a template. body is the bundle that
// it expects.
func caseBlock(t *testing.T, c mappingCase) (block []byte, body any) {
	t.Helper()
	write := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(text))
	}
	params := map[string]any{"client_id": "x", "api_password": "y"}
	for key, v := range c.Config {
		if key != "name" {
			params[key] = v
		}
	}
	record := map[string]any{"description": "", "tags": []any{}, "adversaries": []any{}, "collection": params["data_collection"]}
	for key, v := range c.Indicator {
		record[key] = v
	}
	record["expires_at"] = asInstant(c.Indicator["expires_at"])
	for _, a := range c.Indicator["attributes"].([]any) {
		a.(map[string]any)["updated_at"] = asInstant(a.(map[string]any)["updated_at"])
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\ntest %s {\n  flow = flow.judgements\n  now = %q\n  params = %s\n  records = [%s]\n", write(c.Case), c.Now, write(params), write(record))
	if c.Expected.Skip != "" {
		fmt.Fprintf(&out, "  skipped = { %q = 1 }\n}\n", skipNames(c))
		return []byte(out.String()), nil
	}
	j := c.Expected.Judgement
	j["id"] = "transient:" + j["external_ids"].([]any)[0].(string)
	bundle := map[string]any{
		"type": "bundle", "source": "ThreatQ", "source_uri": j["source_uri"], "judgements": []any{j}, "indicators": []any{}, "relationships": []any{},
	}
	fmt.Fprintf(&out, "  expect_request {\n    method = \"POST\"\n    path = \"/ctia/bundle/import\"\n    json = %s\n  }\n}\n", write(bundle))
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(string(must(json.Marshal(bundle)))))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out.String()), body
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// asInstant writes a time of the cases, YYYY-MM-DD HH:MM:SS in UTC, as a record has it.
func asInstant(v any) any {
	if text, ok := v.(string); ok {
		return strings.Replace(text, " ", "T", 1) + "Z"
	}
	return v
}
