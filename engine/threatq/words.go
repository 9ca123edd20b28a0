package threatq

// Words are the names that ThreatQ comes with for the field "type" or "status" of a
// kind; none where it has no such list. An administrator may have added others.
func (k *Kind) Words(field string) []string {
	switch k.Code + "." + field {
	case "indicator.type":
		return []string{
			"ASN", "Binary String", "CIDR Block", "CVE", "Email Address", "Email Attachment", "Email Subject", "File Mapping",
			"File Path", "Filename", "FQDN", "Fuzzy Hash", "GOST Hash", "Hash ION", "IP Address", "IPv6 Address", "MAC Address",
			"MD5", "Mutex", "Password", "Registry Key", "Service Name", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "String",
			"x509 Serial", "x509 Subject", "URL", "URL Path", "User-agent", "Username", "X-Mailer",
		}
	case "indicator.status":
		return []string{"Active", "Expired", "Indirect", "Review", "Whitelisted"}
	case "signature.status":
		return []string{"Active", "Expired", "Indirect", "Non-malicious", "Review", "Whitelisted"}
	case "task.status":
		return []string{"To Do", "In Progress", "Review", "Done"}
	case "event.type":
		return []string{
			"Spearphish", "Watering Hole", "SQL Injection Attack", "DoS Attack", "Malware", "Watchlist", "Command and Control",
			"Anonymization", "Exfiltration", "Host Characteristics", "Compromised PKI Certificate", "Login Compromise", "Incident", "Sighting",
		}
	}
	return nil
}

// TLPLabels are the labels of the Traffic Light Protocol, strictest first.
func TLPLabels() []string { return []string{"RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"} }
