package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tqmap/engine/threatq"
)

// What follows is the program that somebody would write in place of the flow "alerts"
// of mappings/ironnet.hcl: the measure of what a mapping costs.

type goAlert struct {
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

// goPage makes the objects of each alert of an answer, nil for those outside the bounds.
func goPage(body []byte, lower, upper int) ([][]threatq.Object, error) {
	var answer struct {
		Alerts     []goAlert `json:"alerts"`
		Constraint struct {
			Total string `json:"total"`
		} `json:"constraint"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	out := make([][]threatq.Object, len(answer.Alerts))
	for i := range answer.Alerts {
		a := &answer.Alerts[i]
		if a.Severity < lower || a.Severity > upper {
			continue
		}
		event, err := goEvent(a)
		if err != nil {
			return nil, err
		}
		out[i] = append([]threatq.Object{event}, goIndicators(a.AggregationCriteria)...)
	}
	return out, nil
}

// goPageHashed is goPage with what a program needs that remembers what it has sent.
func goPageHashed(body []byte, lower, upper int) (objects [][]threatq.Object, hashes []string, err error) {
	if objects, err = goPage(body, lower, upper); err != nil {
		return nil, nil, err
	}
	for _, of := range objects {
		for i := range of {
			text, err := json.Marshal(&of[i])
			if err != nil {
				return nil, nil, err
			}
			sum := sha256.Sum256(text)
			hashes = append(hashes, hex.EncodeToString(sum[:]))
		}
	}
	return objects, hashes, nil
}

func goEvent(a *goAlert) (threatq.Object, error) {
	happened, err := time.Parse(time.RFC3339Nano, cmp.Or(a.Created, a.FirstEventCreated, a.Updated))
	if err != nil {
		return threatq.Object{}, err
	}
	o := threatq.Object{
		Collection: threatq.Events, Type: goTypes(a.Status), HappenedAt: happened.UTC(),
		Name:    "IronNet Alert: " + cmp.Or(a.Category, "Unknown") + " - " + cmp.Or(a.SubCategory, "Unknown") + " (" + a.ID + ")",
		Sources: []threatq.Source{{Name: "IronNet"}},
	}
	o.Description = a.AggregationCriteria
	if o.Description != "" && a.VueURL != "" {
		o.Description += "\n"
	}
	o.Description += a.VueURL
	o.Attributes = make([]threatq.Attribute, 0, 16)
	add := func(name, value string, mode threatq.Mode) {
		if value != "" {
			o.Attributes = append(o.Attributes, threatq.Attribute{Name: name, Value: value, Mode: mode})
		}
	}
	add("Alert ID", a.ID, threatq.Fixed)
	add("Category", a.Category, threatq.Fixed)
	add("Sub-Category", a.SubCategory, threatq.Fixed)
	add("Severity", strconv.Itoa(a.Severity), threatq.Replace)
	add("Status", goLabel(a.Status, "STATUS_"), threatq.Replace)
	add("Analyst Severity", goLabel(a.AnalystSeverity, "SEVERITY_"), threatq.Replace)
	add("Analyst Expectation", goLabel(a.AnalystExpectation, "EXP_"), threatq.Replace)
	add("Created", a.Created, threatq.Fixed)
	add("Updated", a.Updated, threatq.Replace)
	add("Event Count", strconv.Itoa(a.EventCount), threatq.Replace)
	add("First Event Created", a.FirstEventCreated, threatq.Fixed)
	add("Last Event Created", a.LastEventCreated, threatq.Replace)
	for _, f := range a.RawDataFormats {
		add("Raw Data Format", f, threatq.Add)
	}
	add("Aggregation Criteria", a.AggregationCriteria, threatq.Replace)
	add("IronVue URL", a.VueURL, threatq.Fixed)
	return o, nil
}

func goTypes(status string) string {
	switch status {
	case "STATUS_CLOSED":
		return "CLOSED"
	case "STATUS_UNDER_REVIEW":
		return "UNDER REVIEW"
	}
	return "AWAITING REVIEW"
}

func goLabel(text, prefix string) string {
	words := strings.Split(strings.TrimPrefix(text, prefix), "_")
	for i, w := range words {
		if w != "" {
			words[i] = w[:1] + strings.ToLower(w[1:])
		}
	}
	return strings.Join(words, " ")
}

// goIndicators finds what stands in double quotes in `table.column: ["v1", "v2"], …`.
func goIndicators(criteria string) []threatq.Object {
	var out []threatq.Object
	for {
		at := strings.IndexByte(criteria, '"')
		if at < 0 {
			return out
		}
		end := at + 1
		for end < len(criteria) && criteria[end] != '"' {
			if criteria[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(criteria) {
			return out
		}
		quoted := criteria[at : end+1]
		criteria = criteria[end+1:]
		value := quoted[1 : len(quoted)-1]
		if strings.IndexByte(value, '\\') >= 0 {
			if json.Unmarshal([]byte(quoted), &value) != nil {
				continue
			}
		}
		kind, value := goClassify(value)
		same := func(o threatq.Object) bool { return o.Type == kind && o.Name == value }
		if kind == "" || slices.ContainsFunc(out, same) {
			continue
		}
		out = append(out, threatq.Object{
			Collection: threatq.Indicators, Type: kind, Name: value, Status: "Review", Sources: []threatq.Source{{Name: "IronNet"}},
		})
	}
}

func goClassify(text string) (kind, value string) {
	text = strings.TrimSpace(text)
	if scheme, rest, ok := strings.Cut(text, "://"); ok && rest != "" {
		switch strings.ToLower(scheme) {
		case "http", "https", "ftp":
			return "URL", text
		}
		return "", ""
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if goOwn(prefix.Addr()) {
			return "", ""
		}
		return "CIDR Block", prefix.String()
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		switch {
		case goOwn(addr):
			return "", ""
		case addr.Is4():
			return "IP Address", addr.String()
		}
		return "IPv6 Address", addr.String()
	}
	if local, domain, ok := strings.Cut(text, "@"); ok {
		if local == "" || goDomain(domain) == "" {
			return "", ""
		}
		return "Email Address", text
	}
	if name := goDomain(text); name != "" {
		return "FQDN", name
	}
	return "", ""
}

func goOwn(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()
}

func goDomain(text string) string {
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return ""
	}
	for _, r := range name {
		if r != '-' && r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return ""
		}
	}
	top := name[dot+1:]
	for _, r := range top {
		if !unicode.IsLetter(r) && !strings.HasPrefix(top, "xn--") {
			return ""
		}
	}
	return name
}
