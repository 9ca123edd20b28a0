package code

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIndicatorType(t *testing.T) {
	digits := "0123456789abcdefABCDEF"
	hexOf := func(n int) string { return strings.Repeat(digits, n/len(digits)+1)[:n] }
	tests := []struct {
		want   string
		values []string
	}{
		{"IP Address", []string{"203.0.113.9", " 10.0.0.1 "}},
		{"IPv6 Address", []string{"2001:DB8::1", "fe80::1%eth0", "::ffff:192.0.2.1"}},
		{"CIDR Block", []string{"10.0.0.0/8", "2001:db8::/32"}},
		{"URL", []string{"HTTPS://bad.example/x.exe", "ftp://f"}},
		{"FQDN", []string{"bad.example", "Bücher.Example.", "xn--bcher-kva.example", "command.com", "archive.zip", "run.sh", "_sip._tcp.bad.example"}},
		{"Email Address", []string{"Joe@bad.example", "joe+x@bücher.example"}},
		{"MD5", []string{hexOf(32)}},
		{"SHA-1", []string{hexOf(40)}},
		{"SHA-256", []string{hexOf(64)}},
		{"SHA-384", []string{hexOf(96)}},
		{"SHA-512", []string{hexOf(128)}},
		{"CVE", []string{"CVE-2021-44228", "cve-1999-0001"}},
		{"MAC Address", []string{"00:1a:2B:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"}},
		{"ASN", []string{"AS64496", "as4294967295"}},
		{"Registry Key", []string{`HKLM\Software\Microsoft\Windows\CurrentVersion\Run`, `hkey_current_user\Environment`, `HKCU:\Software\x`, `\REGISTRY\MACHINE\SYSTEM`}},
		{"File Path", []string{`C:\Windows\System32\cmd.exe`, `c:/temp/x`, `\\host-1\share\x`, `%AppData%\x y.exe`, `/etc/passwd`, `/TMP/.x`, `~/.ssh/id_rsa`}},
		{"Filename", []string{"setup.exe", "Invoice_2020.PDF.js", "größe.docm", ".x.dll"}},
		{"", []string{
			"", " ", "word", "two words.exe", "a\nb.exe", hexOf(31), hexOf(33), strings.Repeat("g", 32), "CVE-2021-1", "CVE-21-44228", "xCVE-2021-44228",
			"AS4294967296", "AS", "AS-1", "00:1a:2b:3c:4d", "001a2b3c4d5e", `HKLM`, `HKLM\`, `HKLMX\y`, `C:`, `C:\`, `C://x`, `c:\a|b`, `\\host`, "/index.php", "/", "/etc", "/etc/x y",
			"and/or", "bad.example/x", "bad.example:80", "hxxp://bad.example", "bad[.]example", "1.2.3", "300.1.1.1", "3.14", "a@b", "file", strings.Repeat("x", 252) + ".exe",
		}},
	}
	for _, tt := range tests {
		for _, v := range tt.values {
			got, _ := classifyIndicator(v)
			if got.kind != tt.want {
				t.Errorf("%q is a %q, want %q", v, got.kind, tt.want)
			}
		}
	}
	for _, kind := range indicatorTypes() {
		found := false
		for _, tt := range tests {
			found = found || tt.want == kind
		}
		if !found {
			t.Errorf("no value here is a %s", kind)
		}
	}
}

func TestIOCsOfTypes(t *testing.T) {
	text := `"CVE-2021-44228", "bad.example", "Setup.exe", "10.0.0.1", "203.0.113.9", "AS64496", "as64496", "00-1A-2B-3C-4D-5E"`
	iocOf := func(kind, value string) any { return map[string]any{"type": kind, "value": value} }
	testEdges(t, []edge{
		{`iocs(v, ['FQDN', 'IP Address'])`, text, []any{iocOf("FQDN", "bad.example"), iocOf("IP Address", "203.0.113.9")}},
		{`iocs(v, ['ASN', 'Filename', 'CVE', 'MAC Address'])`, text,
			[]any{iocOf("CVE", "CVE-2021-44228"), iocOf("Filename", "Setup.exe"), iocOf("ASN", "AS64496"), iocOf("MAC Address", "00:1a:2b:3c:4d:5e")}},
		{`iocs(v, split('FQDN', ','))`, "bad.example", []any{iocOf("FQDN", "bad.example")}},
		{`iocs(v, [])`, text, []any{}},
		{`iocs(v, ['FQDN'])`, nil, []any{}},
		{`iocs(v)`, "setup.exe", []any{iocOf("FQDN", "setup.exe")}},
		{`indicator_type(v)`, 5, nil},
		{`hash_type(v)`, nil, nil},
		{`hash_type(v)`, " " + strings.Repeat("A", 96) + " ", "SHA-384"},
		{`iocs(v, 'FQDN')`, text, "error 'FQDN' is a string, but a list is needed."},
		{`iocs(v, [nil])`, text, "error Iocs: element 0 is not text."},
	})
	e, diags := CompileExpr(Literal(`iocs(nil, ['hunter2'])`), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if _, err := e.Eval(nil); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "Registry Key") {
		t.Error(err)
	}
}

func TestFang(t *testing.T) {
	tests := []struct{ in, refanged, defanged string }{
		{"", "", ""},
		{"hXXps://bad[.]example", "hTTps://bad.example", "hXXps://bad[.]example"},
		{"HXXP[://]bad[dot]example/a.b", "HTTP://bad.example/a.b", "HXXP://bad[.]example/a[.]b"},
		{"fxp://f(.)example sfxp[:]//g{DOT}example", "ftp://f.example sftp://g.example", "fxp://f[.]example sfxp://g[.]example"},
		{"joe(at)bad[.]example {@} (@)", "joe@bad.example @ @", "joe[@]bad[.]example @ @"},
		{"1[.]2[.]3[.]4[:]80", "1.2.3.4:80", "1[.]2[.]3[.]4:80"},
		{"[[.]] [(.)] ({[dot]})", ". . .", ". . ."},
		{"[.) [x] [. ] [dots] (", "[.) [x] [. ] [dots] (", "[.) [x] [. ] [dots] ("},
		{"axhttp://x hhxxp://x xhxxp", "axhttp://x hhxxp://x xhxxp", "axhttp://x hhxxp://x xhxxp"},
		{"The end. Really... 3.5", "The end. Really... 3.5", "The end. Really... 3[.]5"},
		{"bücher.example", "bücher.example", "bücher[.]example"},
		{"a\xff[.]b.\xff", "a\xff.b.\xff", "a\xff.b.\xff"},
	}
	for _, tt := range tests {
		got := []string{refang(tt.in), defang(refang(tt.in))}
		if d := cmp.Diff([]string{tt.refanged, tt.defanged}, got); d != "" {
			t.Errorf("%q: %s", tt.in, d)
		}
	}
}

func FuzzFang(f *testing.F) {
	for _, s := range []string{"hxxps[://]bad[.]example", "[[.]]", "joe[at]bad(dot)example", "http://a.b://c", "\xff.[", "hxxphttp://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := refang(text)
		if again := refang(plain); again != plain {
			t.Errorf("%q became %q and then %q", text, plain, again)
		}
		fanged := defang(plain)
		if back := refang(fanged); back != plain {
			t.Errorf("%q became %q and then %q", plain, fanged, back)
		}
		if again := defang(fanged); again != fanged {
			t.Errorf("%q became %q", fanged, again)
		}
	})
}

func FuzzIndicatorType(f *testing.F) {
	for _, s := range []string{"bad.example", `C:\x.exe`, "/etc/passwd", "CVE-2021-44228", "AS1", "00-1a-2b-3c-4d-5e", `HKLM\x`, "x.exe", "http://x", "fe80::1%E", "a@b.example"} {
		f.Add(s)
	}
	upper := func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := classifyIndicator(text)
		if ok != (got.kind != "") || ok && got.value == "" {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
		// Letters beyond ASCII may turn into ASCII, or into two, with their case.
		if large, _ := classifyIndicator(strings.Map(upper, text)); large.kind != got.kind && strings.ToValidUTF8(text, "") == text {
			t.Errorf("%q is a %q, in capitals a %q", text, got.kind, large.kind)
		}
		if again, _ := classifyIndicator(got.value); again != got {
			t.Errorf("%q is %+v, which is %+v", text, got, again)
		}
	})
}
