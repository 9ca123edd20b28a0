package diag

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every summary that the sources give to a diagnostic is in the catalogue, and each of the
// catalogue is given by them or by HCL. A function is known by a parameter, or a result,
// called summary that a format or detail stands beside.
func TestSummariesOfTheSources(t *testing.T) {
	own, hcl := &scan{fset: token.NewFileSet()}, &scan{fset: token.NewFileSet()}
	for _, dir := range []string{"dsl", "engine", "runtime", "cmd"} {
		own.tree(t, filepath.Join("..", "..", dir))
	}
	own.run()
	for _, path := range []string{"github.com/hashicorp/hcl/v2", "github.com/hashicorp/hcl/v2/hclsyntax", "github.com/hashicorp/hcl/v2/gohcl", "github.com/hashicorp/hcl/v2/hclparse"} {
		pkg, err := build.Import(path, ".", build.FindOnly)
		if err != nil {
			t.Fatal(err)
		}
		hcl.dir(t, pkg.Dir)
	}
	hcl.texts()
	if len(own.found) < 130 || len(hcl.found) < 100 {
		t.Fatalf("only %d summaries of ours and %d texts of HCL found", len(own.found), len(hcl.found))
	}
	for _, at := range own.unclear {
		t.Errorf("%s: a summary is written out, so that it can be found", at)
	}
	for summary, at := range own.found {
		if _, ok := Named(summary); !ok {
			t.Errorf("%s: %q is not in the catalogue", at, summary)
		}
	}
	generic := []string{otherSyntax, otherEvaluation, otherRecord}
	for _, e := range All() {
		for _, summary := range append([]string{e.Summary}, e.Also...) {
			if own.found[summary] == "" && hcl.found[summary] == "" && !slices.Contains(generic, e.Code) {
				t.Errorf("%s: nothing says %q", e.Code, summary)
			}
		}
	}
}

type scan struct {
	fset    *token.FileSet
	files   map[string][]*ast.File // by folder
	found   map[string]string      // summary: where
	unclear []string
}

func (s *scan) tree(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			s.dir(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *scan) dir(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if s.files == nil {
			s.files, s.found = map[string][]*ast.File{}, map[string]string{}
		}
		s.files[dir] = append(s.files[dir], f)
	}
}

// texts takes every text in the files for a summary.
func (s *scan) texts() {
	s.each(func(_ string, n ast.Node) {
		if text, ok := literal(n); ok {
			s.found[text] = s.at(n)
		}
	})
}

// run looks for functions that take or give a summary, and then for what they are given.
func (s *scan) run() {
	takes := map[string]map[int]bool{} // by folder and name, by name alone where it is exported
	learn := func(dir, name string, f *ast.FuncType) {
		for i, param := range names(f.Params) {
			if next := append(names(f.Params), "", "")[i+1]; param == "summary" && (next == "format" || next == "detail" || next == "want" || next == "err") {
				key := scoped(dir, name)
				if takes[key] == nil {
					takes[key] = map[int]bool{}
				}
				takes[key][i] = true
			}
		}
	}
	s.each(func(dir string, n ast.Node) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			learn(dir, n.Name.Name, n.Type)
			if i := slices.Index(names(n.Type.Results), "summary"); i >= 0 {
				s.returned(n, i)
			} else if n.Recv != nil && n.Name.Name == "Summary" {
				s.returned(n, 0)
			}
		case *ast.AssignStmt:
			for i, rhs := range n.Rhs {
				if f, ok := rhs.(*ast.FuncLit); ok {
					learn(dir, nameOf(n.Lhs[i]), f.Type)
				}
			}
		}
	})
	s.each(func(dir string, n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			s.given(n, takes[scoped(dir, nameOf(n.Fun))])
		case *ast.CompositeLit:
			s.fields(n, nameOf(n.Type))
			for _, e := range n.Elts {
				// The type of an element may stand before the list.
				if of, ok := e.(*ast.CompositeLit); ok && of.Type == nil && nameOf(n.Type) == "Diagnostics" {
					s.fields(of, "Diagnostic")
				}
			}
		}
	})
}

// fields takes the summary that a literal of this type has.
func (s *scan) fields(n *ast.CompositeLit, typ string) {
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && (typ == "named" && nameOf(kv.Key) == "summary" || typ == "Diagnostic" && nameOf(kv.Key) == "Summary") {
			s.summary(kv.Value)
		}
	}
}

// given takes the first text among the arguments that may be a summary.
func (s *scan) given(call *ast.CallExpr, at map[int]bool) {
	for i, arg := range call.Args {
		if _, ok := literal(arg); at[i] && (ok || len(at) == 1) {
			s.summary(arg)
			return
		}
	}
}

func (s *scan) returned(f *ast.FuncDecl, i int) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && i < len(r.Results) {
			s.summary(r.Results[i])
		}
		return true
	})
}

func (s *scan) summary(e ast.Expr) {
	text, ok := literal(e)
	switch {
	case ok:
		s.found[text] = s.at(e)
	case nameOf(e) != "summary" && !isCallOf(e, "Summary"): // which was looked at where it comes from
		s.unclear = append(s.unclear, s.at(e))
	}
}

func (s *scan) each(see func(dir string, n ast.Node)) {
	for dir, files := range s.files {
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				if n != nil {
					see(dir, n)
				}
				return true
			})
		}
	}
}

func (s *scan) at(n ast.Node) string { return s.fset.Position(n.Pos()).String() }

func scoped(dir, name string) string {
	if ast.IsExported(name) {
		return name
	}
	return dir + " " + name
}

func names(fields *ast.FieldList) (out []string) {
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		for _, n := range f.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

func isCallOf(e ast.Expr, name string) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && nameOf(call.Fun) == name
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
