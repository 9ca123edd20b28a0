package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cases are what users of comparable programs have stumbled over, and how we want to behave:
// paging (P), windows and cursors (C), authentication (A), errors and retries (R), decoding (D),
// mapping (M), delivery (T), each with the odd numbers of a longer list; and lessons (U).
func cases() []string {
	var out []string
	for _, series := range []struct {
		letter     string
		last, step int
	}{{"P", 29, 2}, {"C", 27, 2}, {"A", 15, 2}, {"R", 19, 2}, {"D", 9, 2}, {"M", 7, 2}, {"T", 7, 2}, {"U", 60, 1}} {
		for n := 1; n <= series.last; n += series.step {
			format := "%s%02d"
			if series.letter == "U" {
				format = "%s%d"
			}
			out = append(out, fmt.Sprintf(format, series.letter, n))
		}
	}
	return out
}

// answered are the cases without a test, and why.
var answered = map[string]string{
	"U55": "later: the language server, which knows jq and expr, is work of its own",
}

// A case is carried by its id: in the name or the comment of a test, or of its data.
var caseID = regexp.MustCompile(`\b(?:[PCARDMT][0-9]{2}|U[1-9][0-9]?)\b`)

func TestEveryCaseHasATest(t *testing.T) {
	found := map[string][]string{}
	note := func(text, where string) {
		for _, id := range caseID.FindAllString(strings.ReplaceAll(text, "_", " "), -1) {
			if !slices.Contains(found[id], where) {
				found[id] = append(found[id], where)
			}
		}
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(name, "."):
			return fs.SkipDir
		case d.IsDir() || name == "cases_test.go" || !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, ".txtar"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		where, err := filepath.Rel(root, path)
		note(strings.ToUpper(name), where)
		for _, text := range told(name, string(content)) {
			note(text, where)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := cases()
	if len(all) != 120 {
		t.Errorf("%d cases", len(all))
	}
	for _, id := range all {
		answer := answered[id]
		switch {
		case answer == "" && len(found[id]) == 0:
			t.Errorf("%s: no test carries it, and nothing answers it", id)
		case answer != "" && len(found[id]) > 0:
			t.Errorf("%s is tested in %s: it needs no answer any more", id, found[id])
		case answer != "":
			t.Logf("%s: %s", id, answer)
		default:
			t.Logf("%s: %s", id, strings.Join(found[id], " "))
		}
	}
	for id := range answered {
		if !slices.Contains(all, id) {
			t.Errorf("%s is no case", id)
		}
	}
}

var inGo = regexp.MustCompile("(?m)//.*$|\"(?:[^\"\\\\\\n]|\\\\.)*\"|`[^`]*`")

// told is what a test says of itself: comments and texts of Go, the comment before the
// first file of an archive and the comments within.
func told(name, content string) []string {
	if strings.HasSuffix(name, "_test.go") {
		return inGo.FindAllString(content, -1)
	}
	head, _, _ := strings.Cut("\n"+content, "\n-- ")
	out := []string{head}
	for line := range strings.Lines(content) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			out = append(out, line)
		}
	}
	return out
}
