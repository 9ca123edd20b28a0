package threatq

// The reference lists of a fresh instance, version 4.3x. Ids of indicator
// types differ between instances; clients must go by name.
var indicatorTypes = []Type{
	{1, "ASN", "host"},
	{2, "Binary String", "host"},
	{3, "CIDR Block", "network"},
	{4, "CVE", "host"},
	{5, "Email Address", "network"},
	{6, "Email Attachment", "host"},
	{7, "Email Subject", "network"},
	{8, "File Mapping", "host"},
	{9, "File Path", "host"},
	{10, "Filename", "host"},
	{11, "FQDN", "network"},
	{12, "Fuzzy Hash", "host"},
	{13, "GOST Hash", "host"},
	{14, "Hash ION", "host"},
	{15, "IP Address", "network"},
	{16, "IPv6 Address", "host"},
	{17, "MAC Address", "host"},
	{18, "MD5", "host"},
	{19, "Mutex", "host"},
	{20, "Password", "host"},
	{21, "Registry Key", "host"},
	{22, "Service Name", "host"},
	{23, "SHA-1", "host"},
	{24, "SHA-256", "host"},
	{25, "SHA-384", "host"},
	{26, "SHA-512", "host"},
	{27, "String", "network"},
	{28, "x509 Serial", "host"},
	{29, "x509 Subject", "host"},
	{30, "URL", "network"},
	{31, "URL Path", "host"},
	{32, "User-agent", "network"},
	{33, "Username", "host"},
	{34, "X-Mailer", "host"},
}

var eventTypes = []string{
	"Spearphish", "Watering Hole", "SQL Injection Attack", "DoS Attack", "Malware", "Watchlist",
	"Command and Control", "Anonymization", "Exfiltration", "Host Characteristics",
	"Compromised PKI Certificate", "Login Compromise", "Incident", "Sighting",
}

var indicatorStatuses = []Status{
	{1, "Active", "Poses a threat and is being exported to detection tools.", true},
	{2, "Expired", "No longer poses a serious threat.", true},
	{3, "Indirect", "Associated with an active indicator or event (seen in passing).", true},
	{4, "Review", "Needs a look by an analyst.", true},
	{5, "Whitelisted", "Known to be harmless.", true},
}

var signatureStatuses = []Status{
	{ID: 1, Name: "Active"}, {ID: 2, Name: "Expired"}, {ID: 3, Name: "Indirect"},
	{ID: 4, Name: "Non-malicious"}, {ID: 5, Name: "Review"}, {ID: 6, Name: "Whitelisted"},
}

var taskStatuses = []Status{
	{ID: 1, Name: "To Do"}, {ID: 2, Name: "In Progress"}, {ID: 3, Name: "Review"}, {ID: 4, Name: "Done"},
}

var signatureTypes = []string{"Snort", "YARA", "OpenIOC", "STIX", "Carbon Black"}

var attachmentTypes = []string{"Cuckoo", "PDF", "STIX", "Text", "Malware Sample"}

// tlpIDs maps the labels of TLP 1 and 2 to ids; tlpNames is the way back.
var (
	tlpIDs   = map[string]int64{"RED": 1, "AMBER": 2, "GREEN": 3, "WHITE": 4, "CLEAR": 4, "AMBER+STRICT": 5}
	tlpNames = [...]string{1: "RED", 2: "AMBER", 3: "GREEN", 4: "WHITE", 5: "AMBER+STRICT"}
)
