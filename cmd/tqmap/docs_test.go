package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/mappings"
)

// guideOf is the guide of a built-in mapping as it is committed.
func guideOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "mappings", "docs", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGuidesAreUpToDate(t *testing.T) {
	for _, name := range builtins() {
		out, errs, code := tqmap(t, "docs", name)
		if code != exitOK {
			t.Fatalf("%s: exit %d: %s", name, code, errs)
		}
		if out != guideOf(t, name) {
			t.Errorf("mappings/docs/%s.md is not what the program says any more: run make docs, and read the diff", name)
		}
	}
	files, err := os.ReadDir(filepath.Join("..", "..", "mappings", "docs"))
	if err != nil || len(files) != len(builtins()) {
		t.Errorf("there are %d guides for %d mappings (%v)", len(files), len(builtins()), err)
	}
	if _, err := fs.Stat(mappings.FS, "docs"); err == nil {
		t.Error("the guides are in the binary")
	}
}

// Every parameter, flag, table, object field, attribute, column, reason and limit of a mapping is
// in its guide, and every parameter has words.
func TestGuidesAreComplete(t *testing.T) {
	for _, name := range builtins() {
		m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Names: []string{name + ".hcl"}}, engine.Vocabulary())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		guide := guideOf(t, name)
		has := func(what, text string) {
			t.Helper()
			if !strings.Contains(guide, text) {
				t.Errorf("the guide of %s does not have the %s %q", name, what, text)
			}
		}
		for _, p := range m.Params {
			has("parameter", "`"+p.Name+"`")
			has("label", p.Label)
			if p.Label == p.Name || p.Help == "" {
				t.Errorf("%s: the parameter %q has no label or no help", name, p.Name)
			}
			for _, option := range p.Options {
				has("option", "`"+option+"`")
			}
			if p.Flag != "" {
				has("flag", "`--"+p.Flag+"`")
			}
			if p.Short != "" {
				has("flag", "`-"+p.Short+"`")
			}
			for _, alias := range p.Aliases {
				has("flag", "`--"+alias+"`")
			}
		}
		for _, table := range m.Tables {
			has("table", "### Table `"+table.Name+"`")
			for _, row := range table.Rows {
				has("row", "| `"+row.Key+"` | `"+row.Value+"` |")
			}
		}
		bound, errs := m.Bind(func() map[string]dsl.Given {
			given := map[string]dsl.Given{}
			m.StandIns(given, "preview", "--from")
			return given
		}(), docsClock)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, f := range m.Flows {
			has("flow", f.Title+" (`"+f.Name+"`)")
			for _, s := range f.Record.Skips {
				has("reason", "| "+s.Reason+" |")
			}
			for _, r := range f.Rules {
				for _, field := range []string{"type", "value", "title", "happened_at", "status", "description"} {
					if r.Node.Val(field) != nil {
						has("field", "| "+strings.ReplaceAll(field, "_", " ")+" |")
					}
				}
				attributes, _ := r.Node.Val("attributes").Template(bound.Scope)
				for _, a := range attributes.Fields() {
					has("attribute", "attribute **"+a.Name+"**")
				}
			}
			item, _ := f.Sink.Val("item").Template(bound.Scope)
			for _, field := range item.Fields() {
				if !strings.Contains(guide, "| `"+field.Name+"` |") && !strings.Contains(guide, "| `"+field.Name+"[]") {
					t.Errorf("the guide of %s does not have the item's field %q", name, field.Name)
				}
			}
		}
		for _, text := range slices.Concat(m.Connector.Requires, m.Connector.Limits) {
			has("requirement or limit", text)
		}
		if len(m.Connector.Requires) == 0 || len(m.Connector.Limits) == 0 || m.Connector.Description == "" {
			t.Errorf("%s does not say what it does, what it requires or where its limits are", name)
		}
	}
}

// The labels of the guides that users know, for those of which a text lies beside the clone.
var guideLabels = map[string][]string{
	"ironnet": {"IronNet Hostname", "Port", "IronNet Username", "IronNet Password", "Severity Lower Bound", "Severity Upper Bound", "Initial Query Range"},
	"darktrace": {
		"Darktrace Host", "Darktrace Public Token", "Darktrace Private Token", "Name(s) of the Threat Library collections to parse indicators from",
		"Source Name", "Days to Expiration",
	},
	"devo-ioc-exporter": {
		"Devo API Region", "Devo X.509 Certificate", "Devo X.509 Private Key", "Devo X.509 Chain CA", "Lookup Table Name", "ThreatQ Data Collection Name",
		"ThreatQ Hostname", "Batch Size", "Disable Multiple Runs", "Kill Previous Runs After X Seconds",
	},
	"cisco-threat-response-exporter": {
		"Client ID", "API Password", "Data Collection Name (Threat Library)", "Threat Response Indicator Feed (Optional)", "Default Disposition",
		"Default Confidence", "Default Severity", "Default Priority", "Default Expiration", "ThreatQ Hostname/IP Address",
	},
	"netscout-aed": {
		"Hostname", "API Token", "STIX Client Username", "STIX Client Password", "ThreatQ Data Collection", "AES STIX Collection Name", "Relationship Depth",
		"Default Indicator Labels", "Default Threat Actor Labels", "Default Malware Labels", "Default Tool Labels", "Default Report Labels", "Alert Severity",
		"Query Keywords",
	},
}

// flagForms finds the spellings of flags where a line of a guide begins with one.
var (
	flagLine  = regexp.MustCompile("(?m)^`?-[^\n]*")
	flagForms = regexp.MustCompile("(?:^|[\\s,|`])(--?[A-Za-z][A-Za-z-]*)")
)

// What the guides that users know say of parameters and flags has its place in ours.
func TestGuidesHaveWhatTheOldOnesHave(t *testing.T) {
	names := map[string]string{"devo-ioc-exporter": "devo", "cisco-threat-response-exporter": "cisco_threat_response", "netscout-aed": "netscout_aed"}
	dir := filepath.Join(shared(t), "seeds")
	for seed, labels := range guideLabels {
		text, err := os.ReadFile(filepath.Join(dir, seed+"-connector-guide.txt"))
		if os.IsNotExist(err) {
			text, err = os.ReadFile(filepath.Join(dir, seed+"-guide.txt"))
		}
		if err != nil {
			t.Fatal(err)
		}
		name := seed
		if names[seed] != "" {
			name = names[seed]
		}
		guide := guideOf(t, name)
		for _, label := range labels {
			if !strings.Contains(string(text), label) || !strings.Contains(guide, "| "+label+" `") {
				t.Errorf("%s: the parameter %q is not in both guides", name, label)
			}
		}
		flags := argumentsOf(string(text))
		if len(flags) < 8 {
			t.Errorf("%s: only the flags %v are found", name, flags)
		}
		for _, flag := range flags {
			if !strings.Contains(guide, "`"+flag+"`") {
				t.Errorf("%s: the guide does not have the flag %s", name, flag)
			}
		}
	}
}

// argumentsOf are the flags in the table of command line arguments of a guide.
func argumentsOf(text string) []string {
	_, text, _ = strings.Cut(text, "Command Line Arguments")
	for _, end := range []string{"\nAccessing", "\nCRON", "\nAlert Status"} {
		text, _, _ = strings.Cut(text, end)
	}
	var out []string
	for _, line := range flagLine.FindAllString(text, -1) {
		if before, _, cut := strings.Cut(line, "  "); cut { // the meaning follows
			line = before
		}
		line, _, _ = strings.Cut(line, " |")
		for _, m := range flagForms.FindAllStringSubmatch(line, 4) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
	}
	return out
}
