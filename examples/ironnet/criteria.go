package ironnet

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// criterion is one part of aggregation_criteria: `table.column: ["v1", "v2"]`.
// How several are joined is not documented; here by a comma and a blank.
type criterion struct {
	column string
	values []string
}

func render(list []criterion) string {
	parts := make([]string, len(list))
	for i, c := range list {
		quoted := make([]string, len(c.values))
		for j, v := range c.values {
			quoted[j] = quote(v)
		}
		parts[i] = c.column + ": [" + strings.Join(quoted, ", ") + "]"
	}
	return strings.Join(parts, ", ")
}

// quote writes a JSON string without turning & into an escape.
func quote(v string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a string into memory cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

var criterionForm = regexp.MustCompile(`([A-Za-z0-9_.]+): (\[(?:"(?:[^"\\]|\\.)*"(?:, )?)*\])`)

// parseCriteria reads what render wrote; other text gives nothing.
func parseCriteria(text string) (list []criterion) {
	for _, m := range criterionForm.FindAllStringSubmatch(text, -1) {
		c := criterion{column: m[1]}
		if json.Unmarshal([]byte(m[2]), &c.values) == nil {
			list = append(list, c)
		}
	}
	return list
}

// criteria draws what the events of an alert were grouped by.
func criteria(r *rand.Rand, s shape) []criterion {
	switch p := r.IntN(100); {
	case p < 4:
		return nil
	case p < 6:
		return []criterion{{"flows.app_domains", []string{""}}}
	}
	switch s {
	case byDomain:
		return []criterion{{"flows.app_domains_domain_with_suffix", several(r, domain)}}
	case byRandomName:
		return []criterion{{"flows.app_domains", several(r, randomName)}}
	case byRemote:
		return []criterion{{"flows.dst_ip", several(r, remote)}}
	case byScanner:
		return []criterion{{"scanner.scanner_ip", several(r, scanner)}}
	case byInternal:
		return []criterion{{"flows.src_ip", several(r, private)}}
	case byURL:
		return []criterion{{"flows.url", several(r, address)}}
	case byAccount:
		return []criterion{{"users.email", several(r, email)}, {"flows.src_ip", []string{remote(r)}}}
	default:
		return []criterion{{"flows.src_ip", several(r, private)}, {"flows.app_domains", append(several(r, domain), remote(r))}}
	}
}

// several draws one value mostly, at times up to four.
func several(r *rand.Rand, draw func(*rand.Rand) string) []string {
	n := 1
	if r.IntN(4) == 0 {
		n += r.IntN(4)
	}
	values := make([]string, n)
	for i := range values {
		values[i] = draw(r)
	}
	return values
}

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// domain draws from some thousand names, so indicators repeat between alerts.
// A few are punycode, or written with capitals and a final dot.
func domain(r *rand.Rand) string {
	name := pick(r, hostWords) + "." + pick(r, nameWords) + "." + pick(r, zones)
	switch r.IntN(24) {
	case 0, 1:
		return pick(r, unicodeNames)
	case 2:
		return strings.ToUpper(name[:1]) + name[1:] + "."
	default:
		return name
	}
}

func randomName(r *rand.Rand) string {
	label := make([]byte, 10+r.IntN(12))
	for i := range label {
		label[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(26+10*min(i, 1))]
	}
	return string(label) + "." + pick(r, zones)
}

// remote draws an address from the documentation ranges, one in six IPv6.
func remote(r *rand.Rand) string {
	if r.IntN(6) == 0 {
		return fmt.Sprintf("2001:db8:%x::%x", 1+r.IntN(32), 1+r.IntN(64))
	}
	net := pick(r, []string{"192.0.2", "198.51.100", "203.0.113"})
	return fmt.Sprintf("%s.%d", net, 1+r.IntN(254))
}

func private(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("172.%d.%d.%d", 16+r.IntN(16), r.IntN(256), 1+r.IntN(254))
	case 1:
		return fmt.Sprintf("192.168.%d.%d", r.IntN(256), 1+r.IntN(254))
	case 2:
		return fmt.Sprintf("fd00:%x::%x", r.IntN(256), 1+r.IntN(256))
	case 3:
		return fmt.Sprintf("10.%d.0.0/16", r.IntN(256))
	default:
		return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), 1+r.IntN(254))
	}
}

func scanner(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("198.51.100.%d/28", 16*r.IntN(16))
	case 1:
		return fmt.Sprintf("2001:db8:%x::/48", 1+r.IntN(32))
	default:
		return remote(r)
	}
}

func address(r *rand.Rand) string {
	host := domain(r)
	if r.IntN(6) == 0 {
		host = fmt.Sprintf("203.0.113.%d:8080", 1+r.IntN(254))
	}
	return pick(r, []string{"http", "http", "https", "ftp"}) + "://" + strings.TrimSuffix(host, ".") + pick(r, pathWords)
}

func email(r *rand.Rand) string {
	return pick(r, people) + "@" + pick(r, nameWords) + ".example"
}
