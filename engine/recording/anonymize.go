package recording

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// StandIns says what Anonymized replaces beside what it knows by its look.
type StandIns struct {
	// Fields are names of JSON fields, whose texts are replaced, too.
	Fields []string
	// FieldsOnly leaves everything else as it is.
	FieldsOnly bool
}

// Anonymized is r with stand-ins for IP and MAC addresses, host names, mail addresses and
// the names of users, everywhere: in addresses, queries, headers and bodies, inside longer texts and in
// defanged forms. One value becomes one stand-in in the whole recording, and two values
// never the same, so that what belongs together still does; and the same
// recording is always anonymized alike.
//
//	IPv4       192.0.2.1 …, 198.51.100.0/24, 203.0.113.0/24, then 198.18.0.0/15
//	IPv6       2001:db8::1 …
//	private    10.0.0.1 … or fd00::1 …: what tells own addresses from foreign ones goes on working
//	hosts      host-1.example …, and host-2 for a single name
//	mail       user-1@host-1.example
//	users      user-1 …, by the names of fields such as username
//	MAC        02:00:5e:00:00:01 …
//
// Loopback, link-local and multicast addresses stay, as do numbers, ids and hashes. What is
// encoded in other ways (base64, a number that is an address) is not seen. counts says how
// many different values of each kind there were.
func (r *Recording) Anonymized(o StandIns) (*Recording, map[string]int) {
	a := newAnonymizer(o)
	for pass := range 2 { // the first learns names of hosts and users, wherever they stand
		a.learning = pass == 0
		out := r.each(a)
		if pass == 1 {
			out.Run.Anonymized = !o.FieldsOnly
			return out, a.counts()
		}
	}
	return nil, nil
}

func (r *Recording) each(a *anonymizer) *Recording {
	out := &Recording{Run: r.Run}
	out.Run.Params = map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(r.Run.Params)) {
		out.Run.Params[name] = a.param(name, r.Run.Params[name])
	}
	out.Run.Failed = a.text(r.Run.Failed)
	for _, x := range r.Exchanges {
		x.Request.URL = a.address(x.Request.URL)
		x.Request.Header, x.Answer.Header = a.header(x.Request.Header), a.header(x.Answer.Header)
		x.Request.Body = a.body(x.Request.Body, x.Request.Header)
		x.Answer.Body = a.body(x.Answer.Body, x.Answer.Header)
		x.Answer.Lost = a.text(x.Answer.Lost)
		out.Exchanges = append(out.Exchanges, x)
	}
	return out
}

func (a *anonymizer) param(name string, v any) any {
	switch v := v.(type) {
	case string:
		return a.field(name, v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = a.param(name, v[i])
		}
		return list
	}
	return v
}

// address is a URL; its host is one, whatever it looks like.
func (a *anonymizer) address(text string) string {
	before, query, has := strings.Cut(text, "?")
	scheme, rest, found := strings.Cut(before, "://")
	if found {
		host, path, slash := strings.Cut(rest, "/")
		before = scheme + "://" + a.authority(host)
		if slash {
			before += "/" + a.path(path)
		}
	} else {
		before = a.path(before)
	}
	if !has {
		return before
	}
	return before + "?" + a.query(query)
}

// authority is host:port, perhaps after a user.
func (a *anonymizer) authority(host string) string {
	user, bare, hasUser := strings.Cut(host, "@")
	if !hasUser {
		user, bare = "", host
	} else {
		user += "@"
	}
	name, port := bare, ""
	if i := strings.LastIndexByte(bare, ':'); i >= 0 && !strings.Contains(bare[i:], "]") {
		name, port = bare[:i], bare[i:]
	}
	if strings.HasPrefix(name, "[") {
		return user + "[" + a.text(strings.Trim(name, "[]")) + "]" + port
	}
	if out := a.text(name); out != name || isAddress(name) {
		return user + out + port
	}
	return user + a.host(name) + port
}

func (a *anonymizer) path(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			if out := a.text(plain); out != plain {
				parts[i] = starred(url.PathEscape(out))
			}
		}
	}
	return strings.Join(parts, "/")
}

func (a *anonymizer) query(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, has := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plain, err2 := url.QueryUnescape(value)
		if !has || err != nil || err2 != nil {
			pairs[i] = a.text(pair)
			continue
		}
		if out := a.field(plainName, plain); out != plain {
			pairs[i] = name + "=" + starred(url.QueryEscape(out))
		}
	}
	return strings.Join(pairs, "&")
}

func (a *anonymizer) header(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range names(h) {
		for _, value := range h[name] {
			switch name {
			case "Accept", "Content-Type", "Date", "Retry-After":
			case "Location", "Content-Location":
				value = a.address(value)
			default:
				value = a.text(value)
			}
			out[name] = append(out[name], value)
		}
	}
	return out
}

func (a *anonymizer) body(body []byte, h http.Header) []byte {
	if len(body) == 0 {
		return body
	}
	if out, ok := a.json(body); ok {
		return out
	}
	if strings.Contains(h.Get("Content-Type"), "x-www-form-urlencoded") {
		return []byte(a.query(string(body)))
	}
	if !printable(body) {
		return body // an address in it would be one by chance
	}
	return []byte(a.text(string(body)))
}

func (a *anonymizer) json(body []byte) ([]byte, bool) {
	return rewriteJSON(body, func(l leaf) (string, bool) {
		switch {
		case l.key:
			return a.look(l.text), true
		case !l.quoted:
			return l.text, false
		case len(l.path) == 0:
			return a.field("", l.text), true
		}
		return a.field(l.path[len(l.path)-1], l.text), true
	})
}

// field is the text of a field, whose name may say what it is.
func (a *anonymizer) field(name, text string) string {
	if len(text) > 1 && (text[0] == '{' || text[0] == '[') {
		if out, ok := a.json([]byte(text)); ok {
			return string(out)
		}
	}
	plain := strings.TrimSpace(text)
	switch {
	case plain == "" || strings.Contains(plain, Mask):
	case a.fields[strings.ToLower(name)]:
		return strings.Replace(text, plain, a.named(strings.ToLower(name), plain), 1)
	case a.fieldsOnly:
	case userName(name) && !strings.ContainsAny(plain, "@/ ") && len(plain) < 100 && !isAddress(plain):
		return strings.Replace(text, plain, a.named("user", plain), 1)
	case hostName(name) && hostLike.MatchString(plain) && !isAddress(plain) && letter.MatchString(plain):
		return strings.Replace(text, plain, a.host(plain), 1)
	}
	return a.text(text)
}
