package stix

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Pattern is how STIX says that something has a value: [url:value = 'http://…'], of an
// indicator of a type of ThreatQ. The error is a *Skip.
func Pattern(v Version, typ, value string) (string, error) {
	write, ok := patterns[strings.ToLower(typ)]
	if !ok {
		return "", &Skip{Reason: NoPattern, Object: "indicator", Type: typ}
	}
	body, ok := write(v, value)
	if !ok {
		return "", &Skip{Reason: BadValue, Object: "indicator", Type: typ}
	}
	return "[" + body + "]", nil
}

// pattern writes what stands between the brackets; false if the value cannot be of its type.
type pattern func(v Version, value string) (string, bool)

// patterns by type of indicator. What is not here has none: never add types that hold
// secrets (Password, String, Binary String).
var patterns = map[string]pattern{
	"ip address":       address,
	"ipv6 address":     address,
	"cidr block":       network,
	"fqdn":             host,
	"url":              as("url:value"),
	"url path":         as("network-traffic:extensions.'http-request-ext'.request_value"),
	"md5":              lower("file:hashes.MD5"),
	"sha-1":            lower("file:hashes.'SHA-1'"),
	"sha-256":          lower("file:hashes.'SHA-256'"),
	"sha-384":          lower("file:hashes.'SHA-384'"),
	"sha-512":          lower("file:hashes.'SHA-512'"),
	"fuzzy hash":       fuzzy,
	"email address":    as("email-addr:value"),
	"email subject":    as("email-message:subject"),
	"email attachment": as("email-message:body_multipart[*].body_raw_ref.name"),
	"x-mailer":         as("email-message:additional_header_fields.'X-Mailer'"),
	"filename":         as("file:name"),
	"file path":        filePath,
	"mutex":            as("mutex:name"),
	"registry key":     registryKey,
	"asn":              autonomousSystem,
	"mac address":      hardwareAddress,
	"user-agent":       as("network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"),
	"username":         as("user-account:user_id"),
	"x509 serial":      as("x509-certificate:serial_number"),
	"x509 subject":     as("x509-certificate:subject"),
}

// networkTypes are the types that name an address, a host or a URL.
var networkTypes = map[string]bool{"ip address": true, "ipv6 address": true, "cidr block": true, "fqdn": true, "url": true}

// Network says whether a type of indicator names an address, a block of them, a host or a
// URL: what a device on the network can look for.
func Network(typ string) bool { return networkTypes[strings.ToLower(typ)] }

// equal compares what path leads to with a text.
func equal(path, text string) string { return path + " = " + literal(text) }

// literal quotes a text. Only two characters end a literal or change what follows them;
// everything else, line breaks too, stands for itself.
func literal(text string) string {
	return "'" + escapes.Replace(text) + "'"
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// as takes the value as it is.
func as(path string) pattern {
	return func(_ Version, value string) (string, bool) { return equal(path, value), value != "" }
}

// lower is for what is the same in both cases.
func lower(path string) pattern {
	return func(_ Version, value string) (string, bool) {
		value = tidy(value)
		return equal(path, value), value != ""
	}
}

func tidy(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

// address of the family that it reads as, whatever the type says.
func address(_ Version, value string) (string, bool) {
	value = tidy(value)
	a, err := netip.ParseAddr(value)
	return equal(family(a), value), err == nil && a.Zone() == ""
}

// network is matched by its name. ISSUBSET would say more, to consumers that know it.
func network(_ Version, value string) (string, bool) {
	value = tidy(value)
	p, err := netip.ParsePrefix(value)
	return equal(family(p.Addr()), value), err == nil
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "ipv4-addr:value"
	}
	return "ipv6-addr:value"
}

func host(_ Version, value string) (string, bool) {
	value = strings.TrimSuffix(tidy(value), ".")
	return equal("domain-name:value", value), value != ""
}

// fuzzy is called as the vocabulary of hashes of the version does.
func fuzzy(v Version, value string) (string, bool) {
	if v == V20 {
		return as("file:hashes.ssdeep")(v, value)
	}
	return as("file:hashes.SSDEEP")(v, value)
}

func autonomousSystem(_ Version, value string) (string, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(tidy(value), "as")), 10, 32)
	return fmt.Sprintf("autonomous-system:number = %d", n), err == nil
}

var separators = strings.NewReplacer(":", "", "-", "", ".", "")

// hardwareAddress of six bytes, in any of the usual ways to write it.
func hardwareAddress(_ Version, value string) (string, bool) {
	digits := separators.Replace(tidy(value))
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", false
	}
	var pairs []string
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	return equal("mac-addr:value", strings.Join(pairs, ":")), true
}

// hives are the short names that STIX wants written out.
var hives = map[string]string{
	"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT", "HKU": "HKEY_USERS", "HKCC": "HKEY_CURRENT_CONFIG",
}

func registryKey(_ Version, value string) (string, bool) {
	hive, _, _ := strings.Cut(value, `\`)
	if full, ok := hives[strings.ToUpper(hive)]; ok {
		value = full + value[len(hive):]
	}
	return equal("windows-registry-key:key", value), value != ""
}

// filePath is a name in a folder, or a folder if it ends as one.
func filePath(_ Version, value string) (string, bool) {
	cut := strings.LastIndexAny(value, `\/`)
	name := value[cut+1:]
	switch {
	case cut < 0:
		return equal("file:name", value), value != ""
	case name == "":
		return equal("directory:path", folder(value[:cut], value[cut:])), true
	}
	return equal("file:name", name) + " AND " + equal("file:parent_directory_ref.path", folder(value[:cut], value[cut:cut+1])), true
}

// folder is a path without its final separator, unless it is a root.
func folder(path, separator string) string {
	if path == "" || strings.HasSuffix(path, ":") {
		return path + separator
	}
	return path
}
