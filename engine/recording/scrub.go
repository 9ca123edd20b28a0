package recording

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Mask stands where a secret was. In a request it matches anything.
const Mask = "***"

// Secrets are the values that must not be kept.
type Secrets interface {
	// Add makes another one known.
	Add(secret string)
	// String is s with each of them replaced by Mask, in whatever encoding it stands.
	String(s string) string
}

// Scrubbed is r without secrets: those by value, wherever they stand, and what fields,
// headers and parameters hold that are called like secrets. It has to be asked for
// after the run, when all are known: what an answer or a cookie taught later is taken out
// of what came before, too. counts says how many values of each kind were taken out.
func (r *Recording) Scrubbed(secrets Secrets) (*Recording, map[string]int) {
	s := &scrubber{secrets: secrets, counts: map[string]int{}, learned: map[string]bool{}}
	for i := range r.Exchanges { // the first pass learns
		s.exchange(r.Exchanges[i])
	}
	s.counts = map[string]int{}
	out := &Recording{Run: r.Run}
	out.Run.Params = s.params(r.Run.Params)
	out.Run.Failed = s.text(r.Run.Failed)
	for i := range r.Exchanges {
		out.Exchanges = append(out.Exchanges, s.exchange(r.Exchanges[i]))
	}
	return out, s.counts
}

// Kinds of what is counted.
const (
	byValue = "known secrets"
	byName  = "fields called like secrets"
	byAuth  = "credentials put on requests"
)

type scrubber struct {
	secrets Secrets
	counts  map[string]int
	learned map[string]bool
}

func (s *scrubber) params(in map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range in {
		switch v := v.(type) {
		case string:
			out[name] = s.text(v)
		case []any:
			list := make([]any, len(v))
			for i := range v {
				list[i] = v[i]
				if text, ok := v[i].(string); ok {
					list[i] = s.text(text)
				}
			}
			out[name] = list
		default:
			out[name] = v
		}
	}
	return out
}

func (s *scrubber) exchange(x Exchange) Exchange {
	also := s.beside(x.Request)
	if len(also) > 0 { // a login: who logs in may be named in the query, too
		x.added.query = maps.Clone(x.added.query)
		maps.Copy(orNew(&x.added.query), userParams(x.Request.URL))
	}
	x.Request.URL = s.address(x.Request.URL, x.added.query)
	x.Request.Header = s.header(x.Request.Header, x.added.header)
	maps.Copy(also, x.added.body)
	x.Request.Body = s.body(x.Request.Body, x.Request.Header.Get("Content-Type"), also)
	x.Answer.Header = s.header(x.Answer.Header, nil)
	x.Answer.Body = s.body(x.Answer.Body, x.Answer.Header.Get("Content-Type"), nil)
	x.Answer.Lost = s.text(x.Answer.Lost)
	x.added = credentials{}
	return x
}

func orNew(m *map[string]bool) map[string]bool {
	if *m == nil {
		*m = map[string]bool{}
	}
	return *m
}

// userParams are the parameters of a URL that name who logs in.
func userParams(address string) map[string]bool {
	out := map[string]bool{}
	if u, err := url.Parse(address); err == nil {
		for name := range u.Query() {
			if userName(name) {
				out[name] = true
			}
		}
	}
	return out
}

// named takes out a value that is called like a secret. What is long enough to be known
// again is looked for elsewhere, too.
func (s *scrubber) named(value, why string) string {
	if value == "" || strings.Trim(value, "*") == "" {
		return value
	}
	s.counts[why]++
	s.learn(value)
	return Mask
}

// longest is the length of the longest credential; what is longer is a text that only stands in
// the place of one.
const longest = 8 << 10

// learn adds what is no word that may stand anywhere.
func (s *scrubber) learn(value string) {
	if telling(value) && len(value) <= longest && !s.learned[value] {
		s.learned[value] = true
		s.secrets.Add(value)
	}
}

var (
	letter  = regexp.MustCompile(`[A-Za-z]`)
	digit   = regexp.MustCompile(`[0-9]`)
	instant = regexp.MustCompile(`^[0-9TZ:., +/-]+$`)
)

// telling says whether a value is one that stands for itself: neither a word, nor a number, nor
// a time.
func telling(value string) bool {
	if _, err := http.ParseTime(value); err == nil {
		return false
	}
	if _, err := time.Parse(time.RFC1123Z, value); err == nil {
		return false
	}
	return len(value) >= 8 && letter.MatchString(value) && (digit.MatchString(value) || len(value) >= 20) && !instant.MatchString(value)
}

// patterns are secrets that are known by how they look, in any text.
var patterns = []struct {
	form *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`-----BEGIN ([A-Z ]*PRIVATE KEY|CERTIFICATE)-----[^-]*-----END [A-Z ]*-----`), Mask},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), Mask},
	{regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate|ntlm)(\s+)[A-Za-z0-9+/_.~-]{12,}=*`), "${1}${2}" + Mask},
	{regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@:"'<>]+(?::[^\s/@"'<>]*)?@`), "${1}" + Mask + "@"},
}

// inQuery is a parameter of a URL in a text.
var inQuery = regexp.MustCompile(`([?&])([\w.-]+)=([^\s&"'<>;#]+)`)

// assigned is name=value, as in a URL or a message, and "name": "value".
var assigned = regexp.MustCompile(`([A-Za-z][\w.-]+)(["']?\s{0,2}[=:]\s{0,2}["']?)([^\s&"'<>;,{}\[\]()|]+)`)

// text takes secrets out of a text of any kind.
func (s *scrubber) text(text string) string {
	if masked := s.secrets.String(text); masked != text {
		s.counts[byValue]++
		text = masked
	}
	for _, p := range patterns {
		if p.form.MatchString(text) {
			s.counts[byName]++
			text = p.form.ReplaceAllString(text, p.to)
		}
	}
	text = inQuery.ReplaceAllStringFunc(text, func(found string) string {
		part := inQuery.FindStringSubmatch(found)
		if !wireName(part[2]) || strings.Trim(part[3], "*") == "" {
			return found
		}
		return part[1] + part[2] + "=" + s.named(part[3], byName)
	})
	return assigned.ReplaceAllStringFunc(text, func(found string) string {
		part := assigned.FindStringSubmatch(found)
		if !secretName(part[1]) || strings.Trim(part[3], "*") == "" || !spelled(part[2], part[3]) {
			return found
		}
		return part[1] + part[2] + s.named(part[3], byName)
	})
}

// spelled tells name=value from prose, such as "Credential: Stuffing": in prose, what follows is a word.
func spelled(sign, value string) bool {
	return strings.Contains(sign, "=") || digit.MatchString(value) && len(value) >= 4
}

// address scrubs a URL; added are names of parameters that hold credentials.
func (s *scrubber) address(text string, added map[string]bool) string {
	before, query, has := strings.Cut(text, "?")
	scheme, rest, found := strings.Cut(before, "://")
	if found {
		host, path, slash := strings.Cut(rest, "/")
		if _, bare, user := strings.Cut(host, "@"); user {
			host = Mask + "@" + bare
		}
		before = scheme + "://" + s.text(host)
		if slash {
			before += "/" + s.path(path)
		}
	} else {
		before = s.path(before)
	}
	if !has {
		return before
	}
	return before + "?" + s.query(query, added)
}

func (s *scrubber) path(path string) string {
	parts := strings.Split(s.secrets.String(path), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			continue
		}
		if masked := s.text(plain); masked != plain {
			parts[i] = starred(url.PathEscape(masked))
		}
	}
	return strings.Join(parts, "/")
}

// starred leaves the mask readable.
func starred(escaped string) string { return strings.ReplaceAll(escaped, "%2A", "*") }

func (s *scrubber) query(query string, added map[string]bool) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, has := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plain, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil {
			pairs[i] = s.text(pair)
			continue
		}
		masked := plain
		switch {
		case added[plainName]:
			masked = s.named(plain, byAuth)
		case wireName(plainName):
			masked = s.named(plain, byName)
		default:
			masked = s.value(plain)
		}
		if masked != plain {
			value = starred(url.QueryEscape(masked))
		}
		if n := s.text(plainName); n != plainName {
			name = starred(url.QueryEscape(n))
		}
		pairs[i] = name
		if has {
			pairs[i] += "=" + value
		}
	}
	return strings.Join(pairs, "&")
}

// value is text, where the text may be JSON or an address in itself.
func (s *scrubber) value(text string) string {
	if len(text) > 1 && (text[0] == '{' || text[0] == '[') {
		if out, ok := s.json([]byte(text), nil); ok {
			return string(out)
		}
	}
	return s.text(text)
}

func (s *scrubber) header(h http.Header, added map[string]bool) http.Header {
	out := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			switch {
			case name == "Cookie":
				value = s.cookies(value)
			case name == "Set-Cookie":
				value = s.setCookie(value)
			case strings.EqualFold(name, "Www-Authenticate"):
				value = s.text(value)
			case added[name]:
				value = s.credential(value, byAuth)
			case wireName(name):
				value = s.credential(value, byName)
			case name == "Location" || name == "Content-Location":
				value = s.address(value, nil)
			default:
				value = s.text(value)
			}
			out[name] = append(out[name], value)
		}
	}
	return out
}

var schemed = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]{1,20}) +(\S.*)$`)

// credential is a header with the word for its kind left: Bearer ***.
func (s *scrubber) credential(value, why string) string {
	if part := schemed.FindStringSubmatch(value); part != nil {
		if pair, err := base64.StdEncoding.DecodeString(part[2]); err == nil && strings.EqualFold(part[1], "basic") {
			if _, password, ok := strings.Cut(string(pair), ":"); ok && len(password) >= 6 {
				s.secrets.Add(password)
			}
		}
		return part[1] + " " + s.named(part[2], why)
	}
	return s.named(value, why)
}

func (s *scrubber) cookies(value string) string {
	all := strings.Split(value, ";")
	for i, c := range all {
		name, v, has := strings.Cut(strings.TrimSpace(c), "=")
		if has {
			name += "=" + s.named(v, byAuth)
		}
		all[i] = name
	}
	return strings.Join(all, "; ")
}

func (s *scrubber) setCookie(value string) string {
	pair, rest, more := strings.Cut(value, ";")
	name, v, _ := strings.Cut(pair, "=")
	out := s.text(strings.TrimSpace(name)) + "=" + s.named(strings.TrimSpace(v), byAuth)
	if more {
		out += ";" + s.text(rest)
	}
	return out
}
