package code

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestIOCs(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"quoted", `flows.src_ip: ["172.31.128.2"], flows.app_domains: ["login.bad.example", "203.0.113.9"]`, []string{"FQDN login.bad.example", "IP Address 203.0.113.9"}},
		{"words", `a.b.ip: 203.0.113.9; [bad.example],x`, []string{"IP Address 203.0.113.9", "FQDN bad.example"}},
		{"escapes", `d: ["http:\/\/bad.example\/\u0041", "b\u002eexample"]`, []string{"URL http://bad.example/A", "FQDN b.example"}},
		{"no words where quotes are", `bad.example "other.example"`, []string{"FQDN other.example"}},
		{"own addresses", `"10.1.2.3","192.168.0.0/16","127.0.0.1","169.254.1.1","224.0.0.1","0.0.0.0","::1","fe80::1","ff02::1","::","fd00::1","::ffff:10.0.0.1"`, nil},
		{"documentation ranges stay", `"192.0.2.1","198.51.100.0/24","2001:db8::/32"`, []string{"IP Address 192.0.2.1", "CIDR Block 198.51.100.0/24", "CIDR Block 2001:db8::/32"}},
		{"each once", `"Bad.Example.","bad.example","203.0.113.9","203.0.113.9"`, []string{"FQDN bad.example", "IP Address 203.0.113.9"}},
		{"no indicators", `"word","1.2.3","300.1.1.1","-a.example","a..example","x.123","a@b","@bad.example"`, nil},
		{"punycode and mail", `"x.xn--p1ai","Joe@Bad.example"`, []string{"FQDN x.xn--p1ai", "Email Address Joe@Bad.example"}},
		{"url of a private host stays", `"https://10.0.0.1/x","ftp://f.example"`, []string{"URL https://10.0.0.1/x", "URL ftp://f.example"}},
		{"empty", ``, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, v := range findIOCs(tt.text) {
				m := v.(map[string]any)
				got = append(got, m["type"].(string)+" "+m["value"].(string))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFuncErrors(t *testing.T) {
	tests := []struct{ code, want string }{
		{`time('2020-02-05 01:30:00')`, "1:1-5 expr failed: The text is no RFC 3339 instant such as 2006-01-02T15:04:05Z; where it names no zone, give one: time(text, 'UTC')."},
		{`time('2020-02-05', 'UTC')`, `1:1-5 expr failed: The text has not the layout "2006-01-02 15:04:05".`},
		{`time('2020-02-05 01:30:00', 'Local')`, `1:1-5 expr failed: A zone must be named, such as "UTC" or "+02:00".`},
		{`time('2020-02-05 01:30:00', 'Mars/Base')`, `1:1-5 expr failed: Unknown time zone; write "UTC", "+02:00" or a name such as "Europe/Berlin".`},
		{`time(5)`, `1:6-7 Wrong kind of value: 5 is an int, but text is needed.`},
		{`label([], 'X')`, `1:7-9 Wrong kind of value: [] is a list, but text is needed.`},
		{`rfc3339(true)`, `1:9-13 Wrong kind of value: true is a bool, but a time is needed.`},
		{`lines(5)`, `1:7-8 Wrong kind of value: 5 is an int, but a list is needed.`},
		{`join(['a', nil])`, `1:1-5 expr failed: Join: element 1 is not text.`},
		{`repeat('x', -1)`, `1:1-7 expr failed: Repeat takes a number from 0.`},
		{`replace(repeat('a', 100000), 'a', 'aaaaaaaaaaaaaaaaaaaa')`, `1:1-8 expr failed: Replace would make a text of more than 1048576 bytes.`},
		{`join(map(1..2000, repeat('x', 1000)))`, `1:1-5 expr failed: Join would make a text of more than 1048576 bytes.`},
		{`html(repeat('<', 500000))`, `1:1-5 expr failed: Html would make a text of more than 1048576 bytes.`},
		{`let a = toBase64(repeat('x', 700000)); toBase64(a)`, `1:40-48 expr failed: ToBase64 would make a text of more than 1048576 bytes.`},
		{`let a = map(1..1000, 'x'); let b = map(1..1000, a); toJSON(b)`, `1:53-59 expr failed: ToJSON would make a text of more than 1048576 bytes.`},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			_, err := e.Eval(nil)
			var ee *EvalError
			if !errors.As(err, &ee) {
				t.Fatalf("got %v, want an EvalError", err)
			}
			if d := cmp.Diff(tt.want, show(ee.Diagnostics())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLabelEnumProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		constant := "STATUS_" + rapid.StringMatching(`[A-Z]{1,8}(_[A-Z0-9]{1,8}){0,3}`).Draw(t, "constant")
		label, err := labelFunc.call(constant, "STATUS_")
		if err != nil {
			t.Fatal(err)
		}
		back, err := enumFunc.call(label, "STATUS_")
		if err != nil || back != constant {
			t.Fatalf("%s became %v and then %v (%v)", constant, label, back, err)
		}
	})
}

func FuzzIOCs(f *testing.F) {
	f.Add(`a: ["203.0.113.9", "bad.example"]`)
	f.Add(`http://x y@z.example 10.0.0.0/8 2001:db8::1%eth0`)
	f.Add(`"\u0022\ud800.example"`)
	f.Fuzz(func(t *testing.T, text string) {
		seen := map[string]bool{}
		for _, v := range findIOCs(text) {
			m := v.(map[string]any)
			kind, value := m["type"].(string), m["value"].(string)
			if value == "" || seen[kind+value] || utf8.ValidString(text) && !utf8.ValidString(value) {
				t.Errorf("%q: %s %q", text, kind, value)
			}
			seen[kind+value] = true
			again, ok := classifyIOC(value)
			if !ok || again.kind != kind || again.value != value {
				t.Errorf("%s %q is not stable: %+v", kind, value, again)
			}
			if a, err := netip.ParseAddr(value); err == nil && (a.IsPrivate() || a.IsLoopback() || strings.Contains(value, " ")) {
				t.Errorf("%q must not be an indicator", value)
			}
		}
	})
}
