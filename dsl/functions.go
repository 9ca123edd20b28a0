package dsl

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are what plain HCL values may call. They are pure: no clock, no
// environment, no files.
func functions() map[string]function.Function {
	return map[string]function.Function{
		"coalesce":   stdlib.CoalesceFunc,
		"concat":     bounded(stdlib.ConcatFunc, nil),
		"contains":   bounded(stdlib.ContainsFunc, nil),
		"format":     bounded(stdlib.FormatFunc, formats),
		"join":       bounded(stdlib.JoinFunc, joins),
		"jsonencode": bounded(stdlib.JSONEncodeFunc, nil),
		"keys":       bounded(stdlib.KeysFunc, nil),
		"length":     stdlib.LengthFunc,
		"lower":      bounded(stdlib.LowerFunc, nil),
		"max":        stdlib.MaxFunc,
		"merge":      bounded(stdlib.MergeFunc, nil),
		"min":        stdlib.MinFunc,
		"replace":    bounded(stdlib.ReplaceFunc, replaces),
		"split":      bounded(stdlib.SplitFunc, nil),
		"trimspace":  bounded(stdlib.TrimSpaceFunc, nil),
		"upper":      bounded(stdlib.UpperFunc, nil),
		"values":     bounded(stdlib.ValuesFunc, nil),
		"after":      afterFunc,
		"timeadd":    timeaddFunc,
		"origin":     originFunc,
		"urlencode":  urlencodeFunc,
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

// timeaddFunc moves an instant; null stays null.
var timeaddFunc = function.New(&function.Spec{
	Description: "timeadd(instant, duration): the instant so much later, or earlier with a minus; null where the instant is null.",
	Params: []function.Parameter{
		{Name: "instant", Type: cty.String, AllowNull: true},
		{Name: "duration", Type: cty.String},
	},
	Type: function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].IsNull() {
			return cty.NullVal(cty.String), nil
		}
		at, err := time.Parse(time.RFC3339Nano, args[0].AsString())
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "not an RFC 3339 instant: %q", args[0].AsString())
		}
		text, back := strings.CutPrefix(args[1].AsString(), "-")
		d, err := ParseDuration(text)
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "%s", err)
		}
		if back {
			d = -d
		}
		return cty.StringVal(at.Add(d).UTC().Format(time.RFC3339Nano)), nil
	},
})

// originFunc makes scheme://host:port of what operators type as host and port.
var originFunc = function.New(&function.Spec{
	Description: "origin(host, port): scheme://host:port. A scheme in host is kept if http or https, else https; a path is dropped; a port other than 443 in `port` wins over one in host; with neither it is 443, or 80 for http.",
	Params: []function.Parameter{
		{Name: "host", Type: cty.String},
		{Name: "port", Type: cty.Number, AllowNull: true},
	},
	Type: function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		port := 0
		if !args[1].IsNull() {
			p, ok := FromCty(args[1]).(int)
			if !ok || p < 1 || p > maxPort {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "a port is a whole number from 1 to %d", maxPort)
			}
			port = p
		}
		out, err := origin(args[0].AsString(), port)
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(0, err)
		}
		return cty.StringVal(out), nil
	},
})

// urlencodeFunc makes a value part of a path or of a query.
var urlencodeFunc = function.New(&function.Spec{
	Description: "urlencode(text): the text with all but letters, digits and -._~ percent-encoded (RFC 3986), a slash included.",
	Params:      []function.Parameter{{Name: "text", Type: cty.String}},
	Type:        function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.StringVal(strings.ReplaceAll(url.QueryEscape(args[0].AsString()), "+", "%20")), nil
	},
})

const maxPort = 65535

// hostError is a host that cannot be used. It is not shown where it may hold a
// password.
type hostError string

func (e hostError) Error() string {
	if strings.Contains(string(e), "@") {
		return "a host is given without user and password (write a name such as appliance.example.com)"
	}
	return "not a host name or address: " + strconv.Quote(string(e)) + " (write a name such as appliance.example.com, with a port if it is not 443)"
}

// origin takes port 0 for none.
func origin(host string, port int) (string, error) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(host), "://")
	if !found {
		scheme, rest = "https", scheme
	}
	if scheme = strings.ToLower(scheme); scheme != "http" {
		scheme = "https"
	}
	rest, _, _ = strings.Cut(rest, "/")
	if ip := net.ParseIP(rest); ip != nil && strings.Contains(rest, ":") {
		rest = "[" + rest + "]" // a bare IPv6 address
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Host != rest || !validHost(u.Hostname()) {
		return "", hostError(host)
	}
	own := 0
	if u.Port() != "" {
		if own, err = strconv.Atoi(u.Port()); err != nil || own < 1 || own > maxPort {
			return "", hostError(host)
		}
	}
	switch {
	case port != 0 && port != 443:
	case own != 0:
		port = own
	case scheme == "http":
		port = 80
	default:
		port = 443
	}
	return scheme + "://" + net.JoinHostPort(u.Hostname(), strconv.Itoa(port)), nil
}

func validHost(name string) bool {
	if net.ParseIP(name) != nil {
		return true
	}
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	})
}
