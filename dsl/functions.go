package dsl

import (
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are what plain HCL values may call. They are pure: no clock, no
// environment, no files.
func functions() map[string]function.Function {
	return map[string]function.Function{
		"coalesce":   stdlib.CoalesceFunc,
		"concat":     stdlib.ConcatFunc,
		"contains":   stdlib.ContainsFunc,
		"format":     stdlib.FormatFunc,
		"join":       stdlib.JoinFunc,
		"jsonencode": stdlib.JSONEncodeFunc,
		"keys":       stdlib.KeysFunc,
		"length":     stdlib.LengthFunc,
		"lower":      stdlib.LowerFunc,
		"max":        stdlib.MaxFunc,
		"merge":      stdlib.MergeFunc,
		"min":        stdlib.MinFunc,
		"replace":    stdlib.ReplaceFunc,
		"split":      stdlib.SplitFunc,
		"trimspace":  stdlib.TrimSpaceFunc,
		"upper":      stdlib.UpperFunc,
		"values":     stdlib.ValuesFunc,
		"after":      afterFunc,
		"origin":     originFunc,
	}
}

// afterFunc compares two instants; null is never after anything.
var afterFunc = function.New(&function.Spec{
	Description: "after(a, b): whether the instant a is later than the instant b; false where one is null.",
	Params: []function.Parameter{
		{Name: "a", Type: cty.String, AllowNull: true},
		{Name: "b", Type: cty.String, AllowNull: true},
	},
	Type: function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].IsNull() || args[1].IsNull() {
			return cty.False, nil
		}
		var at [2]time.Time
		for i, a := range args {
			t, err := time.Parse(time.RFC3339Nano, a.AsString())
			if err != nil {
				return cty.False, function.NewArgErrorf(i, "not an RFC 3339 instant: %q", a.AsString())
			}
			at[i] = t
		}
		return cty.BoolVal(at[0].After(at[1])), nil
	},
})

// originFunc makes scheme://host:port of what operators type as host and port.
var originFunc = function.New(&function.Spec{
	Description: "origin(host, port): scheme://host:port. A scheme in host is kept if http or https, else https; a path is dropped; a port other than 443 (or than 80 for http) in `port` wins over one in host.",
	Params: []function.Parameter{
		{Name: "host", Type: cty.String},
		{Name: "port", Type: cty.Number, AllowNull: true},
	},
	Type: function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		port := ""
		if !args[1].IsNull() {
			port = args[1].AsBigFloat().Text('f', 0)
		}
		out, err := origin(args[0].AsString(), port)
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "%s", err)
		}
		return cty.StringVal(out), nil
	},
})

type hostError string

func (e hostError) Error() string {
	return "not a host name or address: " + string(e) + " (write a name such as appliance.example.com, with a port if it is not 443)"
}

func origin(host, port string) (string, error) {
	text := strings.TrimRight(strings.TrimSpace(host), "/")
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = "https", text
	}
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "https" {
		scheme = "https"
	}
	rest, _, _ = strings.Cut(rest, "/")
	if ip := net.ParseIP(rest); ip != nil && strings.Contains(rest, ":") {
		rest = "[" + rest + "]" // a bare IPv6 address
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(rest, " ?#@") {
		return "", hostError(host)
	}
	switch {
	case port != "" && port != "443":
	case u.Port() != "":
		port = u.Port()
	case port == "" || scheme == "http":
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(u.Hostname(), port), nil
}
