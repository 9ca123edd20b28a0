package dsl

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
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
// The order of Names does not matter: files are read by name.
func Load(in Input, v Vocabulary) (*Mapping, hcl.Diagnostics) {
	m := &Mapping{Files: map[string]*hcl.File{}, lost: map[string]bool{}, fsys: []fs.FS{in.FS}, vocabulary: v}
	if in.Fallback != nil {
		m.fsys = append(m.fsys, in.Fallback)
	}
	top := &Node{Spec: Grammar(v), typ: "mapping"}
	d := &decoder{used: usage{}}
	complete := len(in.Names) > 0
	if !complete {
		d.diags = append(d.diags, unreadable("no file is named"))
	}
	var read []*parsed
	for _, name := range slices.Sorted(slices.Values(in.Names)) {
		read = append(read, m.parse(d, in, name))
	}
	d.share(read)
	m.shared = d.shared
	for _, file := range read {
		part := m.file(d, file, top.Spec)
		if part == nil || d.broken {
			complete = false
			continue
		}
		if top.Range.Filename == "" {
			top.Range = part.Range
		}
		top.blocks = append(top.blocks, part.blocks...)
		maps.Copy(m.lost, part.lost)
	}
	if complete { // else what is missing may stand where we could not read
		m.build(d, top)
	}
	for _, diag := range d.diags {
		if r := diag.Subject; r != nil && r.End.Byte < r.Start.Byte {
			r.End = r.Start // HCL gives no end to what it could not finish reading
		}
	}
	sort.SliceStable(d.diags, func(i, j int) bool { return before(d.diags[i].Subject, d.diags[j].Subject) })
	return m, d.diags
}

func unreadable(why string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the mapping", Detail: why}
}

// parsed is one file of a mapping.
type parsed struct {
	name   string // as it is shown
	src    []byte
	body   *hclsyntax.Body
	syntax hcl.Diagnostics
}

// parse reads one file; nil if it cannot be read.
func (m *Mapping) parse(d *decoder, in Input, name string) *parsed {
	shown := path.Join(in.Prefix, name)
	src, err := fs.ReadFile(in.FS, name)
	if err != nil {
		d.diags = append(d.diags, unreadable(err.Error()))
		return nil
	}
	if why, at := code.TooDeep(src, shown); why != "" {
		m.Files[shown] = &hcl.File{Bytes: src}
		diag := unreadable(why)
		diag.Subject = &at
		d.diags = append(d.diags, diag)
		return nil
	}
	file, syntax := hclsyntax.ParseConfig(src, shown, hcl.InitialPos)
	m.Files[shown] = &hcl.File{Bytes: src, Body: file.Body}
	return &parsed{shown, src, file.Body.(*hclsyntax.Body), syntax}
}

func (p *parsed) broken() bool { return slices.ContainsFunc(p.syntax, breaks) }

// file decodes one file; nil if it could not be read.
func (m *Mapping) file(d *decoder, file *parsed, spec *Block) *Node {
	if file == nil {
		return nil
	}
	part := &Node{Spec: spec, typ: "mapping", Range: hcl.Range{Filename: file.name, Start: hcl.InitialPos, End: hcl.InitialPos}}
	from := len(d.diags)
	d.src, d.broken = file.src, file.broken()
	d.body(file.body, part)
	if d.broken {
		d.diags = append(d.diags[:from], upTo(firstBreak(file.syntax), d.diags[from:])...)
	}
	d.diags = append(d.diags, explainSyntax(file.syntax, d.diags[from:], file.src)...)
	return part
}

// breaks tells whether what stands behind diag was not understood.
func breaks(diag *hcl.Diagnostic) bool {
	return diag.Severity == hcl.DiagError && diag.Summary != "Attribute redefined"
}

func firstBreak(syntax hcl.Diagnostics) *hcl.Range {
	var first *hcl.Range
	for _, diag := range syntax {
		if breaks(diag) && diag.Subject != nil && (first == nil || before(diag.Subject, first)) {
			first = diag.Subject
		}
	}
	return first
}

// upTo keeps what was found before the place where the file stops making sense.
func upTo(end *hcl.Range, diags hcl.Diagnostics) hcl.Diagnostics {
	return slices.DeleteFunc(slices.Clone(diags), func(diag *hcl.Diagnostic) bool { return !before(diag.Subject, end) })
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

// explainSyntax says in our words what HCL's cannot know: what the author forgot, and that
// the string holds code. It drops those that follow from another one, or from one of ours.
func explainSyntax(syntax, ours hcl.Diagnostics, src []byte) hcl.Diagnostics {
	var out hcl.Diagnostics
	line, unclosed := 0, false
	for _, diag := range syntax {
		at := diag.Subject
		if at == nil {
			at = &hcl.Range{Start: hcl.InitialPos}
		}
		if unclosed || at.Start.Line == line || slices.ContainsFunc(ours, func(o *hcl.Diagnostic) bool { return covers(o.Subject, at) || sameMistake(o, diag) }) {
			continue
		}
		line = at.Start.Line
		if detail, where := ownWords(diag, src); detail != "" {
			own := *diag
			own.Detail, own.Subject = detail, &where
			diag = &own
		}
		switch {
		case diag.Summary == "Invalid character encoding":
			unclosed = true
		case strings.HasPrefix(diag.Summary, "Invalid multi-line string"):
			unclosed = true // the rest of the file is read as text and text as the rest
		case strings.HasPrefix(diag.Summary, "Invalid escape sequence"):
			diag.Detail += " In embedded code, use a heredoc (<<-EOT … EOT), where backslashes are literal, or write \\\\."
		case bytes.Contains(lineOf(src, at.Start.Byte), []byte("%{")):
			diag.Detail += " If this stands in embedded code, write %%{ for a literal %{ and $${ for a literal ${."
		}
		out = append(out, diag)
	}
	return out
}

// sameMistake tells whether a line that was read as a block is known to be none.
func sameMistake(ours, diag *hcl.Diagnostic) bool {
	return ours.Summary == "Unknown block" && diag.Summary == "Invalid block definition" &&
		ours.Subject != nil && diag.Subject != nil && ours.Subject.Start.Line == diag.Subject.Start.Line
}

func lineOf(src []byte, at int) []byte {
	at = min(at, len(src))
	from := bytes.LastIndexByte(src[:at], '\n') + 1
	line, _, _ := bytes.Cut(src[from:], []byte{'\n'})
	return line
}

func covers(outer, inner *hcl.Range) bool {
	return outer != nil && inner != nil && outer.Start.Byte <= inner.Start.Byte && inner.End.Byte <= outer.End.Byte
}

func (m *Mapping) build(d *decoder, top *Node) {
	static := m.staticScope()
	m.connector(d, top, static)
	for _, n := range top.All("param") {
		if d.name(n, codeWord, m.Param(n.Labels[0]) != nil) {
			m.Params = append(m.Params, d.param(n, static))
		}
	}
	m.flags(d)
	d.oneShared(top.All("definitions"))
	m.declareLocals(d, top.All("locals"))
	for _, n := range top.All("table") {
		if d.name(n, codeWord, m.table(n.Labels[0]) != nil) {
			m.Tables = append(m.Tables, d.table(n, static))
		}
	}
	for _, n := range top.All("client") {
		if d.name(n, word, m.Client(n.Labels[0]) != nil) {
			m.Clients = append(m.Clients, &Client{Name: n.Labels[0], Node: n, Auth: n.All("auth")})
		}
	}
	for _, n := range top.All("flow") {
		if d.name(n, word, m.Flow(n.Labels[0]) != nil) {
			m.Flows = append(m.Flows, m.flow(d, n))
		}
	}
	for _, n := range top.All("test") {
		known := slices.ContainsFunc(m.Tests, func(t *Test) bool { return t.Name == n.Labels[0] })
		if d.name(n, nil, known) {
			m.Tests = append(m.Tests, m.test(d, n))
		}
	}
	m.check(d, top)
}

var (
	// word is a name that a reference such as client.name can spell.
	word = regexp.MustCompile(`^[A-Za-z_][\w-]*$`)
	// codeWord is one that expr can spell, too, where a dash is a minus.
	// fileName is what needs no quotes anywhere.
	fileName = regexp.MustCompile(`^[A-Za-z0-9][\w-]*$`)
	codeWord = regexp.MustCompile(`^[A-Za-z_]\w*$`)
)

// name checks the label that names n, and says whether n is to be kept.
func (d *decoder) name(n *Node, form *regexp.Regexp, known bool) bool {
	switch {
	case known:
		d.errorf(n.Range, "Duplicate name", "There is another %s before this one.", describe(n))
	case form != nil && !form.MatchString(n.Labels[0]):
		letters := "letters, digits and _"
		if form == word {
			letters = "letters, digits, - and _"
		}
		d.errorf(n.Range, "Bad name", "%q cannot be written in a reference: a name of a %s has %s, and begins with a letter.", n.Labels[0], n.typ, letters)
		d.used[n.typ+"."+n.Labels[0]] = true
		return n.typ != "record"
	}
	return !known
}

// flags refuses two parameters that the operator would give in the same way.
func (m *Mapping) flags(d *decoder) {
	for _, attr := range []string{"flag", "short", "env"} {
		taken := map[string]string{}
		claim := func(p *Param, attr, kind, v string) {
			switch {
			case v == "":
			case taken[v] != "":
				d.errorf(p.Node.Val(attr).Range, "Duplicate name", "param %q has the %s %q already.", taken[v], kind, v)
			default:
				taken[v] = p.Name
			}
		}
		for _, p := range m.Params {
			claim(p, attr, attr, map[string]string{"flag": p.Flag, "short": p.Short, "env": p.Env}[attr])
		}
		for _, p := range m.Params {
			for _, v := range p.Aliases {
				if attr == "flag" {
					claim(p, "aliases", attr, v)
				}
			}
		}
	}
	for _, p := range m.Params {
		if p.Flag != "" {
			continue
		}
		for _, attr := range []string{"short", "aliases"} {
			if v := p.Node.Val(attr); v != nil {
				d.errorf(v.Range, "No flag", "%q is another form of a flag: give the parameter a flag, too.", attr)
			}
		}
	}
}

func (m *Mapping) connector(d *decoder, top *Node, s *Scoped) {
	all := top.All("connector")
	if len(all) == 0 {
		if !m.lost["connector"] {
			d.errorf(top.Range, "One connector expected", "A mapping begins with connector \"name\" { title = …  source = … }.")
		}
		return
	}
	for _, n := range all[1:] {
		if n.Range.Filename != all[0].Range.Filename { // within one file it is reported already
			d.errorf(n.Range, "One connector expected", "There is another one in %s; name one file in place of the folder.", all[0].Range.Filename)
			break
		}
	}
	r := d.static(all[0], s)
	m.Connector = Connector{
		Name: all[0].Labels[0], Title: r.String("title", ""), Version: r.String("version", ""),
		Description: r.String("description", ""), Source: r.String("source", ""), TLP: r.String("tlp", ""),
		Instance: all[0].Labels[0], Executables: r.Strings("executables"),
		Requires: r.Strings("requires"), Limits: r.Strings("limits"),
		lock: all[0].Block("lock"),
	}
	for i, name := range m.Connector.Executables {
		at := all[0].Val("executables").Range
		switch {
		case !fileName.MatchString(name) || name == "tqmap":
			d.errorf(at, "Bad name", "%q is no name for a copy of the program: it has letters, digits, - and _, and is not tqmap itself.", name)
		case slices.Contains(m.Connector.Executables[:i], name):
			d.errorf(at, "Duplicate name", "%q stands there twice.", name)
		}
	}
}
