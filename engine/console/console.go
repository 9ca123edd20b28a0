// Package console tries expr and jq on the records of a flow, one line at a time, with
// the names and the strictness that the mapping itself has.
package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
	"tqmap/engine"
)

// Console answers lines. It is used by one goroutine.
type Console struct {
	flow    *dsl.Flow
	env     code.Env
	bound   *dsl.Bound
	records []engine.Mapped
	at      int
}

// New makes a Console that begins at the first of records, which are of f. There must be
// one at least.
func New(b *dsl.Bound, f *dsl.Flow, records []engine.Mapped) *Console {
	return &Console{flow: f, env: b.Env(f), bound: b, records: records}
}

// ErrQuit is the answer to :quit.
var ErrQuit = quit{}

type quit struct{}

func (quit) Error() string { return "the console was left" }

// CodeError is a program that does not compile, or fails on the record.
type CodeError struct {
	// Files are what Diags point into: the program as "<code>", and the mapping, whose
	// definitions it may call.
	Files map[string]*hcl.File
	Diags hcl.Diagnostics
}

func (e *CodeError) Error() string { return e.Diags.Error() }

// Do carries out a line: a command with a colon, a jq program behind "jq", else expr. The
// text it returns may hold values of the record. Errors are ErrQuit, a *CodeError, and
// others that say what is wrong with a command.
func (c *Console) Do(ctx context.Context, line string) (string, error) {
	line = strings.TrimSpace(line)
	switch program, isJQ := strings.CutPrefix(line, "jq "); {
	case line == "":
		return "", nil
	case strings.HasPrefix(line, ":"):
		return c.command(line[1:])
	case isJQ:
		return c.jq(ctx, strings.TrimSpace(program))
	}
	v, err := c.expr(line)
	if err != nil {
		return "", err
	}
	return show(v), nil
}

func (c *Console) expr(text string) (any, error) {
	program, diags := code.CompileExpr(code.Literal(text), c.env)
	if diags.HasErrors() {
		return nil, c.wrong(text, diags)
	}
	v, err := program.Eval(c.records[c.at].Vars())
	return v, c.placed(text, err)
}

func (c *Console) jq(ctx context.Context, text string) (string, error) {
	program, diags := c.bound.JQ(code.Literal(text))
	if diags.HasErrors() {
		return "", c.wrong(text, diags)
	}
	values, err := program.Run(ctx, c.records[c.at].Record, c.bound.JQValues(nil, nil, nil)...)
	var lines []string
	for _, v := range values {
		lines = append(lines, show(v))
	}
	return strings.Join(lines, "\n"), c.placed(text, err)
}

func (c *Console) wrong(text string, diags hcl.Diagnostics) *CodeError {
	files := map[string]*hcl.File{}
	maps.Copy(files, c.bound.Files)
	files["<code>"] = &hcl.File{Bytes: []byte(text)}
	return &CodeError{files, diags}
}

func (c *Console) placed(text string, err error) error {
	located, ok := err.(interface{ Diagnostics() hcl.Diagnostics })
	if !ok {
		return err
	}
	return c.wrong(text, located.Diagnostics())
}

// command is what a colon stands before.
type command struct {
	name, summary string
	do            func(c *Console, rest string) (string, error)
}

func commands() []command {
	return []command{
		{"record", "show the record; :record 3 or :record KEY goes to another one", (*Console).record},
		{"records", "list the records", (*Console).list},
		{"next", "go to the next record", func(c *Console, _ string) (string, error) { return c.move(c.at + 1) }},
		{"prev", "go to the one before", func(c *Console, _ string) (string, error) { return c.move(c.at - 1) }},
		{"fields", "list the fields that the records have", (*Console).fields},
		{"type", "say what kind of value an expr results in: :type alert.severity", (*Console).kind},
		{"help", "show this", nil},
		{"quit", "leave; Ctrl-D does, too, and Ctrl-C empties the line", func(*Console, string) (string, error) { return "", ErrQuit }},
	}
}

func (c *Console) command(line string) (string, error) {
	name, rest, _ := strings.Cut(line, " ")
	var names []string
	for _, one := range commands() {
		if one.name == name && one.do != nil {
			return one.do(c, strings.TrimSpace(rest))
		}
		names = append(names, one.name)
	}
	if name == "help" {
		return c.help(), nil
	}
	return "", fmt.Errorf("there is no command :%s.%s", name, code.Suggest(name, names))
}

func (c *Console) help() string {
	var b strings.Builder
	name := c.flow.Record.Name
	fmt.Fprintf(&b, "A line is expr, as in a mapping: %s.<field>, param.<name>, table.<name>.lookup(…).\n", name)
	b.WriteString("Behind jq it is jq, over the record: jq keys. The functions of definitions may be called. Tab completes. Commands:\n")
	for _, one := range commands() {
		fmt.Fprintf(&b, "  :%-8s %s\n", one.name, one.summary)
	}
	b.WriteString("What expr can do: tqmap reference expr")
	return b.String()
}

func (c *Console) record(which string) (string, error) {
	if which == "" {
		return show(c.records[c.at].Record), nil
	}
	if n, err := strconv.Atoi(which); err == nil && n >= 1 && n <= len(c.records) {
		return c.move(n - 1)
	}
	i := slices.IndexFunc(c.records, func(m engine.Mapped) bool { return m.Key == which })
	if i < 0 {
		return "", fmt.Errorf("there is no record %s: name a key, or a number from 1 to %d; see :records", which, len(c.records))
	}
	return c.move(i)
}

func (c *Console) move(to int) (string, error) {
	if to < 0 || to >= len(c.records) {
		return "", fmt.Errorf("there are %d records, and this is number %d", len(c.records), c.at+1)
	}
	c.at = to
	return c.Where(), nil
}

// Where says which record the lines are about.
func (c *Console) Where() string {
	return fmt.Sprintf("record %d of %d: %s", c.at+1, len(c.records), c.records[c.at].Key)
}

func (c *Console) list(string) (string, error) {
	var lines []string
	for i, r := range c.records {
		became := fmt.Sprintf("%d objects", len(r.Objects))
		switch {
		case r.Dead != nil:
			became = "dead: " + r.Dead.Reason
		case r.Skipped != "":
			became = "left out: " + r.Skipped
		case r.Item != nil:
			became = "an item"
		}
		lines = append(lines, fmt.Sprintf("%5d  %s  (%s)", i+1, r.Key, became))
	}
	return strings.Join(lines, "\n"), nil
}

func (c *Console) fields(string) (string, error) {
	var all []any
	for _, r := range c.records {
		all = append(all, r.Vars()[c.flow.Record.Name])
	}
	var lines []string
	for _, f := range code.Survey(all) {
		path := strings.TrimSuffix(c.flow.Record.Name+"."+f.Path, ".")
		lines = append(lines, fmt.Sprintf("  %-40s %s", path, strings.Join(f.Kinds, " or ")))
	}
	return strings.Join(lines, "\n"), nil
}

func (c *Console) kind(text string) (string, error) {
	v, err := c.expr(text)
	if err != nil {
		return "", err
	}
	if shape := code.Infer([]any{v}); shape.Kind == code.Object || shape.Kind == code.List {
		return shape.String(), nil
	} else if v != nil {
		return shape.Kind.Word(), nil
	}
	return "null", nil
}

// show writes a value as JSON.
func show(v any) string {
	text, err := prose.Indented(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(text, "\n")
}
