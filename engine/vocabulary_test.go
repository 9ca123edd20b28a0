package engine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
)

var update = flag.Bool("update", false, "rewrite what golden files expect")

// aFlow is a flow of what stands at %s in its source, so that nothing is missing.
const aFlow = `flow "f" {
  source "http" {
    client = client.api
    request {
      path = "/x"
    }
%s
  }
  record "item" {
    key     = expr("item.id")
    samples = "sample"
  }
  event "item" {
    type        = "x"
    title       = expr("item.id")
    happened_at = now
  }
}
`

// minimal is a mapping with what stands in its client and in its source. Every parameter
// that they name is a secret.
func minimal(client, source string) string {
	var b strings.Builder
	b.WriteString("connector \"c\" {\n  title  = \"C\"\n  source = \"C\"\n}\n")
	names := regexp.MustCompile(`param\.(\w+)`).FindAllStringSubmatch(client+source, -1)
	slices.SortFunc(names, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	for _, name := range slices.CompactFunc(names, func(a, b []string) bool { return a[1] == b[1] }) {
		fmt.Fprintf(&b, "param %q {\n  type      = string\n  sensitive = true\n}\n", name[1])
	}
	fmt.Fprintf(&b, "client \"api\" {\n  base_url = \"https://api.example\"\n%s\n}\n", client)
	fmt.Fprintf(&b, aFlow, source)
	return b.String()
}

// loadFiles is dsl.Load of m.hcl among files.
func loadFiles(text string, files map[string]string) (*dsl.Mapping, hcl.Diagnostics) {
	fsys := fstest.MapFS{"m.hcl": {Data: []byte(text)}}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	return dsl.Load(dsl.Input{FS: fsys, Names: []string{"m.hcl"}}, Vocabulary())
}

// TestExamples loads the example of each kind: there must be one, and nothing to say of it.
func TestExamples(t *testing.T) {
	samples := map[string]string{"json": `{"data": {"alerts": [{"id": "1"}]}}`, "csv": "preamble\n\n\nx;;2026-01-01\n", "xml": "<rss><channel><item><id>1</id></item></channel></rss>"}
	check := func(kind, text, sample string) {
		t.Run(kind, func(t *testing.T) {
			_, diags := loadFiles(text, map[string]string{"sample": sample})
			for _, d := range diags {
				t.Errorf("%s\n%s", d, text)
			}
		})
	}
	v := Vocabulary()
	for _, b := range v.Auth {
		if b.Example == "" {
			t.Errorf("auth %q has no example", b.Type)
		}
		check("auth "+b.Type, minimal(b.Example, ""), `[{"id": "1"}]`)
	}
	for _, b := range v.Decode {
		if b.Example == "" {
			t.Errorf("decode %q has no example", b.Type)
		}
		sample, ok := samples[b.Type]
		if !ok {
			sample = `{"id": "1"}`
		}
		text := minimal("", b.Example)
		if b.Type == "csv" {
			text = strings.ReplaceAll(text, "item.id", "item.indicator")
		}
		check("decode "+b.Type, text, sample)
	}
	split := minimal("", "decode \"json\" {\n"+splitBlock().Example+"\n}")
	check("split", strings.ReplaceAll(split, "item.id", "item.alerts.events.id"), `{"alerts": [{"events": [{"id": "1"}]}]}`)
}

// TestDiagnostics loads the mapping of each archive, whose file client and file source
// stand in a mapping that is fine without them, and compares what is said with want.
func TestDiagnostics(t *testing.T) {
	names, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"sample": `[{"id": "1"}]`}
			for _, f := range archive.Files {
				files[f.Name] = strings.TrimSuffix(string(f.Data), "\n")
			}
			text := minimal(files["client"], files["source"])
			_, diags := loadFiles(text, files)
			got := said(text, diags)
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last file must be want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

// said is each diagnostic with the text it points at, as the line numbers are those of
// the mapping around it.
func said(text string, diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		at := strings.ReplaceAll(text[d.Subject.Start.Byte:d.Subject.End.Byte], "\n", "⏎")
		detail := regexp.MustCompile(`in line \d+`).ReplaceAllString(d.Detail, "in line N")
		fmt.Fprintf(&b, "%s: %s: %s\n", at, d.Summary, detail)
	}
	return b.String()
}
