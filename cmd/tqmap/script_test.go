package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func asExit(err error, to **exec.ExitError) bool { return errors.As(err, to) }

// jsonok PATH=VALUE…: stdout of the last command is exactly one JSON document,
// and holds these values. A path is keys and numbers split by dots; VALUE may
// begin with > for a number above it.
func jsonOK(ts *testscript.TestScript, _ bool, args []string) {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var doc any
	ts.Check(dec.Decode(&doc))
	if dec.More() {
		ts.Fatalf("more than one JSON document on stdout")
	}
	for _, arg := range args {
		path, want, _ := strings.Cut(arg, "=")
		got := at(ts, doc, path)
		if min, ok := strings.CutPrefix(want, ">"); ok {
			a, b := json.Number(got), json.Number(min)
			x, err := a.Int64()
			ts.Check(err)
			y, err := b.Int64()
			ts.Check(err)
			if x <= y {
				ts.Fatalf("%s is %s, want more than %s", path, got, min)
			}
			continue
		}
		if got != want {
			ts.Fatalf("%s is %s, want %s", path, got, want)
		}
	}
}

func at(ts *testscript.TestScript, v any, path string) string {
	for _, key := range strings.Split(path, ".") {
		switch t := v.(type) {
		case map[string]any:
			v = t[key]
		case []any:
			if key == "length" {
				v = json.Number(jsonText(len(t)))
				continue
			}
			i, err := json.Number(key).Int64()
			ts.Check(err)
			if int(i) >= len(t) {
				ts.Fatalf("%s: only %d elements", path, len(t))
			}
			v = t[i]
		default:
			ts.Fatalf("%s: nothing below %v", path, v)
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	return jsonText(v)
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
