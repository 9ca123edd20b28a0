package dsl

import (
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Input says where a mapping is.
type Input struct {
	// FS holds the mapping; Names are its files in it.
	FS    fs.FS
	Names []string
	// Prefix is put before the names in messages: the folder as the user wrote it.
	Prefix string
	// Fallback is where samples and test files are looked for second, so that a
	// copy of a built-in mapping finds them. May be nil.
	Fallback fs.FS
}

// Load reads, decodes and checks a mapping. The Mapping is never nil, so that
// diagnostics can be printed with its Files; it is usable only without errors.
func Load(in Input, v Vocabulary) (*Mapping, hcl.Diagnostics) {
	m := &Mapping{Files: map[string]*hcl.File{}, fsys: []fs.FS{in.FS}}
	if in.Fallback != nil {
		m.fsys = append(m.fsys, in.Fallback)
	}
	top := &Node{Spec: language(v), typ: "mapping"}
	d := &decoder{}
	broken := false
	for _, name := range in.Names {
		shown := path.Join(in.Prefix, name)
		src, err := fs.ReadFile(in.FS, name)
		if err != nil {
			d.diags = append(d.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the mapping", Detail: err.Error()})
			broken = true
			continue
		}
		file, diags := hclsyntax.ParseConfig(src, shown, hcl.InitialPos)
		m.Files[shown] = &hcl.File{Bytes: src, Body: file.Body}
		d.diags = append(d.diags, explainSyntax(diags, src)...)
		broken = broken || diags.HasErrors()
		d.src = src
		part := &Node{Spec: top.Spec, typ: "mapping", Range: hcl.Range{Filename: shown, Start: hcl.InitialPos, End: hcl.InitialPos}}
		d.body(file.Body.(*hclsyntax.Body), part)
		top.Range = part.Range
		top.blocks = append(top.blocks, part.blocks...)
	}
	if !broken { // what a file with broken syntax lacks says nothing about its author's intent
		m.build(d, top)
	}
	sort.SliceStable(d.diags, func(i, j int) bool { return before(d.diags[i].Subject, d.diags[j].Subject) })
	return m, d.diags
}

func before(a, b *hcl.Range) bool {
	if a == nil || b == nil {
		return a == nil && b != nil
	}
	if a.Filename != b.Filename {
		return a.Filename < b.Filename
	}
	return a.Start.Byte < b.Start.Byte
}

// explainSyntax adds to HCL's own messages what they cannot know: that the
// string holds code.
func explainSyntax(diags hcl.Diagnostics, src []byte) hcl.Diagnostics {
	for _, diag := range diags {
		switch {
		case strings.HasPrefix(diag.Summary, "Invalid escape sequence"):
			diag.Detail += " In embedded code, use a heredoc (<<-EOT … EOT), where backslashes are literal, or write \\\\."
		case strings.Contains(diag.Summary, "template") || strings.Contains(diag.Summary, "control"):
			if diag.Subject != nil && strings.Contains(string(src), "%{") {
				diag.Detail += " If this stands in embedded code, write %%{ for a literal %{ and $${ for a literal ${."
			}
		}
	}
	return diags
}

func (m *Mapping) build(d *decoder, top *Node) {
	static := &Scoped{ctx: &hcl.EvalContext{Functions: functions()}}
	m.connector(d, top, static)
	for _, n := range top.All("param") {
		if unique(d, n, m.Param(n.Labels[0]) != nil) {
			m.Params = append(m.Params, d.param(n, static))
		}
	}
	for _, n := range top.All("locals") {
		for _, name := range sortedKeys(n.values) {
			m.locals = append(m.locals, n.values[name])
		}
	}
	for _, n := range top.All("table") {
		if unique(d, n, m.table(n.Labels[0]) != nil) {
			m.Tables = append(m.Tables, d.table(n, static))
		}
	}
	for _, n := range top.All("client") {
		if unique(d, n, m.Client(n.Labels[0]) != nil) {
			m.Clients = append(m.Clients, &Client{Name: n.Labels[0], Node: n, Auth: n.All("auth")})
		}
	}
	for _, n := range top.All("flow") {
		if unique(d, n, m.Flow(n.Labels[0]) != nil) {
			m.Flows = append(m.Flows, m.flow(d, n))
		}
	}
	for _, n := range top.All("test") {
		m.Tests = append(m.Tests, m.test(d, n))
	}
	m.check(d, top)
}

func unique(d *decoder, n *Node, known bool) bool {
	if known {
		d.errorf(n.Range, "Duplicate name", "There is another %s before this one.", describe(n))
	}
	return !known
}

func (m *Mapping) connector(d *decoder, top *Node, s *Scoped) {
	all := top.All("connector")
	if len(all) != 1 {
		at := top.Range
		detail := "A mapping begins with connector \"name\" { title = …  source = … }."
		if len(all) > 1 {
			at, detail = all[1].Range, "These files hold more than one connector; name one file in place of the folder."
		}
		d.errorf(at, "One connector expected", "%s", detail)
		return
	}
	r := all[0].Read(s)
	m.Connector = Connector{
		Name: all[0].Labels[0], Title: r.String("title", ""), Version: r.String("version", ""),
		Description: r.String("description", ""), Source: r.String("source", ""), TLP: r.String("tlp", ""),
	}
	d.diags = append(d.diags, r.diags...)
}

func (m *Mapping) test(d *decoder, n *Node) *Test {
	t := &Test{Name: n.Labels[0], Node: n}
	for _, ref := range n.Val("flow").Refs() {
		if t.Flow = m.Flow(ref.Name); t.Flow == nil || ref.Type != "flow" {
			d.errorf(ref.Range, "Unknown flow", "There is no flow %q.%s", ref.Name, suggest(ref.Name, m.flowNames()))
		}
	}
	return t
}

func (m *Mapping) flowNames() []string {
	var out []string
	for _, f := range m.Flows {
		out = append(out, f.Name)
	}
	return out
}
