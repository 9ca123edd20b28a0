package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// goldenBase is the mapping around the parts of an archive: TOP stands beside the
// flow, RECORD in its record and RULES after that.
const goldenBase = `connector "feed" {
  title  = "Feed"
  source = "Feed"
}
client "api" { base_url = "https://api.example.test" }
TOP
flow "f" {
  source "http" {
    client = client.api
    request { path = "/" }
  }
  record "r" {
    extract = jq(".items[]")
RECORD
  }
RULES
}
`

// TestMappingGoldens maps the records of each archive: answer.json is what the
// vendor answers, rules.hcl the objects, and where they are there record.hcl stands
// in the record block and top.hcl beside the flow. want is everything that comes out:
// the objects as JSON, or why and where not.
func TestMappingGoldens(t *testing.T) {
	names, err := filepath.Glob("testdata/mapping/*.txtar")
	if err != nil || len(names) < 60 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{"record.hcl": "    key = expr(\"r.id\")\n"}
			for _, f := range archive.Files {
				part[f.Name] = string(f.Data)
			}
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last file must be want")
			}
			text := strings.NewReplacer("TOP", part["top.hcl"], "RECORD", strings.TrimSuffix(part["record.hcl"], "\n"), "RULES", part["rules.hcl"]).Replace(goldenBase)
			got := mapGolden(t, text, part["answer.json"])
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(part["want"], got); diff != "" && !*update {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

func mapGolden(t *testing.T, text, answer string) string {
	t.Helper()
	m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, Vocabulary())
	if diags.HasErrors() {
		t.Fatalf("%s\n%s", diags, text)
	}
	bound, errs := m.Bind(nil, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	run := &Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	body, err := code.Decode([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	flow := bound.Flows[0]
	records, err := run.extract(t.Context(), flow.Record, body, view{})
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := newMapper(bound, flow)
	if err != nil {
		return "mapping: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, record := range records {
		mapped := mapper.Map(record)
		showMapped(t, &b, text, &mapped)
	}
	if unknown := bound.Tables.Unknown(); len(unknown) > 0 {
		fmt.Fprintf(&b, "unknown keys %s\n", contentOf(unknown))
	}
	return b.String()
}

func showMapped(t *testing.T, b *strings.Builder, text string, m *Mapped) {
	t.Helper()
	if m.Skipped != "" {
		fmt.Fprintf(b, "%s is left out: %s\n", m.Key, m.Skipped)
		return
	}
	for _, o := range m.Objects {
		fmt.Fprintf(b, "%s %s %s\n", o.Rule.ID(), o.Key, showObject(t, m, &o))
	}
	for _, d := range m.letters() {
		fmt.Fprintf(b, "dead %s\n  %s %s\n  at %s\n", strings.TrimSpace(d.Rule+" "+d.Key), d.Code, d.Reason, pointedAt(t, text, d.Where))
		if d.Field != "" {
			fmt.Fprintf(b, "  in %s\n", d.Field)
		}
		for _, v := range d.Values {
			fmt.Fprintf(b, "  with %s = %s (%s)\n", v.Name, v.Text, v.Kind)
		}
	}
	if len(m.Objects)+len(m.letters()) == 0 {
		fmt.Fprintf(b, "%s makes nothing\n", m.Key)
	}
}

// showObject is the object as it is sent: what a bulk write says of it, how each
// attribute is written, and to what it is linked.
func showObject(t *testing.T, m *Mapped, o *Object) string {
	t.Helper()
	var sent map[string]any
	if err := json.Unmarshal(threatq.Encode(&o.Object), &sent); err != nil {
		t.Fatal(err)
	}
	delete(sent, "collection")
	if tlp := sent["sources"].([]any)[0].(map[string]any)["TLP"]; tlp != "" {
		sent["tlp"] = tlp
	}
	delete(sent, "sources")
	attrs, _ := sent["attributes"].([]any)
	for i, a := range attrs {
		a := a.(map[string]any)
		attrs[i] = fmt.Sprint(a["name"], " = ", a["value"], []string{"", " (add)", " (fixed)"}[int(a["mode"].(float64))])
	}
	links := []string{}
	for _, i := range o.RelatedTo {
		links = append(links, m.Objects[i].Rule.ID()+" "+m.Objects[i].Name)
	}
	if len(links) > 0 {
		sent["related"] = links
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(sent); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// pointedAt is the rest of the line of the mapping at a position such as m.hcl:12:3.
func pointedAt(t *testing.T, text, where string) string {
	t.Helper()
	var line, from int
	if _, err := fmt.Sscanf(where, "m.hcl:%d:%d", &line, &from); err != nil {
		return where
	}
	return string([]rune(strings.Split(text, "\n")[line-1])[from-1:])
}
