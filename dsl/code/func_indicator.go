package code

import (
	"regexp"
	"strconv"
	"strings"
)

var indicatorTypeFunc = Func{
	Name:      "indicator_type",
	Signature: "indicator_type(value) string or nil",
	Summary: "The ThreatQ indicator type that a value certainly is of: one that ioc_type knows, MD5, SHA-1, SHA-256, SHA-384, SHA-512, CVE, MAC Address, ASN, Registry Key, " +
		"File Path or Filename. nil where that is unsure. A name that ends like a file, such as setup.exe, is a Filename here and a FQDN for ioc_type.",
	Examples: []Example{
		{`indicator_type('BAD.example')`, `"FQDN"`},
		{`indicator_type('cve-2021-44228')`, `"CVE"`},
		{`indicator_type('HKLM\\Software\\Run')`, `"Registry Key"`},
		{`indicator_type('C:\\Users\\x\\a b.exe')`, `"File Path"`},
		{`indicator_type('setup.exe')`, `"Filename"`},
		{`indicator_type('some words')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		found, ok := classifyIndicator(text)
		return orNull(found.kind, ok), nil
	},
}

var hashTypeFunc = Func{
	Name:      "hash_type",
	Signature: "hash_type(text) string or nil",
	Summary:   "MD5, SHA-1, SHA-256, SHA-384 or SHA-512, by the number of hexadecimal digits; nil for anything else.",
	Examples: []Example{
		{`hash_type('900150983CD24FB0D6963F7D28E17F72')`, `"MD5"`},
		{`hash_type('abc')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		kind := hashKind(strings.TrimSpace(text))
		return orNull(kind, kind != ""), nil
	},
}

// indicatorTypes are the types that classifyIndicator tells apart.
func indicatorTypes() []string {
	return []string{
		"IP Address", "IPv6 Address", "CIDR Block", "URL", "FQDN", "Email Address", "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512",
		"CVE", "MAC Address", "ASN", "Registry Key", "File Path", "Filename",
	}
}

var (
	cveForm      = regexp.MustCompile(`(?i)^CVE-[0-9]{4}-[0-9]{4,19}$`)
	asnForm      = regexp.MustCompile(`(?i)^AS[0-9]{1,10}$`)
	registryForm = regexp.MustCompile(`(?i)^(?:HKEY_(?:LOCAL_MACHINE|CURRENT_USER|CLASSES_ROOT|USERS|CURRENT_CONFIG)|HKLM|HKCU|HKCR|HKU|HKCC|\\REGISTRY\\(?:MACHINE|USER)):?\\[^\\[:cntrl:]][^[:cntrl:]]*$`)
	// A drive, a share, a folder of the environment, or a folder that every Unix has.
	windowsPath = regexp.MustCompile(`^(?:[A-Za-z]:[\\/]|\\\\[0-9A-Za-z._-]+\\|%[0-9A-Za-z_()]+%\\)[^\\/<>"|?*:[:cntrl:]][^<>"|?*:[:cntrl:]]*$`)
	unixPath    = regexp.MustCompile(`(?i)^(?:/(?:bin|boot|dev|etc|lib|lib64|opt|proc|root|sbin|srv|sys|tmp|usr|var)|~)/[^\s/<>"|?*[:cntrl:]][^\s<>"|?*[:cntrl:]]*$`)
	// Endings that are no top-level domain, so that a domain is never taken for a file.
	fileName = regexp.MustCompile(`(?i)^[^\s<>:"/\\|?*@[:cntrl:]]+\.(?:7z|apk|asp|aspx|bat|bin|bmp|chm|cmd|cpl|csv|dat|dll|dmg|doc|docm|docx|dotm|elf|exe|gif|gz|hta|htm|html|img|ini|iqy|iso|` +
		`jar|jpeg|jpg|js|jse|json|jsp|lnk|log|msc|msi|odt|pdf|php|pif|png|ppt|pptm|pptx|ps1|psm1|rar|reg|rtf|scr|svg|sys|tar|tgz|tmp|ttf|txt|url|vbe|vbs|vhd|vhdx|wsf|xls|xlsb|xlsm|xlsx|xll|xml)$`)
)

// classifyIndicator is classifyIOC, and beside it the forms that no network has.
// It prefers no answer to a doubtful one.
func classifyIndicator(text string) (ioc, bool) {
	text = strings.TrimSpace(text)
	if len(text) <= maxLocal {
		if found := classifyLocal(text); found.kind != "" {
			return found, true
		}
	}
	return classifyIOC(text)
}

// maxLocal is more bytes than any file system or registry lets a name have.
const maxLocal = 32 << 10

func classifyLocal(text string) ioc {
	if kind := hashKind(text); kind != "" {
		return ioc{kind: kind, value: strings.ToLower(text)}
	}
	if address, ok := separatedMAC(text); ok {
		return ioc{kind: "MAC Address", value: address}
	}
	switch {
	case cveForm.MatchString(text):
		return ioc{kind: "CVE", value: strings.ToUpper(text)}
	case asnForm.MatchString(text):
		if _, err := strconv.ParseUint(text[2:], 10, 32); err == nil {
			return ioc{kind: "ASN", value: strings.ToUpper(text)}
		}
	case registryForm.MatchString(text):
		return ioc{kind: "Registry Key", value: text}
	case windowsPath.MatchString(text), unixPath.MatchString(text):
		return ioc{kind: "File Path", value: text}
	case len(text) <= 255 && fileName.MatchString(text):
		return ioc{kind: "Filename", value: text}
	}
	return ioc{}
}

// hashKind tells a hash by its length.
func hashKind(text string) string {
	kind := map[int]string{32: "MD5", 40: "SHA-1", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}[len(text)]
	if strings.Trim(strings.ToLower(text), "0123456789abcdef") != "" {
		return ""
	}
	return kind
}
