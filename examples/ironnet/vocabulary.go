package ironnet

// shape says what kind of thing the events of an analytic are grouped by.
type shape uint8

const (
	byDomain     shape = iota // a name looked up or visited
	byRandomName              // a name made by an algorithm
	byRemote                  // an address outside
	byScanner                 // who scanned, sometimes a whole network
	byInternal                // an own address: nothing to look for elsewhere
	byURL
	byAccount // an e-mail address
	byFlow    // several criteria at once
)

// kind is an analytic: category and sub-category as the API names them.
type kind struct {
	category, sub string
	shape         shape
	protocol      string // application protocol of its events
	port          int
	formats       []string
}

var (
	tap      = []string{"RDF_TAP"}
	dnsLogs  = []string{"RDF_DNS_LOGS"}
	tapDNS   = []string{"RDF_TAP", "RDF_DNS_LOGS"}
	noFormat = []string{}
)

// generatedKinds are plausible pairs from the documented vocabulary. The
// protocols are names of the API's own list; formats is an open list there, of
// which these two values are documented.
var generatedKinds = []kind{
	{"C2", "DNS_TUNNELING", byDomain, "DNS", 53, tapDNS},
	{"C2", "DOMAIN_GENERATION_ALGORITHM", byRandomName, "DNS", 53, dnsLogs},
	{"C2", "PERIODIC_BEACONING_HTTP", byURL, "HTTP", 80, tap},
	{"C2", "CONSISTENT_BEACONING_TLS", byFlow, "SSL", 443, tap},
	{"C2", "RANDOMIZED_BEACONING_DNS", byDomain, "DNS", 53, tapDNS},
	{"C2", "DOMAIN_ANALYSIS_TLS", byDomain, "SSL", 443, tap},
	{"C2", "DOMAIN_FRONTING", byFlow, "SSL", 443, tap},
	{"C2", "TOR_TRAFFIC", byRemote, "TOR", 9001, tap},
	{"C2", "LONG_SESSIONS", byRemote, "SSH", 22, tap},
	{"ACTION", "EXTREME_RATES", byRemote, "HTTP", 80, tap},
	{"ACTION", "UNUSUAL_DAY_TLS", byFlow, "SSL", 443, tap},
	{"ACTION", "FILE_STAGING", byInternal, "SMB", 445, tap},
	{"ACTION", "PII_DATA_LOSS", byURL, "HTTP", 80, tap},
	{"ACTION", "DENIAL_OF_SERVICE", byScanner, "HTTP", 80, tap},
	{"ACCESS", "CREDENTIAL_PHISHING", byFlow, "HTTP", 80, tapDNS},
	{"ACCESS", "PHISHING_HTTPS", byURL, "SSL", 443, tap},
	{"ACCESS", "SUSPICIOUS_FILE_DOWNLOADS", byURL, "HTTP_DOWNLOAD", 80, tap},
	{"ACCESS", "USER_VPN_FAILED_LOGINS", byAccount, "OPENVPN", 1194, noFormat},
	{"ACCESS", "PASSWORD_SPRAY", byAccount, "KERBEROS", 88, noFormat},
	{"ACCESS", "WEBSHELL_CONNECTIONS", byRemote, "HTTP", 8080, tap},
	{"RECON", "EXTERNAL_PORT_SCANNING", byScanner, "REMOTE_SCAN", 22, tap},
	{"RECON", "EXTERNAL_IP_SCANNING", byScanner, "REMOTE_SCAN", 445, tap},
	{"RECON", "INTERNAL_PORT_SCANNING", byInternal, "REMOTE_SCAN", 3389, tap},
	{"RECON", "NETWORK_DISCOVERY_SPIKE", byInternal, "NETBIOS", 137, tap},
	{"OTHER", "THREAT_INTELLIGENCE_RULE_MATCH", byFlow, "DNS", 53, tapDNS},
	{"OTHER", "SURICATA_RULE_MATCH", byRemote, "UNKNOWN", 4444, tap},
	{"OTHER", "OBSERVED_BAD_ACTIVITY", byDomain, "DNS", 53, dnsLogs},
}

// Parts of made-up names. The top-level names are the reserved ones, so that
// nothing generated can be looked up or blocked by accident.
var (
	hostWords = []string{"cdn", "login", "mail", "static", "update", "api", "files", "img", "sync", "portal", "vpn", "news"}
	nameWords = []string{"amber", "birch", "copper", "delta", "ember", "fjord", "granite", "harbor", "iris", "juniper-way", "kite", "lumen",
		"meadow", "north-gate", "orchid", "pebble", "quartz", "river", "slate", "tundra", "umber", "violet", "willow", "zephyr"}
	zones        = []string{"example", "example", "test", "invalid", "example.com", "example.net", "example.org"}
	unicodeNames = []string{"xn--bcher-kva.example", "xn--mller-kva.test", "xn--caf-dma.example", "login.xn--bcher-kva.example"}
	pathWords    = []string{"/", "/gate.php", "/index.html?id=17", "/a/b/c.bin", "/wp-login.php", "/d?x=1&y=%20z", "/p/l%C3%B6gin"}
	people       = []string{"a.smith", "b.jones", "c.brown", "d.miller", "e.davis", "svc-backup", "helpdesk+vpn"}
)
