package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl/code"
	"tqmap/dsl/scaffold"
	"tqmap/engine/decode"
	"tqmap/engine/recording"
)

// newOptions are the flags of tqmap new.
type newOptions struct {
	plan scaffold.Plan
	from []string
	dir  string
}

func (a *app) newCmd() *cobra.Command {
	var o newOptions
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a mapping, from a recorded answer where there is one",
		Long: `Writes NAME.hcl with the parameters, client, flow and objects of a new connector, and
keeps the recorded answers (--from) beside it as samples. From them it guesses where
the records are, what identifies one, which fields are times, indicators and
attributes. What is guessed is marked with "guessed", what you have to fill in with
"TODO". Asks for what the flags do not say. Answers given together are of the same request,
such as pages of it.`,
		Example: `  tqmap new acme --from answer.json
  tqmap new acme --title "Acme EDR" --url https://api.acme.example --path /v1/alerts --auth bearer --from answer.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.plan.Name = scaffold.Name(args[0]); o.plan.Name == "" {
				return usagef("%q is no name for a connector: it has letters, digits and _, such as acme_edr", args[0])
			}
			if cmd.Flags().Changed("url") {
				return a.begin(&o)
			}
			if err := o.possible(); err != nil { // before anything is asked
				return err
			}
			if err := a.askForPlan(cmd, &o.plan); err != nil {
				return err
			}
			return a.begin(&o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.plan.Title, "title", "", "what people call the product")
	f.StringVar(&o.plan.URL, "url", "", "address of the API, such as https://api.example.com")
	f.StringVar(&o.plan.Path, "path", "/", "path of the records below the address, with its query: a key in it becomes a parameter, and is not written down")
	f.StringVar(&o.plan.Auth, "auth", "none", strings.Join(scaffold.Auths(), ", "))
	f.StringVar(&o.plan.Paging, "paging", "", strings.Join(scaffold.Pagings(), ", ")+" (default: what the answer points to)")
	f.StringArrayVar(&o.from, "from", nil, "file with a recorded answer: JSON, NDJSON, CSV or XML, also packed; may be repeated")
	f.StringVar(&o.dir, "dir", ".", "folder to write to")
	return cmd
}

// possible tells what no answer to a question can put right.
func (o *newOptions) possible() error {
	for _, name := range o.from {
		if _, err := os.Stat(name); err != nil {
			return usagef("--from: %w", err)
		}
	}
	return free(filepath.Join(o.dir, o.plan.Name+".hcl"))
}

func free(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s is there already; choose another name or folder", name)
	}
	return nil
}

// askForPlan asks for what no flag says.
func (a *app) askForPlan(cmd *cobra.Command, p *scaffold.Plan) error {
	q := &questions{in: bufio.NewReader(a.stdin), out: a.stdout, stdin: a.stdin}
	ask := func(flag, label, old string, into *string) {
		if !cmd.Flags().Changed(flag) {
			*into = q.ask(label, old, false)
		}
	}
	ask("title", "Name of the product", p.Name, &p.Title)
	ask("url", "Address of the API", "https://api.example.com", &p.URL)
	ask("path", "Path of the records", p.Path, &p.Path)
	ask("auth", "Auth ("+strings.Join(scaffold.Auths(), ", ")+")", p.Auth, &p.Auth)
	if q.err != nil {
		return usagef("the answers ended early; give --title, --url, --path and --auth: %w", q.err)
	}
	return nil
}

// begin writes the mapping and its samples.
func (a *app) begin(o *newOptions) error {
	p := &o.plan
	if p.Title == "" {
		p.Title = p.Name
	}
	switch {
	case !slices.Contains(scaffold.Auths(), p.Auth):
		return usagef("--auth takes %s, not %q; the other kinds: tqmap reference auth", strings.Join(scaffold.Auths(), ", "), p.Auth)
	case p.Paging != "" && !slices.Contains(scaffold.Pagings(), p.Paging):
		return usagef("--paging takes %s, not %q", strings.Join(scaffold.Pagings(), ", "), p.Paging)
	case !strings.HasPrefix(p.URL, "https://") && !strings.HasPrefix(p.URL, "http://"):
		return usagef("%q is no address of an API: it begins with https://", p.URL)
	}
	files := map[string][]byte{}
	if err := o.samples(files); err != nil {
		return err
	}
	mapping := filepath.Join(o.dir, p.Name+".hcl")
	src, err := scaffold.Mapping(*p)
	var bad *scaffold.AnswerError
	if errors.As(err, &bad) && bad.Answer < len(o.from) {
		return usagef("--from %s: %w", o.from[bad.Answer], err)
	} else if err != nil {
		return err
	}
	files[mapping] = src
	if err := writeNew(files); err != nil {
		return err
	}
	if names := secretNames(p.Answers); len(names) > 0 {
		fmt.Fprintf(a.stderr, "Warning: the answer has fields that are called like secrets: %s. It is kept as it is in %s: take out there what nobody else may see.\n", a.text(strings.Join(names, ", ")), filepath.Join(o.dir, filepath.FromSlash(path.Dir(p.Samples))))
	}
	fmt.Fprintf(a.stdout, "%s is begun. Look for TODO and \"guessed\" in it, then:\n  tqmap validate %[1]s\n", mapping)
	if len(o.from) > 0 {
		fmt.Fprintf(a.stdout, "  tqmap test %s\n  tqmap preview %[1]s --from %s\n", mapping, o.from[0])
	}
	return nil
}

// samples reads the recorded answers and says where they are kept.
func (o *newOptions) samples(files map[string][]byte) error {
	p := &o.plan
	var first decode.Form
	for i, name := range o.from {
		src, err := os.ReadFile(name)
		if err != nil {
			return usagef("--from: %w", err)
		}
		if recording.Is(src) {
			return usagef("--from %s: this is a recording of a run; give the body of one answer, and read the recording with tqmap preview or console", name)
		}
		form, documents, err := decode.Guess(src)
		if err != nil {
			return usagef("--from %s: %w; a recorded answer is the body of one, in JSON, NDJSON, CSV or XML", name, err)
		}
		if i == 0 {
			first = form
		} else if form.Kind != first.Kind || form.Delimiter != first.Delimiter {
			return usagef("--from %s: it is %s, and %s is %s; give answers of the same request together", name, form.Kind, o.from[0], first.Kind)
		}
		p.Answers = append(p.Answers, documents...)
		kept := path.Join("testdata", p.Name, fmt.Sprintf("answer_%d.%s", i+1, ending(form, src)))
		p.Files = append(p.Files, kept)
		files[filepath.Join(o.dir, filepath.FromSlash(kept))] = src
	}
	if len(p.Files) > 0 {
		p.Samples = path.Join("testdata", p.Name, "answer_*")
		p.Decode, p.Rows = decodeBlock(first)
	}
	return nil
}

// ending is how the name of a kept answer ends.
func ending(form decode.Form, src []byte) string {
	kind := form.Kind
	if kind == "concatenated" {
		kind = "json"
	}
	if packing, ok := decode.PackingOf(src); ok {
		kind += map[decode.Packing]string{decode.Gzip: ".gz", decode.Bzip2: ".bz2"}[packing]
	}
	return kind
}

// decodeBlock is how a mapping says form, and whether each document is a record.
func decodeBlock(form decode.Form) (scaffold.Decode, bool) {
	if form.Kind == "json" {
		return scaffold.Decode{}, false
	}
	d := scaffold.Decode{Kind: form.Kind}
	set := func(name, value string) {
		if value != "" {
			d.Attrs = append(d.Attrs, scaffold.Setting(name, value))
		}
	}
	set("delimiter", form.Delimiter)
	set("comment", form.Comment)
	if len(form.Columns) > 0 {
		d.Attrs = append(d.Attrs, scaffold.Settings("columns", form.Columns))
	}
	set("quotes", string(form.Quotes))
	set("ragged", string(form.Ragged))
	return d, form.Kind != "xml"
}

// writeNew writes files, none of which may be there already.
func writeNew(files map[string][]byte) error {
	for name := range files {
		if err := free(name); err != nil {
			return err
		}
	}
	for name, src := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := writeOnce(name, src); err != nil {
			return err
		}
	}
	return nil
}

// writeOnce writes a file that is not there; a link that is there by now is not followed.
func writeOnce(name string, src []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(src)
	return errors.Join(err, f.Close())
}

// secretNames are the names of fields that may hold credentials, with something in them, sorted.
func secretNames(answers []any) []string {
	found := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for name, e := range v {
				if text, ok := e.(string); ok && text != "" && code.SecretName(name) {
					found[name] = true
				}
				walk(e)
			}
		}
	}
	for _, answer := range answers {
		walk(answer)
	}
	return slices.Sorted(maps.Keys(found))
}
