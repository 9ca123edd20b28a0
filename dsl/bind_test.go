package dsl

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/diag"
)

var clock = time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 2*60*60))

func flags(given map[string]string) map[string]Given {
	out := map[string]Given{}
	for name, value := range given {
		out[name] = Text(value, "--param")
	}
	return out
}

func bind(t *testing.T, m *Mapping, given map[string]string) *Bound {
	t.Helper()
	b, errs := m.Bind(flags(given), clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return b
}

// bindErrors are the texts of what Bind reports.
func bindErrors(m *Mapping, given map[string]Given) []string {
	_, errs := m.Bind(given, clock)
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}

const boundText = `
param "host" {
  label    = "Host Name"
  type     = string
  required = true
}
param "port" {
  type    = integer
  default = 443
}
param "since" { type = time }
param "tags" { type = list }
param "key" {
  type      = string
  sensitive = true
}
locals {
  c = "${local.b}!"
  b = "${local["a"]}-${local.a}"
  a = upper(param.host)
  n = length(coalesce(param.tags, ["none"]))
  secret = "Bearer ${coalesce(param.key, "-")}"
}
table "status" {
  rows = { "a" = "b" }
}
client "c" {
  base_url = "https://${param.host}:${param.port}/${local.c}/${local.n}/${table.status.a}/${connector.name}"
  headers  = { "X-Key" = param.key, "Authorization" = local.secret, "Since" = param.since }
}
`

func TestBind(t *testing.T) {
	m := mustLoad(t, boundText)
	b := bind(t, m, map[string]string{"host": "h", "since": "2024-01-01T00:00:00", "tags": "x,y", "key": "hunter2"})
	r := m.Client("c").Node.Read(b.Scope)
	if got, want := r.String("base_url", ""), "https://h:443/H-H!/2/b/demo"; got != want || r.Err() != nil {
		t.Errorf("%s, want %s; %v", got, want, r.Err())
	}
	if diff := cmp.Diff([]Pair{{"X-Key", "hunter2"}, {"Authorization", "Bearer hunter2"}, {"Since", "2024-01-01T00:00:00Z"}}, r.Pairs("headers")); diff != "" {
		t.Error(diff)
	}
	if !b.Now.Equal(clock) || b.Vars["now"] != clock.UTC() {
		t.Errorf("the clock is %v, %v", b.Now, b.Vars["now"])
	}
	now, diags := b.Scope.eval(mustParse(t, "now"))
	if diags.HasErrors() || now.AsString() != "2024-05-01T10:00:00Z" {
		t.Errorf("now is %v %v", now, diags)
	}
}

func TestSensitiveIsInvisibleToCode(t *testing.T) {
	b := bind(t, mustLoad(t, boundText), map[string]string{"host": "h", "key": "hunter2"})
	params := map[string]any{"host": "h", "port": 443, "since": nil, "tags": nil}
	if diff := cmp.Diff(params, b.Params); diff != "" {
		t.Errorf("$param of jq: %s", diff)
	}
	if diff := cmp.Diff(params, b.Vars["param"]); diff != "" {
		t.Errorf("param of expr: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"a": "H", "b": "H-H", "c": "H-H!", "n": 1}, b.Vars["local"]); diff != "" {
		t.Errorf("local of expr: %s", diff)
	}
	if all := fmt.Sprint(b.Vars, b.Params); strings.Contains(all, "hunter2") {
		t.Errorf("the secret is in %s", all)
	}
}

// TestInstance: the instance is the connector itself unless the run has another name.
func TestInstance(t *testing.T) {
	m := mustLoad(t, boundText)
	for name, want := range map[string]string{"": "demo", "second": "second"} {
		b, errs := m.As(name).Bind(map[string]Given{"host": Text("h", "test")}, clock)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		hcl := b.Scope.ctx.Variables["connector"].GetAttr("instance").AsString()
		if expr := b.Vars["connector"].(map[string]any)["instance"]; hcl != want || expr != want || b.Connector.Name != "demo" {
			t.Errorf("%q: %q in HCL, %q in expr, want %q", name, hcl, expr, want)
		}
	}
	if m.Connector.Instance != "demo" {
		t.Errorf("the mapping itself became %q", m.Connector.Instance)
	}
}

func TestBindErrors(t *testing.T) {
	m := mustLoad(t, boundText)
	tests := []struct {
		given map[string]Given
		want  []string
	}{
		{nil, []string{`parameter "host" (Host Name): a value is required; give --param host=… or put it into the settings file`}},
		{flags(map[string]string{"host": ""}), []string{`parameter "host" (Host Name) from --param: a value is required; give --param host=… or put it into the settings file`}},
		{flags(map[string]string{"host": "h", "port": "x", "since": "y"}), []string{
			`parameter "port" from --param: "x" is not a number`,
			`parameter "since" from --param: "y" is not a time: write YYYY-MM-DDTHH:MM:SS (UTC)`,
		}},
		{flags(map[string]string{"host": "h", "prot": "1", "zzzzzz": "2"}), []string{
			`parameter "prot" from --param: this mapping has no such parameter. Did you mean "port"?`,
			`parameter "zzzzzz" from --param: this mapping has no such parameter. Known: host, key, port, since, tags.`,
		}},
		{map[string]Given{"host": {Value: cty.NullVal(cty.String), Origin: "settings.hcl"}}, []string{
			`parameter "host" (Host Name) from settings.hcl: a value is required; give --param host=… or put it into the settings file`,
		}},
		{map[string]Given{"host": Text("h", ""), "key": {Value: cty.TupleVal([]cty.Value{texted("hunter2")}), Origin: "settings.hcl"}}, []string{
			`parameter "key" from settings.hcl: the value is not of type string`,
		}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, bindErrors(m, tt.given)); diff != "" {
			t.Errorf("%v: %s", tt.given, diff)
		}
		_, errs := m.Bind(tt.given, clock)
		for _, err := range errs {
			var pe *ParamError
			if !errors.As(err, &pe) {
				t.Errorf("%T is no *ParamError", err)
			}
		}
	}
}

func TestValidation(t *testing.T) {
	m := mustLoad(t, `
param "low" {
  type    = integer
  default = 1
  validation {
    condition     = param.low >= 0
    error_message = "Below zero: ${param.low}, unlike ${param.name}."
  }
  validation {
    condition     = param.low <= param.high
    error_message = "The low must not be above the high."
  }
}
param "high" {
  type = integer
}
param "name" {
  type = string
  validation {
    condition     = param.name == null ? true : length(split("", param.name)) < local.limit
    error_message = "Too long for ${local.limit}."
  }
  validation {
    condition     = local.first == "." ? null : true
    error_message = "Cannot be empty."
  }
}
locals {
  limit = 5
  first = "${param.name}."
}
client "x" {
  base_url = local.first
}
`)
	tests := []struct {
		given map[string]string
		want  []string
	}{
		{map[string]string{"high": "2", "name": "abc"}, nil},
		{map[string]string{"high": "0", "name": "abc"}, []string{"case.hcl:10,21-44: Parameter not allowed; low: The low must not be above the high."}},
		{map[string]string{"high": "2", "low": "-1", "name": "abc"}, []string{"case.hcl:6,21-35: Parameter not allowed; low: Below zero: -1, unlike abc."}},
		{map[string]string{"high": "2", "name": "abcdef"}, []string{"case.hcl:20,21-92: Parameter not allowed; name: Too long for 5."}},
		{map[string]string{"high": "2", "name": ""}, []string{"case.hcl:24,21-53: Parameter not allowed; name: Cannot be empty."}},
		// A parameter that is not set: the rule says which, rather than "argument must not be null".
		{map[string]string{"name": "abc"}, []string{"case.hcl:10,21-44: Parameter not allowed; low: this rule needs a value for param.high. Set it, or let the rule allow null."}},
		// A local that cannot be computed is reported itself, not the rules that need it.
		{map[string]string{"high": "2"}, []string{"case.hcl:30,14-24: Invalid template interpolation value; The expression result is null. Cannot include a null value in a string template."}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, bindErrors(m, flags(tt.given))); diff != "" {
			t.Errorf("%v: %s", tt.given, diff)
		}
	}
}

// Functions quote what they cannot work with, and HCL keeps the values in reach
// for printers: neither may bring out a sensitive value.
func TestErrorsHideSecrets(t *testing.T) {
	secrets := map[string]string{"key": "hunter2", "pin": "77", "odd": "a\"b\nc", "list": "first,second"}
	for _, text := range []string{
		`after(param.key, now)`,
		`after(param.pin, now)`,
		`after(param.odd, now)`,
		`origin("${param.key}?", 443)`,
		`origin("${param.odd}", 443)`,
		`after(param.list[1], now)`,
		`param.key + 1`,
		`{ for x in ["1", "2"] : param.key => x }`,
		`table.t[param.key]`,
		`format("%d", param.key)`,
	} {
		m := mustLoad(t, `
param "key" {
  type      = string
  sensitive = true
}
param "pin" {
  type      = string
  sensitive = true
}
param "odd" {
  type      = string
  sensitive = true
}
param "list" {
  type      = list
  sensitive = true
}
table "t" {
  rows = { "a" = "b" }
}
locals {
  x = `+text+`
}
`)
		_, errs := m.Bind(flags(secrets), clock)
		var diags hcl.Diagnostics
		if len(errs) != 1 || !errors.As(errs[0], &diags) {
			t.Errorf("%s: %v", text, errs)
			continue
		}
		for _, secret := range []string{"hunter2", `"77"`, "a\"b", `a\"b`, "second"} {
			if strings.Contains(diags.Error(), secret) {
				t.Errorf("%s shows %s: %v", text, secret, diags)
			}
		}
		if d := diags[0]; d.EvalContext != nil || d.Expression != nil {
			t.Errorf("%s: the values are still in reach", text)
		} else if extra, ok := d.Extra.(diag.Evaluated); d.Extra != nil && !ok || len(extra.Values) > 0 {
			t.Errorf("%s: values of secrets go with it: %v", text, d.Extra)
		}
	}
}

func TestSecrets(t *testing.T) {
	m := mustLoad(t, `
param "plain" { type = string }
param "key" {
  type      = string
  sensitive = true
}
param "pin" {
  type      = integer
  sensitive = true
}
param "keys" {
  type      = list
  sensitive = true
}
param "old" {
  type      = string
  sensitive = true
  default   = "changeme"
}
`)
	tests := []struct {
		given map[string]Given
		want  []string
	}{
		{nil, []string{"changeme"}},
		{flags(map[string]string{"plain": "p", "key": "k", "old": "o"}), []string{"k", "o"}},
		{flags(map[string]string{"key": "", "old": ""}), nil},
		{flags(map[string]string{"keys": "a, b", "pin": " 77"}), []string{" 77", "77", "a", "a, b", "b", "changeme"}},
		{flags(map[string]string{"pin": "no number"}), []string{"changeme", "no number"}},
		{map[string]Given{
			"pin":  {Value: cty.NumberIntVal(77)},
			"keys": {Value: cty.TupleVal([]cty.Value{texted("a"), texted("b")})},
			"old":  {Value: cty.NullVal(cty.String)},
		}, []string{"77", "a", "b"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, m.Secrets(tt.given), cmp.Transformer("", func(s []string) string { return fmt.Sprint(s) })); diff != "" {
			t.Errorf("%v: %s", tt.given, diff)
		}
	}
}

func TestTestSetting(t *testing.T) {
	m := mustLoad(t, `
param "list" { type = list }
param "text" {
  type    = string
  default = "x"
}
param "port" { type = integer }
locals { all = keys(param) }
test "t" {
  flow   = flow.base
  now    = "2024-01-02T03:04:05"
  params = { list = ["a", "b"], text = null, port = 7 }
}
test "plain" {
  flow = flow.base
}
test "bad time" {
  flow = flow.base
  now  = "noon"
}
test "no object" {
  flow   = flow.base
  params = "list=a"
}
`)
	given, now, err := m.Tests[0].Setting(clock)
	if err != nil || !now.Equal(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Fatal(now, err)
	}
	b, errs := m.Bind(given, now)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if diff := cmp.Diff(map[string]any{"list": []any{"a", "b"}, "text": nil, "port": 7}, b.Params); diff != "" {
		t.Error(diff)
	}
	if given, now, err := m.Tests[1].Setting(clock); len(given) != 0 || !now.Equal(clock) || err != nil {
		t.Error(given, now, err)
	}
	for i, want := range map[int]string{2: "case.hcl:19,10-16: Bad time", 3: "case.hcl:23,12-20: Object expected"} {
		if _, _, err := m.Tests[i].Setting(clock); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
