package taxii

import (
	"errors"
	"fmt"
	"strings"

	"tqmap/engine/stix"
)

// dialect is what differs between versions of TAXII before any objects are seen.
type dialect struct {
	version   stix.Version
	discovery string // path below the server's address
	taxii     string // media type of what is asked for
	posted    string // media type of what is sent
	root      []string
}

func v20() dialect {
	return dialect{
		version: stix.V20, discovery: "taxii/",
		taxii:  "application/vnd.oasis.taxii+json; version=2.0",
		posted: "application/vnd.oasis.stix+json; version=2.0",
		root:   []string{"taxii-2.0", "application/vnd.oasis.taxii+json; version=2.0"},
	}
}

func v21() dialect {
	return dialect{
		version: stix.V21, discovery: "taxii2/",
		taxii:  "application/taxii+json;version=2.1",
		posted: "application/taxii+json;version=2.1",
		root:   []string{"application/taxii+json;version=2.1", "taxii-2.1"},
	}
}

// dialects are the versions to try, in this order.
func dialects(version string) ([]dialect, error) {
	switch strings.TrimSpace(version) {
	case "2.0":
		return []dialect{v20()}, nil
	case "2.1":
		return []dialect{v21()}, nil
	case "", "auto":
		return []dialect{v21(), v20()}, nil
	}
	return nil, fmt.Errorf("TAXII version %q: there are 2.0, 2.1 and auto", version)
}

// mediaType is a media type in one spelling: servers put blanks after the semicolon or not.
func mediaType(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	return strings.ReplaceAll(text, `"`, "")
}

// speaks says whether what an API root lists among its versions is d. A list that is empty says nothing.
func (d dialect) speaks(versions []string) bool {
	for _, v := range versions {
		for _, name := range d.root {
			if mediaType(v) == mediaType(name) {
				return true
			}
		}
	}
	return len(versions) == 0
}

// ErrNotTAXII is an answer that is none of the version of TAXII that was asked for: of another
// service, a proxy or a login page, say.
var ErrNotTAXII = errors.New("this is no answer of TAXII")

// check looks at the media type of an answer. Some servers call everything application/json.
func (d dialect) check(contentType string) error {
	base, parameters, _ := strings.Cut(mediaType(contentType), ";")
	if !strings.HasSuffix(base, "json") {
		return fmt.Errorf("%w: it is of type %q", ErrNotTAXII, contentType)
	}
	for p := range strings.SplitSeq(parameters, ";") {
		if v, ok := strings.CutPrefix(p, "version="); ok && v != string(d.version) {
			return fmt.Errorf("%w %s: it is of type %q", ErrNotTAXII, d.version, contentType)
		}
	}
	return nil
}
