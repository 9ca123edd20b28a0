package ironnet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Alert is an alert as IronAPI sends it: always these 15 fields. Times are
// RFC 3339 in UTC with 0 to 6 fraction digits, Severity runs from 0 to 1000.
type Alert struct {
	ID                  string   `json:"id"`
	Category            string   `json:"category"`
	SubCategory         string   `json:"sub_category"`
	Severity            int      `json:"severity"`
	Status              string   `json:"status"`
	AnalystSeverity     string   `json:"analyst_severity"`
	AnalystExpectation  string   `json:"analyst_expectation"`
	Created             string   `json:"created"`
	Updated             string   `json:"updated"`
	EventCount          int      `json:"event_count"`
	FirstEventCreated   string   `json:"first_event_created"`
	LastEventCreated    string   `json:"last_event_created"`
	RawDataFormats      []string `json:"raw_data_formats"`
	AggregationCriteria string   `json:"aggregation_criteria"`
	VueURL              string   `json:"vue_url"`
}

// Comment is a text an API client left on an alert.
type Comment struct {
	Text   string    `json:"text"`
	Shared bool      `json:"shared"` // published to the IronDome community
	At     time.Time `json:"at"`
}

// Enums of IronAPI; a row stores the position of a name in its list.
var (
	statuses     = []string{"STATUS_NONE", "STATUS_AWAITING_REVIEW", "STATUS_UNDER_REVIEW", "STATUS_CLOSED"}
	ratings      = []string{"SEVERITY_NONE", "SEVERITY_UNDECIDED", "SEVERITY_BENIGN", "SEVERITY_SUSPICIOUS", "SEVERITY_MALICIOUS", "SEVERITY_WHITELISTED"}
	expectations = []string{"EXP_NONE", "EXP_UNKNOWN", "EXP_EXPECTED", "EXP_UNEXPECTED"}
)

const (
	statusNone uint8 = iota
	statusAwaiting
	statusUnder
	statusClosed
)

const (
	ratingNone uint8 = iota
	ratingUndecided
	ratingBenign
	ratingSuspicious
	ratingMalicious
	ratingWhitelisted
)

const (
	expNone uint8 = iota
	expUnknown
	expExpected
	expUnexpected
)

// enum finds a name in its list; field names the place in an error.
func enum(field string, names []string, name string) (uint8, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("%s: %q is none of %s", field, name, strings.Join(names, ", "))
	}
	return uint8(i), nil
}

type uuid [16]byte

var errNotUUID = errors.New("want a UUID, 32 hex digits with or without dashes")

// parseUUID takes the dashed and the bare form: the API answers with the first,
// requests with the second are known too.
func parseUUID(text string) (id uuid, err error) {
	bare := strings.ReplaceAll(text, "-", "")
	if len(bare) != 2*len(id) {
		return id, fmt.Errorf("%q: %w", clip(text), errNotUUID)
	}
	if _, err := hex.Decode(id[:], []byte(bare)); err != nil {
		return id, fmt.Errorf("%q: %w", clip(text), errNotUUID)
	}
	return id, nil
}

func (id uuid) bare() string { return hex.EncodeToString(id[:]) }

func (id uuid) String() string {
	h := id.bare()
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// stamp makes id look like a random (version 4) UUID.
func (id *uuid) stamp() {
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
}

const vueHost = "https://ironvue.example.com"

func alertURL(id uuid) string {
	return vueHost + "/alerts?alerts.sort=severity%3ADESC&filter=alertId%3D%3D" + id.String()
}

func eventURL(id uuid) string { return vueHost + "/event?uuid=" + id.bare() }

// clip keeps a value from a request short enough for an error text.
func clip(text string) string {
	const limit = 80
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
