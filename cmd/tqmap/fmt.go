package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/dsl/format"
	"tqmap/mappings"
	"tqmap/runtime/rewrite"
)

// stdinName is the argument that stands for standard input.
const stdinName = "-"

// mostMistakes are shown of one file. One that is no HCL at all has a thousand.
const mostMistakes = 10

func (a *app) fmtCmd() *cobra.Command {
	var f formatter
	cmd := &cobra.Command{
		Use:   "fmt FILE|FOLDER|-…",
		Short: "Write mappings in their canonical form, the jq and expr in them included",
		Long: `Puts the spaces, columns, blank lines and indentation of mappings right, also in the
jq and expr in them, and prints the names of the files that it changed. Line breaks,
comments and quotes stay as they are. What a mapping means is compared before and
after; code that does not parse is left as it stands, and so is a file with mistakes
in its HCL.

A folder stands for its .hcl files, - for standard input, which is written to standard
output. --check and --diff write no file.`,
		Example: `  tqmap fmt my-feed.hcl
  tqmap fmt --check --diff mappings/
  tqmap fmt - < my-feed.hcl`,
		RunE: func(_ *cobra.Command, args []string) error {
			f.app = a
			return f.run(args)
		},
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "change nothing: name the files that would change, and exit 1 if there are any")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "change nothing: show what would change")
	return cmd
}

// formatter is one call of fmt.
type formatter struct {
	*app
	check, diff bool
	changes     int
}

func (f *formatter) run(args []string) error {
	names, err := f.files(args)
	if err != nil {
		return err
	}
	code := exitOK
	for _, name := range names {
		if f.fail(f.one(name)) != exitOK {
			code = exitUsage // what is wrong with one does not hold up the others
		}
	}
	if code == exitOK && f.check && f.changes > 0 {
		code = exitFailed
	}
	if code != exitOK {
		return exitError(code)
	}
	return nil
}

// files are the files that the arguments stand for.
func (f *formatter) files(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		builtin := strings.TrimSuffix(arg, ".hcl")
		_, missing := fs.Stat(mappings.FS, builtin+".hcl")
		switch {
		case arg == stdinName && len(args) > 1:
			return nil, usagef("- stands alone: it is standard input, and goes to standard output")
		case arg == stdinName:
			names = append(names, arg)
		case err == nil && info.IsDir():
			found, err := filepath.Glob(filepath.Join(arg, "*.hcl"))
			if err != nil || len(found) == 0 {
				return nil, usagef("the folder %s holds no .hcl file", arg)
			}
			names = append(names, found...)
		case errors.Is(err, fs.ErrNotExist) && missing == nil:
			return nil, unchangeable(builtin)
		default:
			names = append(names, arg)
		}
	}
	if len(names) == 0 {
		return nil, usagef("name files or folders to format, or - for standard input")
	}
	return names, nil
}

// one formats one file.
func (f *formatter) one(name string) error {
	label := name
	src, err := []byte(nil), error(nil)
	if name == stdinName {
		label = "<stdin>"
		src, err = io.ReadAll(f.stdin)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return usagef("%s cannot be read: %w", label, pathless(err))
	}
	out, diags := format.Source(label, src)
	if diags.HasErrors() {
		diags = dsl.Reworded(diags, src)
		f.printDiags(map[string]*hcl.File{label: {Bytes: src}}, diags[:min(len(diags), mostMistakes)])
		if n := len(diags) - mostMistakes; n > 0 {
			return usagef("%s: %d more mistakes like these; is it a mapping?", label, n)
		}
		return exitError(exitUsage)
	}
	changed := !bytes.Equal(src, out)
	if changed {
		f.changes++
	}
	switch {
	case f.diff:
		err = f.print(string(unified(label, src, out)))
	case f.check && changed:
		err = f.print(label + "\n")
	case f.check:
	case name == stdinName:
		_, err = f.stdout.Write(out)
	case changed:
		if err = rewrite.File(name, out); err != nil {
			return usagef("%s cannot be written: %w", name, pathless(err))
		}
		err = f.print(name + "\n")
	}
	return err
}

// unified is what patch reads; nothing where nothing changes.
func unified(name string, before, after []byte) []byte {
	_, text, _ := bytes.Cut(diff.Diff(name+".orig", before, name, after), []byte("\n")) // without "diff …"
	return text
}

// pathless is an error of the system without the path, which the message begins with.
func pathless(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
