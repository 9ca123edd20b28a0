package dsl

import (
	"time"

	"github.com/zclconf/go-cty/cty"
)

func clientBlock(v Vocabulary) *Block {
	return &Block{
		Type: "client", Labels: []string{"name"},
		Summary: "One server: address, credentials and limits of every request to it.",
		Example: `client "api" {
  base_url      = "${origin(param.hostname, null)}/v1"
  rate_limit    = "60/m"
  error_message = jq(".error.message")

  auth "api_key" {
    name  = "X-Api-Key"
    value = param.api_key
  }
}`,
		Attrs: []Attr{
			{Name: "base_url", Type: cty.String, Scope: Run, Required: true, Summary: "Scheme, host and path that every request path is joined to."},
			{Name: "rate_limit", Type: cty.String, Scope: Run, Summary: "Requests per second, minute or hour, e.g. \"10/s\", \"60/m\" or \"500/h\"."},
			{Name: "burst", Type: cty.Number, Scope: Run, Default: "1", Summary: "Requests that may go out at once within rate_limit."},
			{Name: "timeout", Type: cty.String, Scope: Run, Default: "60s", Summary: "Longest wait for one answer."},
			{Name: "deadline", Type: cty.String, Scope: Run, Summary: "Longest time for one request, all its attempts and waits included; unset: none."},
			{Name: "retries", Type: cty.Number, Scope: Run, Default: "3", Summary: "Further attempts after one that may succeed later."},
			{Name: "retry_wait", Type: cty.String, Scope: Run, Default: "1s", Summary: "Wait before the first of them; it doubles each time, up to 30s. A server's Retry-After wins."},
			{Name: "max_wait", Type: cty.String, Scope: Run, Default: "5m", Summary: "Longest single wait; a server that asks for more ends the request."},
			{Name: "max_body", Type: cty.String, Scope: Run, Default: "64MB", Summary: "Largest answer accepted, decompressed."},
			{Name: "cookies", Type: cty.Bool, Scope: Run, Default: "false", Summary: "Keep the server's cookies during the run and send them back to it alone."},
			{Name: "verify_tls", Type: cty.Bool, Scope: Run, Default: "true", Summary: "Check the server's certificate."},
			{Name: "ca_file", Type: cty.String, Scope: Run, Summary: "PEM file of further certificate authorities."},
			{Name: "ca_pem", Type: cty.String, Scope: Run, Summary: "The same as text."},
			{Name: "proxy", Type: cty.String, Scope: Run, Summary: "Proxy address, or \"threatq\" for the one configured in the ThreatQ UI; unset: the environment's."},
			{Name: "allow_hosts", Type: cty.List(cty.String), Scope: Run, Summary: "Other hosts that answers may point to; they get no credentials."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: Run, Summary: "Headers of every request."},
			{Name: "error_message", Holds: JQ, Summary: "The server's own words in an error answer; where that is no JSON, jq gets a text."},
		},
		Blocks: []Child{
			{Block: &Block{Type: "auth", Labels: []string{"kind"}, Summary: "How requests are authenticated. All blocks whose `when` holds apply, in file order, signatures last; two that write to the same place are an error.", Kinds: v.Auth}},
			{Block: RuleBlock()},
			{Block: serverLimitBlock, Max: 1},
		},
		Check: checkClient,
	}
}

var serverLimitBlock = &Block{
	Type: "server_limit", Summary: "How many requests the server still allows, as its answers tell; the next request waits where there are none left.",
	Example: `server_limit {
  remaining = jq("$response.headers[\"x-ratelimit-remaining\"]")
  reset     = jq("$response.headers[\"x-ratelimit-reset\"]")
}`,
	Attrs: []Attr{
		{Name: "remaining", Holds: JQ, Required: true, Summary: "Requests that are left, e.g. jq(\"$response.headers[\\\"x-ratelimit-remaining\\\"]\"). Of a long answer that a decode block reads from disk, jq sees only $response."},
		{Name: "reset", Holds: JQ, Required: true, Summary: "When it counts anew: seconds, a duration or a moment."},
		{Name: "floor", Type: cty.Number, Scope: Run, Default: "0", Summary: "Wait already when so many are left."},
	},
	Check: func(r *Reading) { r.Count("floor", 0, 0) },
}

func checkClient(r *Reading) {
	for _, name := range []string{"timeout", "deadline", "retry_wait", "max_wait"} {
		r.Period(name, time.Second)
	}
	r.Rate("rate_limit")
	r.Bytes("max_body", 1)
	r.Count("burst", 1, 1)
	r.Count("retries", 0, 0)
	if r.Has("burst") && !r.Has("rate_limit") {
		r.Fail("burst", "Without effect", "A burst is what rate_limit lets out at once; there is no rate_limit.")
	}
}
