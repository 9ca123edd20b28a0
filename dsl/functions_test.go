package dsl

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluate computes plain HCL text with the given names.
func evaluate(t *testing.T, text string, names map[string]cty.Value) (cty.Value, hcl.Diagnostics) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return newScoped(names).eval(e)
}

func TestOrigin(t *testing.T) {
	tests := []struct{ args, want string }{
		{`"a.example.com", 443`, "https://a.example.com:443"},
		{`"https://a.example.com/", 6942`, "https://a.example.com:6942"},
		{`"a.example.com:6942", 443`, "https://a.example.com:6942"},
		{`"http://127.0.0.1:18080", null`, "http://127.0.0.1:18080"},

		{`"a.example.com", null`, "https://a.example.com:443"},
		{`"http://a.example.com", null`, "http://a.example.com:80"},
		{`"http://a.example.com", 443`, "http://a.example.com:80"},
		{`"http://a.example.com:443", 443`, "http://a.example.com:443"},
		{`"http://a.example.com:8080", 80`, "http://a.example.com:80"},
		{`"a.example.com:6942", 6944`, "https://a.example.com:6944"},
		{`" HTTPS://a.example.com// ", 443`, "https://a.example.com:443"},
		{`"ftp://a.example.com", 443`, "https://a.example.com:443"},
		{`"https://a.example.com:8443/path/more", 443`, "https://a.example.com:8443"},
		{`"a.example.com:", 443`, "https://a.example.com:443"},
		{`"host_1", "443"`, "https://host_1:443"},
		{`"münchen.example", 443`, "https://münchen.example:443"},
		{`"192.0.2.7", 8443`, "https://192.0.2.7:8443"},
		{`"2001:db8::7", 443`, "https://[2001:db8::7]:443"},
		{`"[2001:db8::7]", 443`, "https://[2001:db8::7]:443"},
		{`"[2001:db8::7]:8443", 443`, "https://[2001:db8::7]:8443"},
		{`"http://[::1]:8080/x", null`, "http://[::1]:8080"},
		{`"::1", 8443`, "https://[::1]:8443"},
	}
	for _, tt := range tests {
		got, diags := evaluate(t, "origin("+tt.args+")", nil)
		if diags.HasErrors() || got.AsString() != tt.want {
			t.Errorf("origin(%s): %v %v, want %s", tt.args, got, diags, tt.want)
		}
	}
}

func TestOriginErrors(t *testing.T) {
	tests := []struct{ args, want string }{
		{`"", 443`, `not a host name or address: ""`},
		{`"https://", 443`, `not a host name`},
		{`"/", 443`, `not a host name`},
		{`"//a.example.com", 443`, `not a host name`},
		{`"a b", 443`, `not a host name or address: "a b"`},
		{`"a.example.com?x=1", 443`, `not a host name`},
		{`"a.example.com#x", 443`, `not a host name`},
		{`"a.example.com:port", 443`, `not a host name`},
		{`"a.example.com:99999", 443`, `not a host name`},
		{`"a.example.com:0", 443`, `not a host name`},
		{`"a<b", 443`, `not a host name`},
		{`"a,b", 443`, `not a host name`},
		{`"a\nb", 443`, `not a host name or address: "a\nb"`},
		{`":8443", 443`, `not a host name`},
		{`"2001:db8::7:8443:x", 443`, `not a host name`},
		{`"[2001:db8::7", 443`, `not a host name`},
		{`"[fe80::1%25eth0]", 443`, `not a host name`},
		{`"a.example.com", 0`, "a port is a whole number from 1 to 65535"},
		{`"a.example.com", 70000`, "a port is a whole number"},
		{`"a.example.com", 443.5`, "a port is a whole number"},
		{`"a.example.com", -1`, "a port is a whole number"},
		{`null, 443`, "must not be null"},
	}
	for _, tt := range tests {
		got, diags := evaluate(t, "origin("+tt.args+")", nil)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), tt.want) {
			t.Errorf("origin(%s): %v %v, want an error with %s", tt.args, got, diags, tt.want)
		}
	}
}

func TestOriginHidesCredentials(t *testing.T) {
	for _, host := range []string{"user:hunter2@a.example.com", "https://user:hunter2@a.example.com:443/x"} {
		_, diags := evaluate(t, `origin("`+host+`", 443)`, nil)
		if !diags.HasErrors() || strings.Contains(diags.Error(), "hunter2") || !strings.Contains(diags.Error(), "without user and password") {
			t.Errorf("%s: %v", host, diags)
		}
	}
}

func TestAfter(t *testing.T) {
	tests := []struct {
		args string
		want bool
	}{
		{`"2024-05-01T10:00:01Z", "2024-05-01T10:00:00Z"`, true},
		{`"2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"`, false},
		{`"2024-05-01T10:00:00Z", "2024-05-01T10:00:01Z"`, false},
		{`"2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00Z"`, false},
		{`"2024-05-01T12:00:00+01:00", "2024-05-01T10:30:00Z"`, true},
		{`"2024-05-01T10:00:00.000000001Z", "2024-05-01T10:00:00Z"`, true},
		{`null, "2024-05-01T10:00:00Z"`, false},
		{`"2024-05-01T10:00:00Z", null`, false},
		{`null, null`, false},
	}
	for _, tt := range tests {
		got, diags := evaluate(t, "after("+tt.args+")", nil)
		if diags.HasErrors() || got.True() != tt.want {
			t.Errorf("after(%s): %v %v, want %v", tt.args, got, diags, tt.want)
		}
	}
	_, diags := evaluate(t, `after("2024-05-01", "2024-05-01T10:00:00Z")`, nil)
	if want := `"a" parameter: not an RFC 3339 instant: "2024-05-01"`; !strings.Contains(diags.Error(), want) {
		t.Errorf("%v, want %s", diags, want)
	}
}

func TestTimeadd(t *testing.T) {
	for args, want := range map[string]string{
		`"2024-05-01T10:00:00Z", "90m"`:          "2024-05-01T11:30:00Z",
		`"2024-05-01T10:00:00.5+02:00", "-1.5d"`: "2024-04-29T20:00:00.5Z",
		`"2024-05-01T10:00:00Z", "-0s"`:          "2024-05-01T10:00:00Z",
	} {
		if got, diags := evaluate(t, "timeadd("+args+")", nil); diags.HasErrors() || got.AsString() != want {
			t.Errorf("timeadd(%s): %v %v, want %s", args, got, diags, want)
		}
	}
	if got, diags := evaluate(t, `timeadd(null, "1h")`, nil); diags.HasErrors() || !got.IsNull() {
		t.Errorf("of null: %v %v", got, diags)
	}
	for args, want := range map[string]string{
		`"2024-05-01", "1h"`:                `"instant" parameter: not an RFC 3339 instant: "2024-05-01"`,
		`"2024-05-01T10:00:00Z", "a while"`: `"duration" parameter`,
	} {
		if _, diags := evaluate(t, "timeadd("+args+")", nil); !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("timeadd(%s): %v, want %s", args, diags, want)
		}
	}
}

// At load, parameters have a type and no value: that must not be an error.
func TestFunctionsWithUnknownValues(t *testing.T) {
	names := map[string]cty.Value{"x": cty.UnknownVal(cty.String), "n": cty.UnknownVal(cty.Number), "d": cty.DynamicVal}
	tests := map[string]cty.Type{
		`after(x, "2024-05-01T10:00:00Z")`:   cty.Bool,
		`after(null, x)`:                     cty.Bool,
		`after(d, coalesce(x, d))`:           cty.Bool,
		`coalesce(x, "a")`:                   cty.String,
		`coalesce(null, x)`:                  cty.String,
		`origin(x, n)`:                       cty.String,
		`timeadd(x, "1h")`:                   cty.String,
		`timeadd("2024-05-01T10:00:00Z", x)`: cty.String,
		`origin("a.example.com", n)`:         cty.String,
		`origin(x, null)`:                    cty.String,
	}
	for text, want := range tests {
		got, diags := evaluate(t, text, names)
		if diags.HasErrors() || got.IsKnown() || got.Type() != want && got.Type() != cty.DynamicPseudoType {
			t.Errorf("%s: %#v %v, want unknown %s", text, got, diags, want.FriendlyName())
		}
	}
}

// Nothing in plain HCL may read the clock, files or the environment.
func TestFunctionsArePure(t *testing.T) {
	for _, name := range []string{"file", "fileexists", "env", "getenv", "timestamp", "now", "uuid", "templatefile"} {
		if _, ok := functions()[name]; ok {
			t.Errorf("%s is no pure function", name)
		}
	}
}

func TestURLEncode(t *testing.T) {
	tests := []struct{ arg, want string }{
		{`"a/b c"`, "a%2Fb%20c"},
		{`"é+&=?#%"`, "%C3%A9%2B%26%3D%3F%23%25"},
		{`"Az09-._~"`, "Az09-._~"},
		{`"!*'();:@$,[]\""`, "%21%2A%27%28%29%3B%3A%40%24%2C%5B%5D%22"},
		{`""`, ""},
		{`7`, "7"},
	}
	for _, tt := range tests {
		got, diags := evaluate(t, "urlencode("+tt.arg+")", nil)
		if diags.HasErrors() || got.AsString() != tt.want {
			t.Errorf("urlencode(%s) = %#v, %v; want %s", tt.arg, got, diags, tt.want)
		}
	}
	if _, diags := evaluate(t, "urlencode(null)", nil); !diags.HasErrors() {
		t.Error("null has no text")
	}
}
