package threatq

import "strings"

// normalize is what normalize=Y does to a value: spaces and quotes around it
// go, and a URL loses its scheme and a port that says nothing.
func normalize(typ *typeRow, value string) string {
	value = strings.Trim(value, " \t\r\n\"'")
	if typ == nil || typ.Name != "URL" {
		return value
	}
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return value
	}
	host, path, slash := strings.Cut(rest, "/")
	switch strings.ToLower(scheme) {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	if slash {
		return host + "/" + path
	}
	return host
}
