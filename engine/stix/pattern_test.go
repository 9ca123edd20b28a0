package stix_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tqmap/engine/stix"
)

func TestPattern(t *testing.T) {
	for _, row := range []struct{ typ, value, want string }{
		{"IP Address", "203.0.113.9", "[ipv4-addr:value = '203.0.113.9']"},
		{"IP Address", " 2001:DB8::A ", "[ipv6-addr:value = '2001:db8::a']"},
		{"IPv6 Address", "192.0.2.1", "[ipv4-addr:value = '192.0.2.1']"},
		{"IP Address", "fe80::1%eth0", ""},
		{"IP Address", "192.0.2.999", ""},
		{"IP Address", "192.0.2.0/24", ""},
		{"CIDR Block", "192.0.2.0/24", "[ipv4-addr:value = '192.0.2.0/24']"},
		{"CIDR Block", "192.0.2.77/24", "[ipv4-addr:value = '192.0.2.77/24']"},
		{"CIDR Block", "2001:DB8::/32", "[ipv6-addr:value = '2001:db8::/32']"},
		{"CIDR Block", "192.0.2.0", ""},
		{"CIDR Block", "192.0.2.0/33", ""},
		{"FQDN", "WWW.Example.COM.", "[domain-name:value = 'www.example.com']"},
		{"FQDN", ".", ""},
		{"URL", "https://Example.com/A?b='c'&d=<e>", `[url:value = 'https://Example.com/A?b=\'c\'&d=<e>']`},
		{"url path", "/a", "[network-traffic:extensions.'http-request-ext'.request_value = '/a']"},
		{"MD5", "D41D8CD98F00B204E9800998ECF8427E", "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"},
		{"SHA-1", "DA39", "[file:hashes.'SHA-1' = 'da39']"},
		{"SHA-256", "E3B0", "[file:hashes.'SHA-256' = 'e3b0']"},
		{"SHA-384", "38B0", "[file:hashes.'SHA-384' = '38b0']"},
		{"SHA-512", "CF83", "[file:hashes.'SHA-512' = 'cf83']"},
		{"Fuzzy Hash", "3:AbC:dEf", "[file:hashes.SSDEEP = '3:AbC:dEf']"},
		{"Email Address", "A.B@Example.com", "[email-addr:value = 'A.B@Example.com']"},
		{"Email Subject", "line\nbreak\t\"quoted\"", "[email-message:subject = 'line\nbreak\t\"quoted\"']"},
		{"Email Attachment", "a.doc", "[email-message:body_multipart[*].body_raw_ref.name = 'a.doc']"},
		{"X-Mailer", "The Bat!", "[email-message:additional_header_fields.'X-Mailer' = 'The Bat!']"},
		{"Filename", `'`, `[file:name = '\'']`},
		{"Filename", `\`, `[file:name = '\\']`},
		{"Filename", `\'`, `[file:name = '\\\'']`},
		{"Filename", "", ""},
		{"File Path", `C:\Temp\a.exe`, `[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:\\Temp']`},
		{"File Path", `a.exe`, `[file:name = 'a.exe']`},
		{"File Path", `/a`, `[file:name = 'a' AND file:parent_directory_ref.path = '/']`},
		{"File Path", `C:\`, `[directory:path = 'C:\\']`},
		{"File Path", `/`, `[directory:path = '/']`},
		{"File Path", `\\host\share\`, `[directory:path = '\\\\host\\share']`},
		{"File Path", `C:\dir/mixed\x.dll`, `[file:name = 'x.dll' AND file:parent_directory_ref.path = 'C:\\dir/mixed']`},
		{"Mutex", "Local\\m", `[mutex:name = 'Local\\m']`},
		{"Registry Key", `hkcu\Software\Run`, `[windows-registry-key:key = 'HKEY_CURRENT_USER\\Software\\Run']`},
		{"Registry Key", `HKCR\.exe`, `[windows-registry-key:key = 'HKEY_CLASSES_ROOT\\.exe']`},
		{"Registry Key", `HKU\S-1-5`, `[windows-registry-key:key = 'HKEY_USERS\\S-1-5']`},
		{"Registry Key", `HKCC`, `[windows-registry-key:key = 'HKEY_CURRENT_CONFIG']`},
		{"Registry Key", `HKLM\`, `[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\']`},
		{"Registry Key", `HKLMX\a`, `[windows-registry-key:key = 'HKLMX\\a']`},
		{"ASN", "as 64500", "[autonomous-system:number = 64500]"},
		{"ASN", "0064501", "[autonomous-system:number = 64501]"},
		{"ASN", "AS4294967295", "[autonomous-system:number = 4294967295]"},
		{"ASN", "AS4294967296", ""},
		{"ASN", "AS-1", ""},
		{"ASN", "1' OR '1'='1", ""},
		{"MAC Address", "001B.4411.3AB7", "[mac-addr:value = '00:1b:44:11:3a:b7']"},
		{"MAC Address", "001B44113AB7", "[mac-addr:value = '00:1b:44:11:3a:b7']"},
		{"MAC Address", "00:1b:44:11:3a", ""},
		{"MAC Address", "00:1b:44:11:3a:bg", ""},
		{"User-agent", "curl/8", "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'curl/8']"},
		{"Username", "root", "[user-account:user_id = 'root']"},
		{"x509 Serial", "0A", "[x509-certificate:serial_number = '0A']"},
		{"x509 Subject", "CN=a", "[x509-certificate:subject = 'CN=a']"},
	} {
		got, err := stix.Pattern(stix.V21, row.typ, row.value)
		var skip *stix.Skip
		switch {
		case got != row.want:
			t.Errorf("%s %q: %s, want %s", row.typ, row.value, got, row.want)
		case row.want == "" && (!errors.As(err, &skip) || skip.Reason != stix.BadValue):
			t.Errorf("%s %q: %v", row.typ, row.value, err)
		}
	}
	if got, _ := stix.Pattern(stix.V20, "Fuzzy Hash", "3:a:b"); got != "[file:hashes.ssdeep = '3:a:b']" {
		t.Error(got)
	}
}

// What ThreatQ has and STIX has no pattern for. Secrets come out nowhere.
func TestNoPattern(t *testing.T) {
	for _, typ := range []string{"Password", "password", "String", "Binary String", "CVE", "GOST Hash", "Hash ION", "File Mapping", "Service Name", "Own Type", ""} {
		got, err := stix.Pattern(stix.V20, typ, "hunter2")
		var skip *stix.Skip
		if got != "" || !errors.As(err, &skip) || skip.Reason != stix.NoPattern || skip.Type != typ {
			t.Errorf("%s: %q, %v", typ, got, err)
		}
		if strings.Contains(fmt.Sprintf("%+v %v", *skip, err), "hunter2") {
			t.Errorf("%s: the error holds the value: %v", typ, err)
		}
	}
}

func TestNetwork(t *testing.T) {
	yes := 0
	for _, typ := range types {
		if stix.Network(typ) {
			yes++
		}
	}
	if yes != 5 || !stix.Network("ip address") || stix.Network("URL Path") || stix.Network("Password") {
		t.Errorf("%d types are of the network", yes)
	}
}

// types of indicators with a pattern.
var types = []string{
	"IP Address", "IPv6 Address", "CIDR Block", "FQDN", "URL", "URL Path", "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "Fuzzy Hash",
	"Email Address", "Email Subject", "Email Attachment", "X-Mailer", "Filename", "File Path", "Mutex", "Registry Key", "ASN", "MAC Address",
	"User-agent", "Username", "x509 Serial", "x509 Subject",
}

// literals reads a pattern of comparisons joined by AND, strictly, and returns what is
// compared with: paths hold no quotes but around keys, numbers are nothing but digits,
// nothing follows the closing bracket.
func literals(pattern string) ([]string, error) {
	rest, ok := strings.CutPrefix(pattern, "[")
	if !ok {
		return nil, errors.New("no [")
	}
	var out []string
	for {
		path, after, ok := strings.Cut(rest, " = ")
		if !ok || strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:.*[]'") != "" || strings.Count(path, "'")%2 != 0 {
			return nil, fmt.Errorf("no path in %q", rest)
		}
		text, end, err := constant(after)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
		if end == "]" {
			return out, nil
		}
		if rest, ok = strings.CutPrefix(end, " AND "); !ok {
			return nil, fmt.Errorf("%q after a literal", end)
		}
	}
}

// constant reads a number or a quoted text from the beginning of s.
func constant(s string) (text, rest string, err error) {
	if !strings.HasPrefix(s, "'") {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if n == 0 {
			return "", "", fmt.Errorf("no literal in %q", s)
		}
		return s[:n], s[n:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			return b.String(), s[i+1:], nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '\''):
			i++
			b.WriteByte(s[i])
		default:
			return "", "", fmt.Errorf("escape of nothing in %q", s)
		}
	}
	return "", "", fmt.Errorf("no end of %q", s)
}

// Whatever the value, its pattern is of one or two comparisons, with the value and with
// nothing else.
func FuzzPattern(f *testing.F) {
	for _, value := range []string{"a", `'`, `\`, `\'`, `' OR file:name = 'x`, `x'] OR [file:name = 'y`, "a\nb", `C:\a'b\c`, "/a/", "192.0.2.1", "HKLM\\a", "AS1", "é\x00"} {
		for i := range types {
			f.Add(i, value)
		}
	}
	f.Fuzz(func(t *testing.T, n int, value string) {
		typ := types[((n%len(types))+len(types))%len(types)]
		pattern, err := stix.Pattern(stix.V20, typ, value)
		if err != nil {
			return
		}
		got, err := literals(pattern)
		if err != nil {
			t.Fatalf("%s %q: %s: %v", typ, value, pattern, err)
		}
		if want := expected(typ, value); strings.Join(got, "\x01") != strings.Join(want, "\x01") {
			t.Fatalf("%s %q: %s is %q, want %q", typ, value, pattern, got, want)
		}
	})
}

// expected are the literals of a value, made in another way than Pattern does.
func expected(typ, value string) []string {
	low := strings.ToLower(strings.TrimSpace(value))
	switch typ {
	case "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "IP Address", "IPv6 Address", "CIDR Block":
		return []string{low}
	case "FQDN":
		return []string{strings.TrimSuffix(low, ".")}
	case "ASN":
		digits := strings.TrimLeft(strings.Trim(low, "as \t\r\n\v\f\u0085\u00a0"), "0")
		if digits == "" {
			digits = "0"
		}
		return []string{digits}
	case "MAC Address":
		hex := strings.Join(strings.FieldsFunc(low, func(r rune) bool { return r == ':' || r == '-' || r == '.' }), "")
		return []string{hex[0:2] + ":" + hex[2:4] + ":" + hex[4:6] + ":" + hex[6:8] + ":" + hex[8:10] + ":" + hex[10:12]}
	case "Registry Key":
		for short, full := range map[string]string{"hklm": "HKEY_LOCAL_MACHINE", "hkcu": "HKEY_CURRENT_USER", "hkcr": "HKEY_CLASSES_ROOT", "hku": "HKEY_USERS", "hkcc": "HKEY_CURRENT_CONFIG"} {
			if key := strings.SplitN(value, `\`, 2); strings.EqualFold(key[0], short) {
				return []string{full + value[len(key[0]):]}
			}
		}
	case "File Path":
		i := max(strings.LastIndex(value, `\`), strings.LastIndex(value, "/"))
		if i < 0 {
			break
		}
		dir, name := value[:i], value[i+1:]
		if dir == "" || dir[len(dir)-1] == ':' {
			dir = value[:i+1]
		}
		if name == "" {
			return []string{dir}
		}
		return []string{name, dir}
	}
	return []string{value}
}
