package stix

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// check says what is wrong with an object that STIX has a type for.
func (o *Object) check() error {
	switch {
	case strings.TrimSpace(o.Value) == "":
		return &Invalid{"value", "it is empty; give the value or the name that the object has in ThreatQ"}
	case o.Created.IsZero():
		return &Invalid{"created", "it is missing; give the time at which ThreatQ created the object, which never changes"}
	}
	for name, t := range map[string]time.Time{
		"created": o.Created, "modified": o.Modified, "published": o.Published, "valid_from": o.ValidFrom, "valid_until": o.ValidUntil,
	} {
		if y := t.UTC().Year(); y < 1 || y > 9999 {
			return &Invalid{name, fmt.Sprintf("the year %d has not four digits; leave the time out", y)}
		}
	}
	for i := range o.References {
		if problem := o.References[i].problem(); problem != "" {
			return &Invalid{fmt.Sprintf("external_references[%d]", i), problem}
		}
	}
	return nil
}

var capec = regexp.MustCompile(`^CAPEC-\d+$`)

// uri has only characters that RFC 3986 allows.
var uri = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9\-._~!$&'()*+,;=:@/?#\[\]]|%[0-9A-Fa-f]{2})*$`)

// problem of a reference that STIX would not take.
func (r *Reference) problem() string {
	isCVE, isCAPEC := cve.MatchString(r.ExternalID), capec.MatchString(r.ExternalID)
	switch {
	case r.SourceName == "":
		return "source_name is missing; say whose reference it is"
	case r.Description == "" && r.URL == "" && r.ExternalID == "":
		return "it refers to nothing; give an external_id, a url or a description"
	case (r.SourceName == "cve") != isCVE || (r.SourceName == "capec") != isCAPEC:
		return `source_name and external_id do not fit; "cve" goes with CVE-2026-0001, "capec" with CAPEC-1, and these with no other`
	case r.URL != "" && !isURI(r.URL):
		return "url is no address that starts with its scheme, as https://, with other characters written as %20"
	}
	return ""
}

func isURI(s string) bool {
	_, err := url.Parse(s)
	return err == nil && uri.MatchString(s) && strings.Count(s, "#") <= 1
}
