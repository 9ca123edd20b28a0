// Package scaffold writes the first version of a mapping: a file that loads, maps the
// answers it was made of and says where its author has to look again.
package scaffold

import (
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
	URL, Path string
	// Auth is one of Auths, Paging one of Pagings; "" is found out where it can be.
	Auth, Paging string
	// Answers are decoded answers of the API, and Samples the glob of the files they
	// stand in. Both may be empty.
	Answers []any
	Samples string
	// Files are the samples one by one, for a test.
	Files []string
}

// Auths are the kinds of auth that a scaffold can begin with.
func Auths() []string { return []string{"none", "basic", "bearer", "api_key", "oauth2"} }

// Pagings are the kinds of paginate that a scaffold can begin with; "" is none.
func Pagings() []string {
	return []string{"none", "offset", "page", "cursor", "next_url", "link_header"}
}

// Mapping is the file. What it could only guess is marked with "guessed" in a comment,
// what it cannot know with "TODO".
func Mapping(p Plan) []byte {
	g := look(p.Answers)
	w := &writer{}
	w.head(p)
	w.client(p)
	w.flow(p, g)
	if len(p.Files) > 0 {
		w.test(p, g)
	}
	return hclwrite.Format([]byte(w.String()))
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
		w.line("auth \"api_key\" {\nname = \"X-Api-Key\" # TODO: the header that the vendor's documentation names\nvalue = param.api_key\n}")
	case "oauth2":
		w.line("auth \"oauth2\" {\ntoken_url = \"/oauth/token\" # TODO: the address that the vendor's documentation names\nclient_id = param.client_id\nclient_secret = param.client_secret\n}")
	}
	w.line("}\n")
}

func (w *writer) flow(p Plan, g guess) {
	w.line("flow %s {\nsource \"http\" {\nclient = client.api", quote(g.record+"s"))
	paging := p.Paging
	if paging == "" {
		paging = g.paging()
	}
	w.line("request {\npath = %s", quote("/"+strings.TrimLeft(p.Path, "/")))
	if query := queries[paging]; query != "" {
		w.line("query = %s # TODO: the names that the vendor's documentation gives", query)
	}
	w.line("}")
	w.line("# TODO: without a window each run reads everything. Where the API can be asked for what is new:\n# window {\n#   initial = \"7d\"\n#   cursor  = %s\n# }\n# and in the request: query = { since = window.start }", expr(g.record+".updated"))
	w.paginate(paging, g)
	w.line("}\n")
	w.record(p, g)
	w.event(p, g)
	w.indicators(g)
	w.line("}")
}

// queries are how a request asks for a page.
var queries = map[string]string{
	"offset": "{ limit = page.size, offset = page.offset }",
	"page":   "{ per_page = page.size, page = page.number }",
	"cursor": "{ limit = page.size, cursor = page.cursor }",
}

// paging is the kind of paginate that the answer points to.
func (g guess) paging() string {
	switch {
	case g.next != "" && strings.Contains(strings.ToLower(g.next), "link"):
		return "next_url"
	case g.next != "":
		return "cursor"
	case g.total != "":
		return "offset"
	}
	return "none"
}

func (w *writer) paginate(kind string, g guess) {
	if kind == "none" {
		return
	}
	w.line("paginate %s {", quote(kind))
	if queries[kind] != "" {
		w.line("size = 100")
	}
	switch next := g.next; {
	case kind == "cursor" || kind == "next_url":
		if next == "" {
			next = ".next"
		}
		w.line("next = %s # guessed", jq(next))
	case g.total != "" && kind != "link_header":
		w.line("total = %s # guessed", jq(g.total))
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
	case g.key != "" && len(p.Answers) > 0:
		w.line("key = %s # guessed: what identifies a record for ever", expr(g.record+"."+g.key))
	case g.key != "":
		w.line("key = %s # TODO: what identifies a record for ever", expr(g.record+"."+g.key))
	default:
		w.line("key = %s # TODO: no field of the sample identifies a record", expr("sha256(toJSON("+g.record+"))"))
	}
	if p.Samples != "" {
		w.line("samples = %s", quote(p.Samples))
	}
	w.line("}\n")
}

func (w *writer) event(p Plan, g guess) {
	w.line("event %s {\ntype = \"Alert\"", quote(g.record))
	title := quoteExpr(p.Title + ": ")
	if g.title != "" {
		title += " + " + g.record + "." + g.title
	}
	if g.key != "" && g.key != g.title {
		title += " + ' (' + string(" + g.record + "." + g.key + ") + ')'"
	}
	w.line("title = %s", expr(title))
	switch {
	case g.time != "":
		w.line("happened_at = %s # guessed", expr(g.time))
	case len(p.Answers) == 0:
		w.line("happened_at = %s # TODO: when it happened", expr(g.record+".created"))
	default:
		w.line("happened_at = %s # TODO: no field of the sample is an instant", expr("now"))
	}
	if len(g.attributes) > 0 {
		w.line("attributes = {")
		for _, path := range g.attributes {
			w.line("%s = %s", quote(label(path)), expr(g.reach(path)))
		}
		w.line("}")
	}
	w.line("}")
}

// quoteExpr writes text as expr does.
func quoteExpr(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(text) + "'"
}

// reach is how expr gets to path, past objects that may be absent.
func (g guess) reach(path string) string {
	out, shape := g.record, g.shape
	for _, name := range strings.Split(path, ".") {
		dot := "."
		if shape.Optional && out != g.record {
			dot = "?."
		}
		switch {
		case plain.MatchString(name):
			out += dot + name
		case dot == "?.":
			out += dot + "[" + quoteExpr(name) + "]"
		default:
			out += "[" + quoteExpr(name) + "]"
		}
		shape = shape.Fields[name]
	}
	return out
}

func (w *writer) indicators(g guess) {
	if len(g.observables) == 0 {
		return
	}
	var all []string
	for _, path := range g.observables {
		all = append(all, g.reach(path))
	}
	w.line("\nindicator \"ioc\" {\nfor_each = %s # guessed: the fields that hold indicators", expr("compact(["+strings.Join(all, ", ")+"])"))
	w.line("when = %s\ntype = %s\nvalue = %s\nrelated = [event.%s]\n}", expr("indicator_type(each) != nil"), expr("indicator_type(each)"), expr("each"), g.record)
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
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
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
