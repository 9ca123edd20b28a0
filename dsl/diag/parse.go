package diag

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// header begins an entry: "TQ0203 error: Unknown name".
var header = regexp.MustCompile(`^(TQ\d{4}) (error|warning|error or warning): (.+)$`)

// parse reads the entries of one family:
//
//	TQ0203 error: Unknown name
//	also: Another summary
//	The explanation, in one or more paragraphs.
//	wrong:
//	    key = expr("alrt.id")
//	right:
//	    key = expr("alert.id")
//	do: What to do next.
//
// A code that some give as a warning only says "error or warning".
// What is indented belongs to the line above it. Lines with # at their start are comments.
func parse(text string) (entries []Entry, problems []string) {
	var e *Entry
	var into *string // what the line belongs to
	for n, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, ":")
		switch m := header.FindStringSubmatch(line); {
		case m != nil:
			entries = append(entries, Entry{Code: m[1], Severity: hcl.DiagError, Summary: m[3]})
			e = &entries[len(entries)-1]
			switch m[2] {
			case "warning":
				e.Severity = hcl.DiagWarning
			case "error or warning":
				e.Either = true
			}
			into = &e.Text
		case strings.HasPrefix(line, "#"):
		case e == nil:
			if line != "" {
				problems = append(problems, fmt.Sprintf("line %d belongs to no entry", n+1))
			}
		case word == "also":
			e.Also = append(e.Also, strings.TrimSpace(rest))
		case word == "do":
			e.Next, into = strings.TrimSpace(rest)+"\n", &e.Next
		case line == "wrong:":
			into = &e.Wrong
		case line == "right:":
			into = &e.Right
		default:
			*into += strings.TrimPrefix(line, "    ") + "\n"
		}
	}
	for i := range entries {
		entries[i].tidy()
	}
	return entries, problems
}

func (e *Entry) tidy() {
	e.Text, e.Next = strings.TrimSpace(e.Text), strings.TrimSpace(e.Next)
	for _, code := range []*string{&e.Wrong, &e.Right} {
		*code = strings.Trim(*code, "\n")
		if *code != "" {
			*code += "\n"
		}
	}
}
