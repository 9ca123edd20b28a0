package engine

import (
	"cmp"
	"fmt"
	"strings"

	"tqmap/dsl"
)

// What the kinds of this package say in dsl.Block.Describe is made of these pieces.

// worded is an attribute in words, or def where it has no value.
func worded(r *dsl.Reading, name, def string) string { return cmp.Or(r.Show(name), def) }

// sentences puts what is not empty together.
func sentences(all ...string) string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// wordedIf is format with the value of an attribute, "" where it has none.
func wordedIf(r *dsl.Reading, name, format string) string {
	if text := r.Show(name); text != "" {
		return fmt.Sprintf(format, text)
	}
	return ""
}

// placeWords are where a credential goes.
func placeWords(r *dsl.Reading) string {
	in := r.Show("in")
	if in == "" && r.Show("name") == "" {
		return "the header `" + worded(r, "header", "Authorization: Bearer {token}") + "`"
	}
	what := map[string]string{"header": "header", "query": "query parameter", "cookie": "cookie", "body": "field of the body"}
	text := fmt.Sprintf("the %s %s", cmp.Or(what[in], "header"), r.Show("name"))
	if format := r.Show("format"); format != "" {
		text += " as `" + format + "`"
	}
	return text
}

// requestWords are a request with what it carries, such as POST /login with the JSON {…}.
func requestWords(r *dsl.Reading) string {
	text := worded(r, "method", "GET") + " " + worded(r, "path", "/")
	var with []string
	if r.Has("basic") {
		with = append(with, strings.Join(basicWords(r), " and ")+" as HTTP Basic")
	}
	for _, body := range []struct{ name, words string }{{"json", "the JSON "}, {"body", "the body "}} {
		if r.Has(body.name) {
			shown := r.ShowJSON(body.name)
			if shown != "{}" {
				with = append(with, body.words+shown)
			}
		}
	}
	if r.Has("form") {
		var fields []string
		for _, p := range r.ShowPairs("form") {
			fields = append(fields, p.Name+"="+p.Value)
		}
		with = append(with, "the form "+strings.Join(fields, "&"))
	}
	if len(with) > 0 {
		text += " with " + strings.Join(with, " and ")
	}
	return text
}

// renewal says until when a token is used.
func renewal(r *dsl.Reading, until, again string) string {
	return fmt.Sprintf("It is good %s, and is renewed %s before that, and once after a 401, %s.", until, worded(r, "renew_before", "60s"), again)
}

// basicWords are user and password of a request.
func basicWords(r *dsl.Reading) []string {
	return strings.Split(strings.ReplaceAll(strings.Trim(r.ShowJSON("basic"), "[]"), `"`, ""), ", ")
}
