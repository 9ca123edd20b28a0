package stix_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tqmap/engine/stix"
)

// schemas are those of OASIS for one version.
type schemas struct {
	dir, root string
	c         *jsonschema.Compiler
}

const oasis = "http://raw.githubusercontent.com/oasis-open/cti-stix2-json-schemas/stix"

func openSchemas(t testing.TB, v stix.Version) *schemas {
	s := &schemas{dir: filepath.Join(shared(t), "schemas", string(v)), root: oasis + string(v) + "/schemas/", c: jsonschema.NewCompiler()}
	s.c.DefaultDraft(jsonschema.Draft2020)
	s.c.AssertFormat()
	s.c.UseLoader(s)
	return s
}

// Load reads a schema from the folder. Those of 2.0 name a metaschema that is none, and
// use look-ahead in two places: in the form of a URL, which is checked for its characters
// instead, and in arguments of processes, which are none of our objects.
func (s *schemas) Load(url string) (any, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, strings.TrimPrefix(url, s.root)))
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	m := doc.(map[string]any)
	delete(m, "$schema")
	if strings.HasSuffix(url, "2.0/schemas/common/url-regex.json") {
		m["pattern"] = `^[a-zA-Z][a-zA-Z0-9+.-]*:([a-zA-Z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9a-fA-F]{2})*$`
	}
	if strings.HasSuffix(url, "2.0/schemas/observables/process.json") {
		m = map[string]any{"$id": m["$id"]}
	}
	return m, nil
}

// check validates an object with the schema of its type.
func (s *schemas) check(t testing.TB, e stix.Encoded) {
	t.Helper()
	typ, _, _ := strings.Cut(e.ID, "--")
	folder := map[string]string{"relationship": "sros/", "marking-definition": "common/", "bundle": "common/"}[typ]
	if folder == "" {
		folder = "sdos/"
	}
	schema, err := s.c.Compile(s.root + folder + typ + ".json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.JSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%s: %v", e.JSON, err)
	}
}

// All that is made of our own objects is what OASIS says STIX is.
func TestSchemas(t *testing.T) {
	c := readCollection(t, "testdata/collection.json")
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		s := openSchemas(t, v)
		g, _ := c.graph(t, v)
		objects := slices.Collect(g.Objects())
		for _, e := range objects {
			s.check(t, e)
		}
		s.check(t, stix.Encoded{ID: "bundle--", JSON: g.Bundle(objects)})
	}
}

// The schemas do refuse what is no STIX: a check that cannot fail shows nothing.
func TestSchemasRefuse(t *testing.T) {
	c := readCollection(t, "testdata/collection.json")
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		s := openSchemas(t, v)
		schema, err := s.c.Compile(s.root + "common/bundle.json")
		if err != nil {
			t.Fatal(err)
		}
		g, _ := c.graph(t, v)
		good := string(g.Bundle(slices.Collect(g.Objects())))
		for old, spoiled := range map[string]string{
			`00.000Z`: `00Z`, `"relationship_type":"uses"`: `"relationship_type":"Uses it"`, `"source_ref":"indicator--`: `"source_ref":"indicator-`,
			`"valid_from"`: `"valid_since"`, `"CVE-2026-12345"`: `"CVE-26-1"`,
		} {
			if !strings.Contains(good, old) {
				t.Fatalf("no %s", old)
			}
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(good, old, spoiled)))
			if err != nil {
				t.Fatal(err)
			}
			if schema.Validate(doc) == nil {
				t.Errorf("%s: %s is taken", v, spoiled)
			}
		}
	}
}
