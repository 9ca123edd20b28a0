package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ctiaFixtures is a folder of reference material that may lie beside the clone, or "".
func ctiaFixtures() string {
	dir := filepath.Join("..", "..", "shared", "fixtures", "cisco_ctia")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// ctiaSchema compiles an entry point of the vendor's schema.
func ctiaSchema(t *testing.T, dir, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ctim-subset.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("ctim.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ctim.json#/$defs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkBodies holds every bundle and bulk change that was sent against the vendor's schema, where
// it lies beside the clone. Tests that send bad ones say so with w.spoiled.
func (w *exportWorld) checkBodies() {
	dir := ctiaFixtures()
	if dir == "" || w.spoiled {
		return
	}
	schemas := map[string]*jsonschema.Schema{
		"POST /ctia/bundle/import": ctiaSchema(w.t, dir, "ExportBundle"), "PUT /ctia/bulk": ctiaSchema(w.t, dir, "BulkUpdate"),
	}
	for _, b := range w.bodies {
		s := schemas[b.method+" "+b.path]
		if s == nil {
			continue
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.body))
		if err == nil {
			err = s.Validate(v)
		}
		if err != nil {
			w.t.Errorf("%s %s: %v", b.method, b.path, err)
		}
	}
}
