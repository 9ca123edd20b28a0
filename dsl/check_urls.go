package dsl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// urls warns of secrets in addresses, which servers and proxies write into their logs. What
// auth puts there, the author has said to be the vendor's way.
func (c *checker) urls(n *Node) {
	for _, name := range sortedKeys(n.values) {
		v := n.values[name]
		inURL := n.typ == "request" && (name == "path" || name == "query") || n.typ == "client" && name == "base_url" ||
			n.typ == "auth" && strings.HasSuffix(name, "_url")
		if !inURL || v.bad {
			continue
		}
		for _, t := range v.hcl.Variables() {
			if c.m.secret(t) {
				c.d.warn(t.SourceRange(), "Secret in an address", "Servers and proxies write addresses into their logs. Send it in a header or the body; where the vendor takes it in no other way, say so: auth \"api_key\" { in = \"query\"  name = \"…\"  value = … }.")
			}
		}
	}
}

var (
	credentialAttrs = []string{"password", "value", "token", "client_secret", "key", "refresh_token"}
	credentialName  = regexp.MustCompile(`(?i)^(authorization|cookie|(.*[-_])?(api|access|auth)[-_]?(key|token)|.*secret|.*password|passwd)$`)
	scheme          = regexp.MustCompile(`(?i)^(bearer|basic|token|apikey) +`)
)

// leastSecret is how long a text is, in bytes, that may be a credential. Shorter ones are
// words that some vendors want in the place of one.
const leastSecret = 8

// credentials warns of texts that stand where credentials do.
func (c *checker) credentials(n *Node) {
	for _, name := range sortedKeys(n.values) {
		v := n.values[name]
		if v.hcl == nil || v.bad {
			continue
		}
		switch {
		case n.typ == "auth" && slices.Contains(credentialAttrs, name):
			c.credential(v.hcl)
		case name == "headers" || name == "query" || name == "form" || name == "json":
			c.credentialEntries(v.hcl)
		case n.typ == "request" && name == "basic":
			if list, ok := v.hcl.(*hclsyntax.TupleConsExpr); ok && len(list.Exprs) == 2 {
				c.credential(list.Exprs[1])
			}
		case n.typ == "client" && name == "base_url":
			c.userinfo(v.hcl)
		}
	}
}

func (c *checker) credentialEntries(e hclsyntax.Expression) {
	obj, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return
	}
	for _, item := range obj.Items {
		key, _ := newScoped(nil).text(item.KeyExpr)
		if credentialName.MatchString(key) {
			c.credential(item.ValueExpr)
		}
	}
}

func (c *checker) credential(e hclsyntax.Expression) {
	text, ok := fixedText(e)
	if ok && !strings.Contains(text, "{") && len(scheme.ReplaceAllString(text, "")) >= leastSecret {
		c.hardWired(e)
	}
}

func (c *checker) userinfo(e hclsyntax.Expression) {
	text, ok := fixedText(e)
	if u, err := url.Parse(text); ok && err == nil && u.User != nil {
		c.hardWired(e)
	}
}

func (c *checker) hardWired(e hclsyntax.Expression) {
	c.d.warn(e.Range(), "Secret in the mapping", "Mappings are shared: make it a param with sensitive = true, which the operator gives a value.")
}
