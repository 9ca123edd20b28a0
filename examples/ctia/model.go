package ctia

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// An entity is one as it was sent, decoded with its numbers as json.Number.
type entity = map[string]any

const (
	timeFormat = "2006-01-02T15:04:05.000Z"
	transient  = "transient:"
	never      = "2525-01-01T00:00:00.000Z"
)

// refusal is why one entity is not taken; each kind of call words it in its own way.
type refusal struct {
	tlp  string // the label that is too low
	pair bool   // disposition and its name differ
	spec string // the model's complaint
	path string // what is wrong, for spec
}

// text is the longest length of a text, by key.
func text() map[string]int {
	return map[string]int{
		"source": 2048, "source_uri": 2048, "reason": 1024, "reason_uri": 2048, "language": 1024, "title": 1024, "short_description": 2048,
		"description": 5000, "producer": 1024, "likely_impact": 5000, "source_ref": 2048, "target_ref": 2048,
	}
}

var longID = regexp.MustCompile(`^https?://[-\dA-Za-z][-\dA-Za-z.]*(:\d+)?((/[-\w.]+)*)/ctia/([a-z][-a-z]+)/(([a-z][-a-z]+)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// settle fills in what the service adds to an entity that passed its schema, and says
// why it is not to be taken. old is what it replaces, or nil.
func settle(k kind, e, old entity, now time.Time) *refusal {
	e["type"] = k.String()
	if e["tlp"] == nil {
		e["tlp"] = "amber"
		if old != nil {
			e["tlp"] = old["tlp"]
		}
	}
	if label := e["tlp"].(string); label != "amber" && label != "red" {
		return &refusal{tlp: label}
	}
	if k == judgement && !settleDisposition(e) {
		return &refusal{pair: true}
	}
	if k != relationship {
		settleTime(e, old, now)
	}
	if path, spec := complaint(k, e); spec != "" {
		return &refusal{spec: spec, path: path}
	}
	return nil
}

func settleDisposition(e entity) bool {
	number, hasNumber := integer(e["disposition"])
	name, hasName := e["disposition_name"].(string)
	switch {
	case hasNumber && hasName:
		return dispositions[number-1] == name
	case hasName:
		for n, d := range dispositions {
			if d == name {
				e["disposition"] = n + 1
			}
		}
	case hasNumber:
		e["disposition_name"] = dispositions[number-1]
	default:
		e["disposition"], e["disposition_name"] = len(dispositions), "Unknown"
	}
	return true
}

// settleTime keeps each half of the old valid_time where the new one lacks it.
func settleTime(e, old entity, now time.Time) {
	valid := entity{"start_time": now.UTC().Format(timeFormat), "end_time": never}
	for _, from := range []entity{old, e} {
		given, _ := from["valid_time"].(map[string]any)
		for half, at := range given {
			t, _ := instant(at.(string)) // its schema holds
			valid[half] = t.Format(timeFormat)
		}
	}
	e["valid_time"] = valid
}

// complaint is what the model says, beyond the schema.
func complaint(k kind, e entity) (path, spec string) {
	for key, most := range text() {
		if s, ok := e[key].(string); ok && utf8.RuneCountInString(s) > most {
			return key, fmt.Sprintf("failed: (max-len %d)", most)
		}
	}
	for _, key := range []string{"source_uri", "reason_uri"} {
		if s, ok := e[key].(string); ok && !isURI(s) {
			return key, "failed: uri?"
		}
	}
	if path, spec = listComplaint(e); spec != "" {
		return path, spec
	}
	switch k {
	case judgement:
		if n, _ := integer(e["priority"]); n < 0 || n > 100 {
			return "priority", "failed: (<= 0 % 100)"
		}
	case relationship:
		for _, key := range []string{"source_ref", "target_ref"} {
			if ref := e[key].(string); !longID.MatchString(ref) {
				return key, "failed: id?"
			}
		}
		return "", ""
	}
	return timeComplaint(e["valid_time"].(map[string]any))
}

func listComplaint(e entity) (path, spec string) {
	tags, _ := e["tags"].([]any)
	for _, tag := range tags {
		if utf8.RuneCountInString(tag.(string)) > 1024 {
			return "tags", "failed: (max-len 1024)"
		}
	}
	refs, _ := e["external_references"].([]any)
	for _, ref := range refs {
		for key, most := range map[string]int{"source_name": 2048, "url": 2048, "description": 5000} {
			if s, ok := ref.(map[string]any)[key].(string); ok && utf8.RuneCountInString(s) > most {
				return "external_references", fmt.Sprintf("failed: (max-len %d)", most)
			}
		}
	}
	return "", ""
}

func timeComplaint(valid entity) (path, spec string) {
	first, last := time.Unix(0, 0), time.Date(2525, 1, 1, 0, 1, 0, 0, time.UTC)
	at := map[string]time.Time{}
	for _, half := range []string{"start_time", "end_time"} {
		t, _ := instant(valid[half].(string))
		if t.Before(first) || !t.Before(last) {
			return "valid_time " + half, fmt.Sprintf("#inst %q - failed: (inst-in-range? #inst \"1970-01-01T00:00:00.000-00:00\" #inst \"2525-01-01T00:01:00.000-00:00\" %%)", valid[half])
		}
		at[half] = t
	}
	if at["start_time"].After(at["end_time"]) {
		return "valid_time", "failed: (<= start_time end_time)"
	}
	return "", ""
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && !strings.ContainsAny(s, " \t\n")
}
