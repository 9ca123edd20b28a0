package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/dsl/prose"
	"tqmap/engine"
	"tqmap/mappings"
	"tqmap/runtime"
	"tqmap/runtime/redact"
	"tqmap/runtime/state"
)

// app is what every verb needs from outside.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time

	redactor *redact.Redactor
	argv     []string
	linked   bool // the name of the program stands for a mapping
	// mapping is loaded before the flags are parsed, because it declares some.
	mapping *dsl.Mapping
	diags   hcl.Diagnostics
	loadErr error
}

// Exit codes.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3
	exitLocked  = 4
)

// exitError carries an exit code; its message, if any, was printed already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

func (a *app) main(ctx context.Context, argv []string) int {
	a.redactor = redact.New()
	args := connectorArgs(argv, mappings.FS)
	a.argv, a.linked = argv, len(args) == len(argv)+1
	root := a.root()
	if err := a.declareFlags(root, &args); err != nil {
		return a.fail(err)
	}
	root.SetArgs(args)
	return a.fail(root.ExecuteContext(ctx))
}

// connectorArgs makes a copy of the binary called tq-conn-NAME behave like the connector of
// that name, and one that a built-in mapping lists among its executables like that.
func connectorArgs(argv []string, builtin fs.FS) []string {
	executable := strings.TrimSuffix(filepath.Base(argv[0]), ".exe")
	if strings.HasPrefix(executable, "tqmap") {
		return argv[1:]
	}
	name, isConnector := strings.CutPrefix(executable, "tq-conn-")
	name = strings.ReplaceAll(name, "-", "_")
	if _, err := fs.Stat(builtin, name+".hcl"); !isConnector || err != nil {
		if by := claims(builtin)[executable]; len(by) > 0 {
			name = by[0]
		} else if !isConnector {
			return argv[1:]
		}
	}
	return append([]string{"run", name}, argv[1:]...)
}

// claims are the names of built-in mappings by the executables that run them.
func claims(builtin fs.FS) map[string][]string {
	out := map[string][]string{}
	names, _ := fs.Glob(builtin, "*.hcl")
	for _, file := range names {
		name := strings.TrimSuffix(file, ".hcl")
		m, _ := dsl.Load(dsl.Input{FS: builtin, Names: []string{file}}, engine.Vocabulary()) // its mistakes are told when it runs
		for _, executable := range append(m.Connector.Executables, "tq-conn-"+strings.ReplaceAll(name, "_", "-")) {
			out[executable] = append(out[executable], name)
		}
	}
	return out
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tqmap",
		Short: "Moves threat intelligence between ThreatQ and security products",
		Long: `tqmap moves threat intelligence between ThreatQ and security products. Each
product is described by one mapping, an HCL file that you can read and change.

Try it without any account:   tqmap run ironnet --sandbox -c /tmp/tqmap`,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", a.columns())+" "))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	group := func(id, title string, verbs ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, verb := range verbs {
			verb.GroupID = id
			root.AddCommand(verb)
		}
	}
	group("run", "Run a connector:", a.configureCmd(), a.runCmd(), a.mappingsCmd(), a.sandboxCmd())
	group("desk", "Write and check a mapping:", a.newCmd(), a.fmtCmd(), a.validateCmd(), a.previewCmd(), a.explainCmd(), a.recordCmd(), a.testCmd(), a.consoleCmd(), a.shapeCmd(), a.docsCmd(), a.referenceCmd())
	group("memory", "Look at what is remembered, and repair it:", a.runsCmd(), a.stateCmd(), a.deadletterCmd(), a.unlockCmd())
	root.AddCommand(a.manCmd(), a.versionCmd())
	return root
}

// fail prints err, which may be several, and says which exit code it stands for.
func (a *app) fail(err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	worst := exitUsage
	for _, one := range split(err) {
		if c := a.failOne(one); c != exitUsage {
			worst = c
		}
	}
	return worst
}

// split takes what errors.Join joined apart.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func (a *app) failOne(err error) int {
	var usage *usageError
	var config *runtime.ConfigError
	var setting interface{ Diagnostic() *hcl.Diagnostic }
	var file *runtime.FileError
	var diags hcl.Diagnostics
	switch {
	case errors.As(err, &file):
		a.printDiags(file.Files, file.Diags)
		return exitUsage
	case errors.As(err, &diags):
		a.printDiags(a.files(), diags)
		return exitUsage
	case errors.As(err, &setting):
		if d := setting.Diagnostic(); d != nil {
			d.Detail = err.Error()
			a.printDiags(nil, hcl.Diagnostics{d})
			return exitUsage
		}
	}
	fmt.Fprintf(a.stderr, "Error: %s\n", a.text(err.Error()))
	switch {
	case errors.Is(err, state.ErrLocked):
		return exitLocked
	case errors.As(err, &usage), errors.As(err, &config), errors.Is(err, state.ErrUnwritable), errors.Is(err, runtime.ErrNoState), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	}
	return exitFailed
}

func (a *app) files() map[string]*hcl.File {
	if a.mapping == nil {
		return nil
	}
	return a.mapping.Files
}

func (a *app) printDiags(files map[string]*hcl.File, diags hcl.Diagnostics) {
	text := show.Diagnostics(files, diags, a.coloured(a.stderr), a.text)
	fmt.Fprint(a.stderr, a.redactor.String(text))
}

// oneOf refuses a form of output that a verb does not have.
func oneOf(format string, forms ...string) error {
	if slices.Contains(forms, format) {
		return nil
	}
	return usagef("--format takes %s, not %q", prose.Or(forms), format)
}

// terminal says whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// coloured says whether what is written to w has colours.
func (a *app) coloured(w io.Writer) bool { return terminal(w) && a.getenv("NO_COLOR") == "" }

// wide is how many columns the terminal has that stdout is; false where it is none.
func (a *app) wide() (int, bool) {
	f, ok := a.stdout.(*os.File)
	if !ok {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	return columns, err == nil
}

// columns is how wide paragraphs may be: as the terminal, within what reads well.
func (a *app) columns() int {
	const least, most, usual = 40, 100, 80
	if n, ok := a.wide(); ok {
		return min(max(n, least), most)
	}
	return usual
}
