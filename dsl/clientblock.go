package dsl

import "github.com/zclconf/go-cty/cty"

func clientBlock(v Vocabulary) *Block {
	return &Block{
		Type: "client", Labels: []string{"name"},
		Summary: "One server: address, credentials and limits of every request to it.",
		Attrs: []Attr{
			{Name: "base_url", Type: cty.String, Scope: Run, Required: true, Summary: "Scheme, host and path that every request path is joined to."},
			{Name: "rate_limit", Type: cty.String, Scope: Run, Summary: "Requests per second or minute, e.g. \"10/s\" or \"60/m\"."},
			{Name: "timeout", Type: cty.String, Scope: Run, Default: "60s", Summary: "Longest wait for one answer."},
			{Name: "retries", Type: cty.Number, Scope: Run, Default: "3", Summary: "Further attempts after one that may succeed later."},
			{Name: "retry_wait", Type: cty.String, Scope: Run, Default: "1s", Summary: "Wait before the first of them; it doubles each time, up to 30s. A server's Retry-After wins."},
			{Name: "max_body", Type: cty.String, Scope: Run, Default: "64MB", Summary: "Largest answer accepted, decompressed."},
			{Name: "verify_tls", Type: cty.Bool, Scope: Run, Default: "true", Summary: "Check the server's certificate."},
			{Name: "ca_file", Type: cty.String, Scope: Run, Summary: "PEM file of further certificate authorities."},
			{Name: "proxy", Type: cty.String, Scope: Run, Summary: "Proxy address, or \"threatq\" for the one configured in the ThreatQ UI; unset: the environment's."},
			{Name: "allow_hosts", Type: cty.List(cty.String), Scope: Run, Summary: "Other hosts that answers may point to; they get no credentials."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: Run, Summary: "Headers of every request."},
			{Name: "error_message", Holds: JQ, Summary: "The server's own words in an error answer."},
		},
		Blocks: []Child{{Block: &Block{Type: "auth", Labels: []string{"kind"}, Summary: "How requests are authenticated. All blocks whose `when` holds apply, in file order, signatures last; two that write to the same place are an error.", Kinds: v.Auth}}},
	}
}

// RequestBlock describes an HTTP request whose values may use the names of scope.
func RequestBlock(scope Scope) *Block {
	return &Block{
		Type: "request", Summary: "One HTTP request.",
		Attrs: []Attr{
			{Name: "method", Type: cty.String, Scope: scope, Default: "GET", Summary: "HTTP method."},
			{Name: "path", Type: cty.String, Scope: scope, Required: true, Summary: "Path below the client's base_url."},
			{Name: "query", Type: anyType, Scope: scope, Summary: "Query parameters, sent in this order; null leaves one out."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: scope, Summary: "Further headers."},
			{Name: "basic", Type: cty.List(cty.String), Scope: scope, Summary: "[user, password] for this request alone."},
			{Name: "json", Type: anyType, Scope: scope, Summary: "Body, sent as JSON."},
		},
	}
}
