package recording

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// anonymizer hands out stand-ins.
type anonymizer struct {
	fields     map[string]bool
	fieldsOnly bool
	learning   bool
	by         map[string]map[string]string // kind -> value -> stand-in
	literal    map[string]string            // names that are known wherever they stand, in lower case
	starts     map[byte][]string            // of literal, by first byte, the longest first
	sorted     bool
}

func newAnonymizer(o StandIns) *anonymizer {
	a := &anonymizer{fieldsOnly: o.FieldsOnly, fields: map[string]bool{}, by: map[string]map[string]string{}, literal: map[string]string{}}
	for _, name := range o.Fields {
		a.fields[strings.ToLower(name)] = true
	}
	return a
}

// counts are of what was seen, by kind.
func (a *anonymizer) counts() map[string]int {
	out := map[string]int{}
	for kind, values := range a.by {
		out[map[string]string{"ip4": "IPv4 addresses", "own4": "private addresses", "ip6": "IPv6 addresses", "own6": "private IPv6 addresses",
			"mac": "MAC addresses", "host": "hosts", "user": "users"}[kind]] += len(values)
		if a.fields[kind] {
			out[kind] += len(values)
		}
	}
	delete(out, "")
	return out
}

// stand is the stand-in of a value: the n-th of its kind is made by number.
func (a *anonymizer) stand(kind, value string, number func(n int) string) string {
	if a.by[kind] == nil {
		a.by[kind] = map[string]string{}
	}
	if s, ok := a.by[kind][value]; ok {
		return s
	}
	s := number(len(a.by[kind]) + 1)
	a.by[kind][value] = s
	return s
}

// named is the stand-in of a name that no look tells; from now on it is known wherever it stands.
func (a *anonymizer) named(kind, value string) string {
	s := a.stand(kind, strings.ToLower(value), func(n int) string { return fmt.Sprintf("%s-%d", kind, n) })
	a.learn(value, s)
	return s
}

// host is the stand-in of a host name; a dot at its end stays.
func (a *anonymizer) host(name string) string {
	bare := strings.TrimSuffix(name, ".")
	low := strings.ToLower(bare)
	if low == "" || a.fieldsOnly || low == "localhost" || strings.Contains(low, Mask) {
		return name
	}
	s := a.stand("host", low, func(n int) string {
		if strings.Contains(low, ".") {
			return fmt.Sprintf("host-%d.example", n)
		}
		return fmt.Sprintf("host-%d", n) // a single name is no domain
	})
	a.learn(low, s)
	return s + name[len(bare):]
}

// shortest is the length of a name below which it is looked for in its own field alone.
const shortest = 4

// everyday are names of accounts that are words, too: of paths, fields and messages.
var everyday = regexp.MustCompile(`^(admin|administrator|root|user|users|username|guest|system|service|services|analyst|api|test|tests|unknown|none|null|nobody|default|operator|support|security|alert|alerts|event|events|host|hostname|server|client|account|login|password|status|true|false|unassigned|threatq|auto|automation|public|private|internal|external|preview)$`)

func (a *anonymizer) learn(value, s string) {
	if low := strings.ToLower(value); len(low) >= shortest && a.literal[low] == "" && !everyday.MatchString(low) {
		a.literal[low], a.sorted = s, false
	}
}

func (a *anonymizer) index() {
	if a.sorted {
		return
	}
	a.sorted, a.starts = true, map[byte][]string{}
	for name := range a.literal {
		a.starts[name[0]] = append(a.starts[name[0]], name)
	}
	for _, same := range a.starts {
		slices.SortFunc(same, func(x, y string) int {
			if d := len(y) - len(x); d != 0 {
				return d
			}
			return strings.Compare(x, y)
		})
	}
}

const (
	dot    = `(?:\.|\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\))`
	octet  = `(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])`
	label  = `[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?`
	domain = label + `(?:` + dot + label + `)*` + dot + `(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40})`
)

var (
	mailForm = regexp.MustCompile(`^([A-Za-z0-9._%+'-]{1,64})(@|\[@\]|\(@\)|\[at\]|\(at\))(` + domain + `|` + label + `)`)
	macForm  = regexp.MustCompile(`^(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}[:-]){4}[0-9A-Fa-f]{2}|^[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}`)
	ip6Form  = regexp.MustCompile(`^[0-9A-Fa-f]{0,4}(?:(?::|\[:\])[0-9A-Fa-f]{0,4}){2,7}(?:` + octet + `(?:\.` + octet + `){3})?`)
	ip4Form  = regexp.MustCompile(`^` + octet + `(` + dot + `)` + octet + dot + octet + dot + octet)
	fqdnForm = regexp.MustCompile(`^` + domain)
	urlForm  = regexp.MustCompile(`^(?:://|\[://\]|:\\/\\/|\[:\]//)(` + label + `)(?:[:/?#"'\s]|$)`)
	escaped  = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)
	account  = regexp.MustCompile(`^([A-Z][A-Z0-9-]{1,14}\\)([A-Za-z][A-Za-z0-9._$-]{1,63})`)
	hostLike = regexp.MustCompile(`^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9_.])?$`)
	hostKey  = regexp.MustCompile(`^(host|hostname|fqdn|domain|domainname|computer|computername|machinename|servername|devicename|netbios|netbiosname|dnsname|sni|workstation)$`)
)

func hostName(field string) bool {
	return hostKey.MatchString(separators.Replace(strings.ToLower(field)))
}

// Endings that look like a domain and are none: most are of files.
var notDomains = regexp.MustCompile(`(?i)^(js|gz|db|ts|so|py|sh|md|rs|cs|pl|exe|dll|sys|bat|cmd|bin|dat|log|txt|csv|tsv|xml|json|yaml|yml|html|htm|php|asp|aspx|jsp|css|png|jpg|jpeg|gif|svg|bmp|ico|pdf|doc|docx|docm|xls|xlsx|xlsm|ppt|pptx|rtf|tar|tgz|rar|iso|img|jar|war|apk|msi|msc|lnk|vbs|vbe|jse|hta|scr|pif|tmp|bak|cfg|conf|ini|eml|url|pcap|rules)$`)

// look is text without what is known by its name alone: the keys of a document are its own.
func (a *anonymizer) look(s string) string {
	was := a.learning
	a.learning = true
	defer func() { a.learning = was }()
	return a.text(s)
}

// text replaces what is found in s, in one walk, so that no stand-in is replaced again.
func (a *anonymizer) text(s string) string {
	if len(s) < 3 || strings.Trim(s, "*") == "" {
		return s
	}
	a.index()
	var out strings.Builder
	for i := 0; i < len(s); {
		if i > 0 && inside(s[i-1]) && inside(s[i]) && !afterEscape(s, i) && !(s[i-1] == '_' && s[i] >= '0' && s[i] <= '9') {
			out.WriteByte(s[i])
			i++
			continue
		}
		n, put := a.at(s, i)
		if n == 0 {
			n = 1
			if s[i] == '%' && escaped.MatchString(s[i:]) {
				n = 3
			}
			put = s[i : i+n]
		}
		out.WriteString(put)
		i += n
	}
	return out.String()
}

// inside says whether what follows c is a part of the same word.
func inside(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func afterEscape(s string, i int) bool { return i >= 3 && escaped.MatchString(s[i-3:]) }

// at is what is to be replaced at s[i:], as a number of bytes, and by what.
func (a *anonymizer) at(s string, i int) (int, string) {
	rest := s[i:]
	if a.fieldsOnly {
		return a.known(rest)
	}
	if c := rest[0]; !inside(c) && c != ':' && c != '[' {
		return 0, ""
	}
	rest = rest[:min(len(rest), 600)]
	if i > 0 && !inside(rest[0]) && inside(s[i-1]) { // of a name such as Some::Thing, or of a URL
		if m := urlForm.FindStringSubmatchIndex(rest); m != nil && letter.MatchString(rest[m[2]:m[3]]) {
			return m[3], rest[:m[2]] + a.host(rest[m[2]:m[3]])
		}
		return 0, ""
	}
	if n, put := a.numeric(rest, i > 0 && s[i-1] == '.', amidColons(s[:i])); n > 0 {
		return n, put
	}
	if m := mailForm.FindStringSubmatch(rest); m != nil && !continues(rest, len(m[0]), ".-") {
		return len(m[0]), a.named("user", m[1]) + m[2] + a.defanged(m[3])
	}
	if m := account.FindStringSubmatch(rest); m != nil {
		return len(m[0]), m[1] + a.named("user", m[2])
	}
	if found := fqdnForm.FindString(rest); found != "" && !continues(rest, len(found), ".-") && isDomain(found) {
		return len(found), a.defanged(found)
	}
	return a.known(rest)
}

// amidColons says whether before ends within a longer row of bytes or groups of an address.
func amidColons(before string) bool {
	return rowBefore.MatchString(before[max(0, len(before)-6):])
}

var rowBefore = regexp.MustCompile(`(?:^|[^0-9A-Za-z_])[0-9A-Fa-f]{0,4}:$|[0-9A-Fa-f]{2}-$|::$`)

func (a *anonymizer) numeric(rest string, afterDot, amid bool) (int, string) {
	if found := macForm.FindString(rest); found != "" && !amid && !continues(rest, len(found), ".-:") {
		return len(found), a.mac(found)
	}
	if found := ip6Form.FindString(rest); found != "" && !amid && !continues(rest, len(found), ":") {
		if ip, err := netip.ParseAddr(strings.ReplaceAll(found, "[:]", ":")); err == nil && ip.Is6() {
			return len(found), a.ip(ip, found)
		}
	}
	if m := ip4Form.FindStringSubmatch(rest); m != nil && !afterDot && !continues(rest, len(m[0]), ".") {
		plain := refanged(m[0])
		if ip, err := netip.ParseAddr(plain); err == nil {
			return len(m[0]), fanged(a.ip(ip, plain), m[1])
		}
	}
	return 0, ""
}

// continues says whether a word goes on after its first n bytes, perhaps behind one of joints.
func continues(s string, n int, joints string) bool {
	if n >= len(s) {
		return false
	}
	return inside(s[n]) || strings.IndexByte(joints, s[n]) >= 0 && n+1 < len(s) && inside(s[n+1])
}

var dots = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".")

func refanged(s string) string { return dots.Replace(s) }

func fanged(s, dot string) string { return strings.ReplaceAll(s, ".", dot) }

var anyDot = regexp.MustCompile(`\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)`)

// defanged is the stand-in of a host as it was written: with dots that no program follows.
func (a *anonymizer) defanged(host string) string {
	s := a.host(refanged(host))
	if odd := anyDot.FindString(host); odd != "" {
		return fanged(s, odd)
	}
	return s
}

func isDomain(found string) bool {
	plain := refanged(found)
	last := plain[strings.LastIndexByte(plain, '.')+1:]
	return !notDomains.MatchString(last) && !strings.Contains(plain, "..") && letter.MatchString(plain)
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}

// known finds names that were learned, as whole words.
func (a *anonymizer) known(rest string) (int, string) {
	if a.learning {
		return 0, ""
	}
	first := rest[0]
	if first >= 'A' && first <= 'Z' {
		first += 'a' - 'A'
	}
	for _, name := range a.starts[first] {
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) && (len(rest) == len(name) || !inside(rest[len(name)])) {
			return len(name), a.literal[name]
		}
	}
	return 0, ""
}

// ip is the stand-in of an address; one that says nothing of anybody stays as written.
func (a *anonymizer) ip(ip netip.Addr, written string) string {
	ip = ip.WithZone("")
	if ip.Is4In6() {
		return "::ffff:" + a.ip(ip.Unmap(), ip.Unmap().String())
	}
	switch {
	case ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return written
	case ip.Is4() && ip.As4()[0] == 255: // a mask of a network
		return written
	case ip.Is4() && ip.IsPrivate():
		return a.stand("own4", ip.String(), func(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255) })
	case ip.Is4():
		return a.stand("ip4", ip.String(), public4)
	case ip.IsPrivate():
		return a.stand("own6", ip.String(), func(n int) string { return fmt.Sprintf("fd00::%x", n) })
	}
	return a.stand("ip6", ip.String(), func(n int) string {
		if n > 0xffff {
			return fmt.Sprintf("2001:db8::%x:%x", n>>16, n&0xffff)
		}
		return fmt.Sprintf("2001:db8::%x", n)
	})
}

// public4 numbers the addresses that are set aside for documents, then those for measuring.
func public4(n int) string {
	const each = 254
	for _, net := range []string{"192.0.2", "198.51.100", "203.0.113"} {
		if n <= each {
			return fmt.Sprintf("%s.%d", net, n)
		}
		n -= each
	}
	return fmt.Sprintf("198.%d.%d.%d", 18+n>>16, n>>8&255, n&255)
}

// mac keeps separators and the case of letters.
func (a *anonymizer) mac(found string) string {
	hex := strings.ToLower(strings.NewReplacer(":", "", "-", "", ".", "").Replace(found))
	if hex == "000000000000" || hex == "ffffffffffff" {
		return found
	}
	s := a.stand("mac", hex, func(n int) string { return fmt.Sprintf("02005e%06x", n) })
	if found != strings.ToLower(found) {
		s = strings.ToUpper(s)
	}
	var out strings.Builder
	i := 0
	for _, c := range found {
		if c == ':' || c == '-' || c == '.' {
			out.WriteRune(c)
			continue
		}
		out.WriteByte(s[i])
		i++
	}
	return out.String()
}
