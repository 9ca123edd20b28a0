package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchema is what the output is held against. It knows no network.
func sarifSchema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:sarif", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:sarif")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sarifOf is what validate --format sarif writes of these files.
func sarifOf(t *testing.T, args ...string) any {
	t.Helper()
	var out, said bytes.Buffer
	a := &app{stdout: &out, stderr: &said, getenv: func(string) string { return "" }, now: time.Now}
	a.main(t.Context(), append([]string{"tqmap", "validate", "--format", "sarif"}, args...))
	doc, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return doc
}

// What is written is SARIF 2.1.0: of a mapping without a mistake, of mistakes with and without a
// place, of warnings, and under names of files that no URI holds as they are.
func TestSARIFFitsItsSchema(t *testing.T) {
	schema := sarifSchema(t, "testdata/sarif/subset.json")
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"broken.hcl":            "connector \"demo\" {\n  title = \"😀\" + nope\n}\nflow \"x\" {\n",
		"warned and%20odd#.hcl": "connector \"demo\" {\n  title  = \"Demo\"\n  source = \"Demo\"\n}\nparam \"unused\" { type = string }\n",
		"empty.hcl":             "",
		"a:b.hcl":               "connector {",
	} {
		if err := os.WriteFile(filepath.Join(".", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"ironnet"}, {"broken.hcl"}, {"warned and%20odd#.hcl"}, {"empty.hcl"}, {"nowhere.hcl"}, {"./a:b.hcl"}, {"a:b.hcl"}, {"broken.hcl", "warned and%20odd#.hcl", "nowhere.hcl", "ironnet"},
	} {
		if err := schema.Validate(sarifOf(t, args...)); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// The schema can tell: what is not as SARIF has it is refused.
func TestSARIFSchemaRefuses(t *testing.T) {
	schema := sarifSchema(t, "testdata/sarif/subset.json")
	const tool = `"tool": {"driver": {"name": "x"}}`
	for _, text := range []string{
		`{}`, `{"version": "2.0.0", "runs": []}`, `{"version": "2.1.0", "runs": [{}]}`, `{"version": "2.1.0", "runs": [{` + tool + `, "results": [{"ruleId": "a"}]}]}`,
		`{"version": "2.1.0", "runs": [{` + tool + `, "results": [{"ruleId": "a", "message": {"text": "m"}, "level": "fatal"}]}]}`,
		`{"version": "2.1.0", "runs": [{` + tool + `, "results": [], "more": 1}]}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(doc) == nil {
			t.Errorf("taken: %s", text)
		}
	}
}
