package main

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tqmap/mappings"
)

func TestNameOfTheProgram(t *testing.T) {
	mapping := func(name, executables string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`connector "` + name + `" {
  title       = "X"
  source      = "X"
  executables = ` + executables + `
}`)}
	}
	builtin := fstest.MapFS{
		"one_two.hcl": mapping("one_two", `[]`),
		"three.hcl":   mapping("three", `["tq-conn-three-exporter", "threesync"]`),
	}
	for _, c := range []struct{ program, want string }{
		{"tqmap", "-c x"},
		{"/usr/local/bin/tqmap-1.2", "-c x"},
		{"tq-conn-one-two", "run one_two -c x"},
		{"/opt/bin/tq-conn-one_two", "run one_two -c x"},
		{`tq-conn-three.exe`, "run three -c x"},
		{"/opt/bin/tq-conn-three-exporter", "run three -c x"},
		{"./threesync", "run three -c x"},
		{"tq-conn-own", "run own -c x"}, // a file or folder of the operator's
		{"anything", "-c x"},
	} {
		if got := strings.Join(connectorArgs([]string{c.program, "-c", "x"}, builtin), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.program, got, c.want)
		}
	}
}

// No two built-in mappings run under one name.
func TestExecutablesOfTheBuiltInMappings(t *testing.T) {
	all := claims(mappings.FS)
	for executable, by := range all {
		if len(by) != 1 {
			t.Errorf("%s stands for %s", executable, strings.Join(by, " and "))
		}
	}
	for _, name := range builtins() {
		if by := all["tq-conn-"+strings.ReplaceAll(name, "_", "-")]; !slices.Contains(by, name) {
			t.Errorf("tq-conn-%s does not run it", name)
		}
	}
}
