// Package scaffold writes the first version of a mapping: a file that loads, maps the
// answers it was made of and says where its author has to look again.
package scaffold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Plan is what a mapping is made of.
type Plan struct {
	// Name is the connector's, as in its file name: letters, digits and _.
	Name string
	// Title is what people call the product.
	Title string
	// URL is the API's address, Path that of the records below it.
	URL, Path      string
	query          []parameter // of the path
	keyName, paged string      // how the query names a key, and what kind of paging it has
	size           int         // of a page, as the query has it
	// Auth is one of Auths, Paging one of Pagings; "" is found out where it can be.
	Auth, Paging string
	// Answers are the documents in answers of the API, and Samples the glob of the files
	// they stand in. Both may be empty.
	Answers []any
	Samples string
	// Rows says that each document is a record, as a row of CSV is.
	Rows bool
	// Decode is what the answers are written in, where that is not JSON.
	Decode Decode
	// Files are the samples one by one, for a test.
	Files []string
}

// Decode is a block decode: its kind, and its attributes in HCL.
type Decode struct {
	Kind  string
	Attrs []Attr
}

// Attr is an attribute of a block, Value as HCL writes it.
type Attr struct{ Name, Value string }

// Setting is an attribute that is a text.
func Setting(name, value string) Attr { return Attr{name, quote(value)} }

// Settings is an attribute that is a list of texts.
func Settings(name string, values []string) Attr {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return Attr{name, "[" + strings.Join(quoted, ", ") + "]"}
}

func (p Plan) isXML() bool { return p.Decode.Kind == "xml" }

// Auths are the kinds of auth that a scaffold can begin with.
func Auths() []string { return []string{"none", "basic", "bearer", "api_key", "oauth2"} }

// Pagings are the kinds of paginate that a scaffold can begin with; "" is none.
func Pagings() []string {
	return []string{"none", "offset", "page", "cursor", "next_url", "link_header"}
}

// Mapping is the file. What it could only guess is marked with "guessed" in a comment,
// what it cannot know with "TODO". The error is an [*AnswerError].
func Mapping(p Plan) ([]byte, error) {
	g, err := look(p)
	if err != nil {
		return nil, err
	}
	p.ask()
	w := &writer{}
	w.head(p)
	w.client(p)
	w.flow(p, g)
	if len(p.Files) > 0 {
		w.test(p, g)
	}
	return hclwrite.Format([]byte(w.String())), nil
}

type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// quote writes text as HCL does.
func quote(text string) string { return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes()) }

// expr writes a program into the mapping.
func expr(program string) string { return "expr(" + quote(program) + ")" }

func jq(program string) string { return "jq(" + quote(program) + ")" }

func (w *writer) head(p Plan) {
	w.line("# %s. Check it with: tqmap validate %s.hcl; see what it makes with: tqmap preview %s.hcl", strings.ReplaceAll(p.Title, "\n", " "), p.Name, p.Name)
	w.line("connector %s {\ntitle = %s\nversion = \"0.1.0\"\nsource = %s\n}\n", quote(p.Name), quote(p.Title), quote(p.Title))
	w.line("param \"url\" {\nlabel = \"API Address\"\ntype = string\ndefault = %s\n}\n", quote(strings.TrimRight(p.URL, "/")))
	for _, secret := range credentials(p.Auth) {
		w.line("param %s {\nlabel = %s\ntype = string\nrequired = true\nsensitive = %t\n}\n", quote(secret.name), quote(secret.label), secret.secret)
	}
}

type credential struct {
	name, label string
	secret      bool
}

func credentials(auth string) []credential {
	switch auth {
	case "basic":
		return []credential{{"username", "Username", false}, {"password", "Password", true}}
	case "bearer":
		return []credential{{"token", "API Token", true}}
	case "api_key":
		return []credential{{"api_key", "API Key", true}}
	case "oauth2":
		return []credential{{"client_id", "Client ID", false}, {"client_secret", "Client Secret", true}}
	}
	return nil
}

func (w *writer) client(p Plan) {
	w.line("client \"api\" {\nbase_url = param.url")
	switch p.Auth {
	case "basic":
		w.line("auth \"basic\" {\nusername = param.username\npassword = param.password\n}")
	case "bearer":
		w.line("auth \"bearer\" {\ntoken = param.token\n}")
	case "api_key":
		if p.keyName != "" {
			w.line("auth \"api_key\" {\nin = \"query\"\nname = %s\nvalue = param.api_key\n}", quote(p.keyName))
			break
		}
		w.line("auth \"api_key\" {\nname = \"X-Api-Key\" # TODO: the header that the vendor's documentation names; in = \"query\" puts it into the address\nvalue = param.api_key\n}")
	case "oauth2":
		w.line("auth \"oauth2\" {\ntoken_url = \"/oauth/token\" # TODO: the address that the vendor's documentation names\nclient_id = param.client_id\nclient_secret = param.client_secret\n# client_auth = \"body\" where the server wants them as fields and not in a header\n}")
	}
	w.line("}\n")
}

func (w *writer) flow(p Plan, g guess) {
	w.line("flow %s {\nsource \"http\" {\nclient = client.api", quote(g.record+"s"))
	paging := p.Paging
	if paging == "" {
		paging = g.pages.paging()
	}
	if p.Paging == "" && paging == "none" {
		paging = p.paged
	}
	w.line("request {\npath = %s", quote(p.Path))
	w.query(p, paging)
	w.line("}")
	w.decode(p, g)
	w.window(g)
	w.paginate(p, paging, g)
	w.line("}\n")
	w.record(p, g)
	switch about := g.feed(); {
	case g.bare:
		w.line("indicator \"ioc\" {\nwhen = %s\ntype = %s\nvalue = %s\n}", expr("indicator_type("+g.record+") != nil"), expr("indicator_type("+g.record+")"), expr(g.record))
	case about != "":
		w.feed(g, about)
	default:
		w.event(p, g)
		w.indicators(g)
	}
	w.line("}")
}

// queries are how a request asks for a page: what of page it names, and the usual names.
var queries = map[string][]Attr{
	"offset": {{"limit", "page.size"}, {"offset", "page.offset"}},
	"page":   {{"per_page", "page.size"}, {"page", "page.number"}},
	"cursor": {{"limit", "page.size"}, {"cursor", "page.cursor"}},
}

// query is that of the path, with what asks for a page in its place.
func (w *writer) query(p Plan, paging string) {
	var out []string
	missing := slices.Clone(queries[paging])
	for _, a := range p.query {
		i := slices.IndexFunc(missing, func(m Attr) bool { return m.Value == a.asks })
		switch {
		case i >= 0:
			missing = slices.Delete(missing, i, i+1)
			out = append(out, queryName(a.name)+" = "+a.asks)
		case a.asks == "" || a.asks == "page.size" || paging == "none" || paging == "":
			out = append(out, queryName(a.name)+" = "+quote(a.value))
		}
	}
	todo := ""
	for _, m := range missing {
		out = append(out, m.Name+" = "+m.Value)
		todo = " # TODO: the names that the vendor's documentation gives"
	}
	if len(out) > 0 {
		w.line("query = { %s }%s", strings.Join(out, ", "), todo)
	}
}

func (w *writer) decode(p Plan, g guess) {
	if p.Decode.Kind == "" {
		return
	}
	if len(p.Decode.Attrs) == 0 && g.stream == "" {
		w.line("decode %s {}", quote(p.Decode.Kind))
		return
	}
	w.line("decode %s {", quote(p.Decode.Kind))
	for _, a := range p.Decode.Attrs {
		w.line("%s = %s", a.Name, a.Value)
	}
	if g.stream != "" {
		w.line("stream = %s", quote(g.stream))
	}
	w.line("}")
}

// window is a proposal: what a server can be asked for no answer tells.
func (w *writer) window(g guess) {
	cursor, format := g.record+".updated", ""
	if g.changed != "" {
		cursor, format = g.table.reach(g.changed), g.instants[g.changed].format
	}
	w.line("# TODO: without a window each run reads everything. Where the API can be asked for what is new:\n# window {\n#   initial = \"7d\"\n#   cursor  = %s", expr(cursor))
	if format != "" {
		w.line("#   format  = %s", quote(format))
	}
	if g.instants[g.changed].naive {
		w.line("#   zone    = \"UTC\"")
	}
	w.line("# }\n# and in the request: query = { since = window.start }")
}

func (w *writer) paginate(p Plan, kind string, g guess) {
	if kind == "none" || kind == "" {
		w.line("# TODO: one request brings everything. Where the API gives pages: tqmap reference paginate")
		return
	}
	w.line("paginate %s {", quote(kind))
	if queries[kind] != nil {
		if kind == "page" && g.pages.zero {
			w.line("first = 0 # guessed")
		}
		w.line("size = %d", cmp.Or(max(p.size, 0), g.pages.size, 100))
	}
	switch next, e := g.pages.next, g.pages; {
	case kind == "cursor" || kind == "next_url":
		if next == "" {
			next = ".next"
		}
		w.line("next = %s # guessed", jq(next))
	case kind == "link_header":
	case e.total != "":
		w.line("total = %s # guessed", jq(e.total))
	case e.totalPages != "":
		w.line("total_pages = %s # guessed", jq(e.totalPages))
	case e.more != "":
		w.line("has_more = %s # guessed", jq(e.more))
	}
	w.line("}")
}

func (w *writer) record(p Plan, g guess) {
	w.line("record %s {", quote(g.record))
	if g.extract != "" {
		w.line("extract = %s", jq(g.extract))
	} else if len(p.Answers) == 0 {
		w.line("extract = %s # TODO: where the records are in an answer", jq(".data[]"))
	}
	switch {
	case len(p.Answers) == 0:
		w.line("key = %s # TODO: what identifies a record for ever", expr(g.record+"."+g.key))
	case g.key != "":
		w.line("key = %s # guessed: what identifies a record for ever", expr(g.table.reach(g.key)))
	case g.bare:
		w.line("key = %s", expr(g.record))
	default:
		w.line("key = %s # TODO: no field of the sample identifies a record", expr("sha256(toJSON("+g.record+"))"))
	}
	if p.Samples != "" {
		w.line("samples = %s", quote(p.Samples))
	}
	w.line("}\n")
}

func (w *writer) test(p Plan, g guess) {
	var files []string
	for _, f := range p.Files {
		files = append(files, quote(f))
	}
	w.line("\ntest \"the recorded answers\" {\nflow = flow.%ss\nresponses = [%s]\ndead = 0\n}", g.record, strings.Join(files, ", "))
}

// short are words that are written in capitals.
var short = []string{"id", "ip", "url", "uri", "md5", "sha1", "sha256", "mac", "os", "cve", "tlp", "dns", "uuid", "asn", "ioc", "api", "vlan", "tcp", "udp", "http"}

// label is the name of an attribute, of the last two steps of a path.
func label(path string) string {
	steps := strings.Split(path, ".")
	if len(steps) > 2 {
		steps = steps[len(steps)-2:]
	}
	var words []string
	for _, step := range steps {
		words = append(words, split(step)...)
	}
	for i, word := range words {
		if slices.Contains(short, strings.ToLower(word)) {
			words[i] = strings.ToUpper(word)
			continue
		}
		runes := []rune(word)
		words[i] = string(unicode.ToUpper(runes[0])) + string(runes[1:])
	}
	return strings.Join(words, " ")
}

// split takes snake_case and camelCase apart.
func split(name string) []string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(runes[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune("_- @#.:", r) })
}

// Name makes the name of a connector of what somebody typed: "Acme EDR" is acme_edr; ""
// where nothing is left of it.
func Name(typed string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			return unicode.ToLower(r)
		case r == '_' || r == '-' || r == ' ':
			return '_'
		}
		return -1
	}, strings.TrimSpace(typed))
	return strings.Trim(name, "_")
}
