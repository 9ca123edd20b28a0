package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/mappings"
)

// takesMapping marks the verbs whose first argument is a mapping.
const takesMapping = "mapping"

// declareFlags loads the mapping named on the command line and gives the verb the
// flags that it declares. Spellings of the guides such as -ll are rewritten in args.
func (a *app) declareFlags(root *cobra.Command, args *[]string) error {
	own := map[string]string{"ll": "loglocation"}
	*args = longShorts(*args, own)
	typed, asked := completing(*args)
	cmd, rest, err := root.Find(typed)
	if err != nil || cmd.Annotations[takesMapping] == "" {
		return nil // cobra says what is wrong
	}
	cmd.ValidArgsFunction = completeMappings
	arg := firstArgument(a, cmd, rest)
	if arg == "" {
		return nil
	}
	in, err := resolve(arg)
	if err != nil {
		a.loadErr = err
		return nil
	}
	a.read(in)
	shorts, aliases := spare(cmd.Flags()), map[string]string{}
	for _, p := range a.mapping.Params {
		if p.Flag == "" {
			continue
		}
		if name := taken(cmd.Flags(), p, own); name != "" {
			return usagef("%s: the flag %s of parameter %q belongs to tqmap itself; choose another", p.Node.Range, name, p.Name)
		}
		declare(cmd.Flags(), p)
		delete(shorts, p.Short)
		for _, name := range p.Aliases {
			aliases[name] = p.Flag
		}
		if len(p.Short) > 1 {
			shorts[p.Short] = p.Flag
		}
	}
	if asked {
		completeOf(cmd, a.mapping)
	} else {
		*args = longShorts(*args, shorts)
	}
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(cmp.Or(aliases[name], name))
	})
	return nil
}

// read loads a mapping. What it gives away itself, the default of a sensitive parameter, is not
// to be shown either: what is printed of a mapping ends up in build logs and scanners.
func (a *app) read(in dsl.Input) {
	a.mapping, a.diags = dsl.Load(in, engine.Vocabulary())
	for _, secret := range a.mapping.Secrets(nil) {
		a.redactor.Add(secret)
	}
}

// spare are short forms that the verb has unless the mapping has another use for them: one
// guide's -e is the end of a query, another's the export alone.
func spare(flags *pflag.FlagSet) map[string]string {
	out := map[string]string{}
	for short, name := range map[string]string{"i": "import", "e": "export"} {
		if flags.Lookup(name) != nil {
			out[short] = name
		}
	}
	return out
}

// taken is the form of p's flag that the verb has already; "" if there is none.
func taken(flags *pflag.FlagSet, p *dsl.Param, shorts map[string]string) string {
	for _, name := range append([]string{p.Flag}, p.Aliases...) {
		if flags.Lookup(name) != nil {
			return "--" + name
		}
	}
	if shorts[p.Short] != "" || len(p.Short) == 1 && flags.ShorthandLookup(p.Short) != nil {
		return "-" + p.Short
	}
	return ""
}

func declare(flags *pflag.FlagSet, p *dsl.Param) {
	short := ""
	if len(p.Short) == 1 {
		short = p.Short
	}
	help := p.Help
	var also []string
	if len(p.Short) > 1 {
		also = append(also, "-"+p.Short)
	}
	for _, name := range p.Aliases {
		also = append(also, "--"+name)
	}
	if len(also) > 0 {
		help += " (also " + strings.Join(also, ", ") + ")"
	}
	flags.StringP(p.Flag, short, "", show.Visible(help))
	f := flags.Lookup(p.Flag)
	f.DefValue = show.Visible(p.Default())
	if p.Type == dsl.BoolParam {
		f.NoOptDefVal = "true"
	}
}

// firstArgument finds the mapping among args before its flags are known: on a
// second command tree, so that nothing is parsed twice into the same values.
func firstArgument(a *app, cmd *cobra.Command, rest []string) string {
	probe, _, err := a.root().Find(strings.Fields(cmd.CommandPath())[1:])
	if err != nil {
		return ""
	}
	flags := probe.Flags()
	flags.ParseErrorsWhitelist.UnknownFlags = true
	flags.SetOutput(devNull{})
	flags.BoolP("help", "h", false, "")
	if err := flags.Parse(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return ""
	}
	if flags.NArg() == 0 {
		return ""
	}
	return flags.Arg(0)
}

type devNull struct{}

func (devNull) Write(p []byte) (int, error) { return len(p), nil }

// longShorts rewrites single-dash flags of several letters, which the guides use
// and pflag would read as a bundle: -ll DIR, -ep.
func longShorts(args []string, long map[string]string) []string {
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		name, value, has := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		full, ok := long[name]
		if !ok || !strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "--") {
			out = append(out, arg)
			continue
		}
		if has {
			full += "=" + value
		}
		out = append(out, "--"+full)
	}
	return out
}

// builtinPrefix stands before the name of a built-in mapping in messages.
const builtinPrefix = "built-in"

// resolve finds a mapping: a file, a folder of files, or the name of a built-in one.
func resolve(arg string) (dsl.Input, error) {
	in := dsl.Input{Fallback: mappings.FS}
	bare := !strings.ContainsAny(arg, `/\`)
	info, err := os.Stat(arg)
	builtin := strings.TrimSuffix(arg, ".hcl") + ".hcl"
	_, builtinErr := fs.Stat(mappings.FS, builtin)
	switch {
	case err == nil && !info.IsDir():
		in.FS, in.Names, in.Prefix = folder{filepath.Dir(arg), filepath.Base(arg)}, []string{filepath.Base(arg)}, filepath.Dir(arg)
	case bare && builtinErr == nil:
		in.FS, in.Names, in.Prefix = mappings.FS, []string{builtin}, builtinPrefix
	case err == nil:
		in.FS, in.Prefix = folder{dir: arg}, arg
		in.Names, err = fs.Glob(in.FS, "*.hcl")
		if err != nil || len(in.Names) == 0 {
			return in, usagef("the folder %s holds no .hcl file", arg)
		}
	default:
		hint := ""
		if near := code.Near(strings.TrimSuffix(arg, ".hcl"), builtins()); near != "" {
			hint = " (did you mean " + near + "?)"
		}
		return in, usagef("there is no file %s, and no built-in mapping of that name%s; built in: %s", arg, hint, strings.Join(builtins(), ", "))
	}
	return in, nil
}

// folder is the folder of a mapping, and nothing beside it: a link in it that leads elsewhere is not
// followed, as mappings come from other people, and what they read ends up in reports and
// guides. The one file that the command line names may be such a link.
type folder struct{ dir, named string }

func (f folder) Open(name string) (fs.File, error) {
	if name == f.named {
		return os.DirFS(f.dir).Open(name)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() // what was opened stays so
	file, err := root.FS().Open(name)
	var path *fs.PathError
	if errors.As(err, &path) {
		path.Op = "open" // as of any file
	}
	return file, err
}

// unchangeable refuses to write a built-in mapping.
func unchangeable(name string) error {
	name = strings.TrimSuffix(filepath.Base(name), ".hcl")
	return usagef("%s is built into tqmap, where it cannot change; copy it first: tqmap mappings %[1]s > my-%[1]s.hcl", name)
}

func builtins() []string {
	names, _ := fs.Glob(mappings.FS, "*.hcl")
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".hcl")
	}
	return names
}

// loaded returns the mapping that the command line names, without errors.
func (a *app) loaded(args []string) (*dsl.Mapping, error) {
	switch {
	case a.loadErr != nil:
		return nil, a.loadErr
	case a.mapping == nil && len(args) == 0:
		return nil, usagef("name a mapping: a file, a folder, or one of: %s", strings.Join(builtins(), ", "))
	case a.mapping == nil:
		return nil, usagef("write the mapping before the flags that it declares: tqmap run %s …", args[0])
	case len(args) > 1:
		return nil, usagef("one mapping at a time; %q is one too many", args[1])
	case len(a.diags) > 0:
		a.printDiags(a.mapping.Files, a.diags)
	}
	if a.diags.HasErrors() {
		return nil, exitError(exitUsage)
	}
	return a.mapping, nil
}
