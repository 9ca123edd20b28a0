package dsl

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// RequestBlock describes an HTTP request whose values may use the names of scope.
func RequestBlock(scope Scope) *Block {
	return &Block{
		Type: "request", Summary: "One HTTP request.",
		Example: `request {
  method = "POST"
  path   = "/search"
  query  = { from = window.start, to = window.end }
  json   = { status = ["open", "new"] }
}`,
		Attrs: []Attr{
			{Name: "method", Type: cty.String, Scope: scope, Default: "GET", Summary: "HTTP method."},
			{Name: "path", Type: cty.String, Scope: scope, Required: true, Summary: "Path below the client's base_url."},
			{Name: "query", Type: anyType, Scope: scope, Summary: "Query parameters, sent in this order; null leaves one out, a list repeats one. Or a text, sent as it is."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: scope, Summary: "Further headers."},
			{Name: "basic", Type: cty.List(cty.String), Scope: scope, Summary: "[user, password] for this request alone."},
			{Name: "json", Type: anyType, Scope: scope, Summary: "Body, sent as JSON."},
			{Name: "form", Type: anyType, Scope: scope, Summary: "Body, sent as an HTML form in this order; null leaves a field out, a list repeats one."},
			{Name: "body", Type: cty.String, Scope: scope, Summary: "Body, sent unchanged."},
			{Name: "content_type", Type: cty.String, Scope: scope, Summary: "What a body is. Default: application/json for json, application/x-www-form-urlencoded for form."},
			{Name: "once", Type: cty.Bool, Scope: scope, Default: "false", Summary: "Do not repeat it once the server may have acted on it."},
		},
		Check: checkRequest,
	}
}

func checkRequest(r *Reading) {
	var bodies []*Val
	for _, v := range r.n.inOrder() {
		if slices.Contains([]string{"json", "form", "body"}, v.Attr.Name) {
			bodies = append(bodies, v)
		}
	}
	kind := r.n.Val("content_type")
	switch {
	case len(bodies) > 1:
		r.Fail(bodies[1].Attr.Name, "One body expected", "A request has one body: %s or %s.", bodies[0].Attr.Name, bodies[1].Attr.Name)
	case len(bodies) == 0 && kind != nil:
		r.Fail("content_type", "Without effect", "There is no body whose type this could be: add json, form or body.")
	case len(bodies) == 1 && bodies[0].Attr.Name == "body" && kind == nil:
		r.Fail("body", "Missing attribute", "The server cannot know what this text is: add content_type, e.g. content_type = \"text/plain\".")
	}
	r.shaped("query", true)
	r.shaped("form", false)
}

// shaped reports a value that is known to be neither an object nor, where that is allowed, text;
// the checker looks at one that is written out.
func (r *Reading) shaped(name string, text bool) {
	v, ok := r.value(name)
	if !ok || r.n.Val(name).Attr.Written || isObject(v.Type()) || text && v.Type() == cty.String {
		return
	}
	r.failShape(name, text, v)
}

func (r *Reading) failShape(name string, text bool, v cty.Value) {
	or := ""
	if text {
		or = ", or one text that is sent as it is"
	}
	r.Fail(name, "Object expected", "%q takes an object of names and values%s; this is %s.", name, or, kindName(v))
}

func isObject(t cty.Type) bool { return t.IsObjectType() || t.IsMapType() }

// PairsOrText returns an attribute that is an object, as Pairs does, or else a text.
func (r *Reading) PairsOrText(name string) ([]Pair, string) {
	v := r.n.Val(name)
	if v == nil {
		return nil, ""
	}
	if _, written := v.hcl.(*hclsyntax.ObjectConsExpr); !written {
		got, ok := r.value(name)
		switch {
		case !ok:
			return nil, ""
		case got.Type() == cty.String:
			return nil, got.AsString()
		case !isObject(got.Type()):
			r.failShape(name, true, got)
			return nil, ""
		}
	}
	return r.Pairs(name), ""
}
