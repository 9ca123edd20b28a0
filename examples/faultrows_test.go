package examples_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tqmap/engine"
)

func faultRows() []faultRow {
	return slices.Concat(connectionRows(), statusRows(), authRows(), waitRows(), bodyRows(), sizeRows(), pagingRows(), clockRows(), libraryRows(), stateRows())
}

// both is row at page 1 and at page 2; what is left differs by the first page.
func both(row faultRow) []faultRow {
	first, second := row, row
	first.page, second.page = 1, 2
	if row.outcome == engine.Failed {
		first.left, second.left = untouched, page1
	} else {
		first.left, second.left = all, all
	}
	return []faultRow{first, second}
}

func connectionRows() []faultRow {
	const g = "The connection"
	return slices.Concat(
		both(faultRow{group: g, name: "refused", refused: true, outcome: engine.Failed, waits: thrice,
			says: []string{"after 4 attempts", "connection refused", "nothing listens there: is the port right, is the service up?"}}),
		reused(both(faultRow{group: g, name: "reset before any byte, for ever", do: (*hit).cut, outcome: engine.Failed, requests: 4, waits: thrice,
			says: []string{"got no answer after 4 attempts"}}), 5, thrice),
		reused(both(faultRow{group: g, name: "reset before any byte, once", times: 1, do: (*hit).cut, outcome: engine.Ok, requests: 2, waits: thrice[:1]}), 2, nil),
		both(faultRow{group: g, name: "reset in the body, for ever", do: resetInBody, outcome: engine.Failed, requests: 4, waits: thrice,
			says: []string{"got no answer after 4 attempts"}}),
		both(faultRow{group: g, name: "reset in the body, once", times: 1, do: resetInBody, outcome: engine.Ok, requests: 2, waits: thrice[:1]}),
		both(faultRow{group: g, name: "the body ends early, for ever", do: shortBody, outcome: engine.Failed, requests: 4, waits: thrice,
			says: []string{"unexpected EOF"}}),
		both(faultRow{group: g, name: "slow drip", client: "timeout = \"400ms\"\n  retries = 1", do: drip, outcome: engine.Failed, requests: 2, waits: thrice[:1],
			says: []string{"no answer within 400ms"}}),
		both(faultRow{group: g, name: "slow drip, once", client: `timeout = "400ms"`, times: 1, do: drip, outcome: engine.Ok, requests: 2, waits: thrice[:1]}),
	)
}

// reused changes what is expected at page 2: on a connection that served before, the
// transport takes a reset for the end of that connection and asks again by itself.
func reused(rows []faultRow, requests int, waits []time.Duration) []faultRow {
	rows[1].requests, rows[1].waits = requests, waits
	return rows
}

// resetInBody promises all, gives half and breaks the connection.
func resetInBody(h *hit) {
	halfBody(h)
	h.cut()
}

func halfBody(h *hit) {
	body := h.good()
	h.w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	h.w.Write(body[:len(body)/2])
	h.w.(http.Flusher).Flush()
}

func shortBody(h *hit) {
	halfBody(h)
	panic(http.ErrAbortHandler)
}

// drip gives half the answer and then nothing, until the client goes.
func drip(h *hit) {
	halfBody(h)
	<-h.r.Context().Done()
}

// says answers with a status and a body.
func says(status int, kind, body string, header ...string) func(*hit) {
	return func(h *hit) {
		h.w.Header().Set("Content-Type", kind)
		for i := 0; i < len(header); i += 2 {
			h.w.Header().Set(header[i], header[i+1])
		}
		h.w.WriteHeader(status)
		io.WriteString(h.w, body)
	}
}

const (
	asJSON = "application/json"
	asHTML = "text/html; charset=utf-8"
	login  = "<!DOCTYPE html><html><body><form action=\"/login\">Sign in</form></body></html>"
)

const skip404 = "on {\n      status = [404]\n      do = skip\n    }"

func statusRows() []faultRow {
	const g = "Status"
	failing := func(name string, do func(*hit), requests int, waits []time.Duration, parts ...string) []faultRow {
		return both(faultRow{group: g, name: name, do: do, outcome: engine.Failed, requests: requests, waits: waits, says: parts})
	}
	return slices.Concat(
		failing("403", says(403, asJSON, `{"message":"no right"}`), 1, nil, "answered 403 Forbidden", "no right", "check the rights of the account"),
		failing("404", says(404, asJSON, `{}`), 1, nil, "answered 404 Not Found", "check host, port and path"),
		[]faultRow{
			{group: g, name: "404 that the mapping skips, on all pages", page: 1, onward: true, source: skip404, do: says(404, asJSON, `{}`), outcome: engine.Failed, requests: 1,
				says: []string{"every answer was skipped by a rule of the mapping"}},
			{group: g, name: "404 that the mapping skips", page: 2, source: skip404, do: says(404, asJSON, `{}`), outcome: engine.Partial, requests: 1, left: page1, says: []string{"answer skipped", "those behind it were not asked for"}},
		},
		failing("500 for ever", says(500, asJSON, `{"error":"down"}`), 4, thrice, "answered 500 Internal Server Error after 4 attempts", "down"),
		both(faultRow{group: g, name: "500 once", times: 1, do: says(500, asJSON, `{}`), outcome: engine.Ok, requests: 2, waits: thrice[:1]}),
		failing("502 with HTML for ever", says(502, asHTML, "<html><title>502 Bad Gateway</title></html>"), 4, thrice, "answered 502 Bad Gateway after 4 attempts"),
		failing("503 for ever", says(503, asJSON, ``), 4, thrice, "answered 503 Service Unavailable after 4 attempts"),
		both(faultRow{group: g, name: "503 with Retry-After, once", times: 1, do: says(503, asJSON, ``, "Retry-After", "20"), outcome: engine.Ok, requests: 2, waits: []time.Duration{20 * time.Second}}),
		both(faultRow{group: g, name: "302 to another host", do: func(h *hit) { http.Redirect(h.w, h.r, h.foreign+"/items", http.StatusFound) }, outcome: engine.Failed, requests: 1,
			says: []string{"the server redirects to", "or list the host in allow_hosts (it gets no credentials)"}}),
		both(faultRow{group: g, name: "302 to itself", do: func(h *hit) { http.Redirect(h.w, h.r, h.r.URL.String(), http.StatusFound) }, outcome: engine.Failed, requests: 6,
			says: []string{"more than 5 redirects"}}),
	)
}

const (
	basic  = "auth \"basic\" {\n    username = \"u\"\n    password = \"pa55word\"\n  }"
	signIn = "auth \"login\" {\n    token = jq(\".token\")\n    request {\n      method = \"POST\"\n      path = \"/login\"\n    }\n  }"
)

func authRows() []faultRow {
	const g = "Credentials"
	refuse := says(401, asJSON, `{"message":"no"}`)
	return slices.Concat(
		both(faultRow{group: g, name: "401 with basic", client: basic, do: refuse, outcome: engine.Failed, requests: 1,
			says: []string{"answered 401 Unauthorized", "check the user name, password or key"}}),
		both(faultRow{group: g, name: "401 with a login, once", client: signIn, times: 1, do: refuse, outcome: engine.Ok, requests: 2, logins: 2,
			says: []string{"credentials renewed after 401"}}),
		both(faultRow{group: g, name: "401 with a login, for ever", client: signIn, do: refuse, outcome: engine.Failed, requests: 2, logins: 2,
			says: []string{"answered 401 Unauthorized"}}),
	)
}

func waitRows() []faultRow {
	const g = "Too many requests (429)"
	var out []faultRow
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for _, c := range []struct {
		name, value string
		wait        time.Duration
	}{
		{"90 seconds", "90", 90 * time.Second},
		{"an HTTP date", at(75 * time.Second).Format(http.TimeFormat), 75 * time.Second},
		{"Unix seconds", fmt.Sprint(at(30 * time.Second).Unix()), 30 * time.Second},
		{"a date that has passed", at(-time.Hour).Format(http.TimeFormat), backOff},
		{"nothing", "", backOff},
		{"-5", "-5", backOff},
		{"1e999", "1e999", backOff},
		{"NaN", "NaN", backOff},
		{"words", "when we are ready", backOff},
	} {
		out = append(out, both(faultRow{group: g, name: "Retry-After: " + c.name, times: 1, do: says(429, asJSON, `{}`, "Retry-After", c.value), outcome: engine.Ok, requests: 2, waits: []time.Duration{c.wait}})...)
	}
	for name, value := range map[string]string{"30 days": "2592000", "a date in the year 9999": "Fri, 31 Dec 9999 23:59:59 GMT"} {
		out = append(out, both(faultRow{group: g, name: "Retry-After: " + name, do: says(429, asJSON, `{}`, "Retry-After", value), outcome: engine.Failed, requests: 1,
			says: []string{"answered 429 Too Many Requests", "more than the 5m0s allowed: run again later"}})...)
	}
	slices.SortStableFunc(out[len(out)-4:], func(a, b faultRow) int { return strings.Compare(a.name, b.name) })
	return append(out, both(faultRow{group: g, name: "for ever, Retry-After: 60", do: says(429, asJSON, `{}`, "Retry-After", "60"), outcome: engine.Failed, requests: 4,
		waits: []time.Duration{time.Minute, time.Minute, time.Minute}, says: []string{"answered 429 Too Many Requests after 4 attempts"}})...)
}

func bodyRows() []faultRow {
	const g = "The body of a 200"
	failing := func(name string, do func(*hit), parts ...string) []faultRow {
		return both(faultRow{group: g, name: name, do: do, outcome: engine.Failed, requests: 1, says: parts})
	}
	const fault = `{"error":{"message":"index is closed"}}`
	rule := func(do string) string {
		return "on {\n      when = jq(\".error\")\n      do = " + do + "\n      message = jq(\".error.message\")\n    }"
	}
	lenient := both(faultRow{group: g, name: "an error, which a lenient extract takes for an empty page", extract: ".items[]?", do: says(200, asJSON, fault), outcome: engine.Ok, requests: 1})
	lenient[0].left, lenient[1].left = untouched, page1
	return slices.Concat(
		failing("an error, no rule", says(200, asJSON, fault), "m.hcl:", "[] goes over a list or object, but got null"),
		lenient,
		both(faultRow{group: g, name: "an error, by rule failing", source: rule("fail"), do: says(200, asJSON, fault), outcome: engine.Failed, requests: 1, says: []string{"answered 200 OK", "index is closed"}}),
		both(faultRow{group: g, name: "an error, by rule tried again, once", source: rule("retry"), times: 1, do: says(200, asJSON, fault), outcome: engine.Ok, requests: 2, waits: thrice[:1]}),
		both(faultRow{group: g, name: "an error, by rule tried again, for ever", source: rule("retry"), do: says(200, asJSON, fault), outcome: engine.Failed, requests: 4, waits: thrice, says: []string{"index is closed"}}),
		failing("a login page", says(200, asHTML, login), "answered with a body that cannot be read", "the body is HTML", `"text/html; charset=utf-8"`, "<!DOCTYPE html>"),
		failing("HTML said to be JSON", says(200, asJSON, login), "answered with a body that cannot be read", "the body is HTML"),
		both(faultRow{group: g, name: "JSON said to be text/plain", do: func(h *hit) { says(200, "text/plain", string(h.good()))(h) }, outcome: engine.Ok, requests: 1}),
		both(faultRow{group: g, name: "JSON said to be HTML", do: func(h *hit) { says(200, asHTML, string(h.good()))(h) }, outcome: engine.Ok, requests: 1}),
		failing("text", says(200, "text/plain", "the index is being rebuilt"), "answered with a body that cannot be read"),
		failing("nothing", says(200, asJSON, ""), "answered with a body that cannot be read"),
		failing("JSON that is cut off", func(h *hit) { body := h.good(); says(200, asJSON, string(body[:len(body)-9]))(h) }, "answered with a body that cannot be read"),
		failing("JSON, then something else", func(h *hit) { says(200, asJSON, string(h.good())+"<!-- -->")(h) }, "answered with a body that cannot be read"),
		failing("50,000 brackets", says(200, asJSON, strings.Repeat("[", 50_000)), "answered with a body that cannot be read"),
	)
}

func sizeRows() []faultRow {
	const g = "Size"
	const most = `max_body = "1MB"`
	endless := func(h *hit) {
		h.w.Header().Set("Content-Type", asJSON)
		io.WriteString(h.w, `{"items":[`)
		piece := []byte(strings.Repeat(`{"id":"x","updated":"2024-05-14T08:00:00Z"},`, 1500))
		h.endless(h.w, piece, 10<<30)
		if out := h.served.Load(); out > 64<<20 {
			h.t.Errorf("%d bytes were taken of an answer of which 16 MB are allowed at most", out)
		}
	}
	zipped := func(piece []byte, most int64, end bool) func(*hit) {
		return func(h *hit) {
			h.w.Header().Set("Content-Type", asJSON)
			h.w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(h.w)
			h.endless(z, piece, most)
			if end {
				z.Close()
				return
			}
			z.Flush()
		}
	}
	large := func(h *hit) { // 24 MB of blanks around the right answer
		h.w.Header().Set("Content-Type", asJSON)
		h.endless(h.w, bytes.Repeat([]byte(" "), 1<<16), 24<<20)
		h.w.Write(h.good())
	}
	tooLarge := []string{"the answer is too large", "ask for smaller pages, or raise the limit"}
	const stream = "decode \"json\" { stream = \"items\" }"
	return slices.Concat(
		both(faultRow{group: g, name: "10 GB", client: most, do: endless, outcome: engine.Failed, requests: 1, says: tooLarge}),
		both(faultRow{group: g, name: "10 GB, read as a stream", client: `max_body = "16MB"`, source: stream, extract: ".", do: endless, outcome: engine.Failed, requests: 1, says: tooLarge}),
		both(faultRow{group: g, name: "24 MB, read as a stream", source: stream, extract: ".", do: large, outcome: engine.Ok, requests: 1}),
		both(faultRow{group: g, name: "gzip that unpacks to 10 GB", do: zipped(bytes.Repeat([]byte(" "), 1<<16), 10<<30, true), outcome: engine.Failed, requests: 1, says: []string{"it unpacks to more than 200 times its size"}}),
		both(faultRow{group: g, name: "gzip that is cut off", do: zipped([]byte(`{"items":[]}`), 12, false), outcome: engine.Failed, requests: 4, waits: thrice, says: []string{"unexpected EOF"}}),
		both(faultRow{group: g, name: "gzip that is none", do: says(200, asJSON, "\x1f\x8b\x08 no gzip at all", "Content-Encoding", "gzip"), outcome: engine.Failed, requests: 4, waits: thrice, says: []string{"the answer broke off"}}),
	)
}

func pagingRows() []faultRow {
	const g = "Pages"
	answer := func(h *hit, items []map[string]any, next string) {
		body := fmt.Sprintf(`{"items":%s,"next":%q}`, encode(items), next)
		says(200, asJSON, body)(h)
	}
	return []faultRow{
		{group: g, name: "no end, with ever new tokens", page: 1, onward: true, do: func(h *hit) {
			n := h.n
			it := item(min(n, 6), itemTime(min(n, 6)))
			it["seen"] = n
			answer(h, []map[string]any{it}, fmt.Sprint(n))
		}, outcome: engine.Failed, requests: 10, left: left{cursor: 6, delivered: 6, ledger: 6}, says: []string{"max_pages reached; narrow the window or raise max_pages"}},
		{group: g, name: "the same token again", page: 2, do: func(h *hit) { answer(h, h.items()[2:4], "2") }, outcome: engine.Failed, requests: 1,
			left: left{cursor: 2, delivered: 4, ledger: 4}, says: []string{"pagination loop"}},
		{group: g, name: "the same page under a new token", page: 2, do: func(h *hit) { answer(h, h.items()[:2], "4") }, outcome: engine.Failed, requests: 1,
			left: page1, says: []string{"the server answered with the same records as for the page before"}},
		{group: g, name: "a token that is an object, which no query can hold", page: 2, do: func(h *hit) {
			says(200, asJSON, fmt.Sprintf(`{"items":%s,"next":{"at":[4]}}`, encode(h.items()[2:4])))(h)
		}, outcome: engine.Failed, requests: 1, left: left{cursor: 4, delivered: 4, ledger: 4}, says: []string{"Text expected", "cannot be written as text"}},
	}
}

func encode(items []map[string]any) string {
	var out []string
	for _, it := range items {
		var fields []string
		for _, k := range slices.Sorted(maps.Keys(it)) {
			fields = append(fields, fmt.Sprintf("%q:%q", k, fmt.Sprint(it[k])))
		}
		out = append(out, "{"+strings.Join(fields, ",")+"}")
	}
	return "[" + strings.Join(out, ",") + "]"
}

func clockRows() []faultRow {
	const g = "Clocks"
	ahead := func(d time.Duration) func(*hit) {
		return func(h *hit) {
			now := start.Add(d)
			h.w.Header().Set("Date", now.Format(http.TimeFormat))
			says(429, asJSON, `{}`, "Retry-After", now.Add(45*time.Second).Format(http.TimeFormat))(h)
		}
	}
	future := func(h *hit) {
		items := h.items()
		items[5] = item(6, start.Add(24*time.Hour))
		h.page(items)
	}
	return slices.Concat(
		both(faultRow{group: g, name: "the server is 2 h ahead, and Retry-After is a date", times: 1, do: ahead(2 * time.Hour), outcome: engine.Ok, requests: 2, waits: []time.Duration{45 * time.Second}}),
		both(faultRow{group: g, name: "the server is 2 h behind, and Retry-After is a date", times: 1, do: ahead(-2 * time.Hour), outcome: engine.Ok, requests: 2, waits: []time.Duration{45 * time.Second}}),
		[]faultRow{{group: g, name: "the last record is dated tomorrow", page: 3, do: future, outcome: engine.Ok, requests: 1, left: left{cursor: 5, delivered: 6, ledger: 6}}},
	)
}

func libraryRows() []faultRow {
	const g = "ThreatQ"
	const bulk = "POST /api/events/consume"
	failed := func(name, fault string, page int, waits []time.Duration, left left, parts ...string) faultRow {
		return faultRow{group: g, name: name, page: page, library: fault, outcome: engine.Failed, waits: waits, left: left, says: parts}
	}
	fine := func(name, fault string, page int, waits []time.Duration) faultRow {
		return faultRow{group: g, name: name, page: page, library: fault, outcome: engine.Ok, waits: waits, left: all}
	}
	written := left{delivered: 2}
	slow := faultRow{group: g, name: "slow for ever, longer than the timeout", page: 1, library: "slow=1h:" + bulk + ":-1", patience: 300 * time.Millisecond, outcome: engine.Failed, waits: thrice, says: []string{"no answer within 300ms"}}
	return []faultRow{
		fine("401 once: the token is renewed", "401:"+bulk+":1", 1, nil),
		fine("401 once: the token is renewed", "401:"+bulk+":1@1", 2, nil),
		failed("401 for ever", "401:"+bulk+":-1", 1, nil, untouched, "answered 401 Unauthorized"),
		failed("401 for ever", "401:"+bulk+":-1@1", 2, nil, page1, "answered 401 Unauthorized"),
		fine("429 with Retry-After: 7", "429=7s:"+bulk+":1", 1, []time.Duration{7 * time.Second}),
		fine("500 once, for a bulk", "500:"+bulk+":1", 1, thrice[:1]),
		fine("500 once, for a bulk", "500:"+bulk+":1@1", 2, thrice[:1]),
		failed("500 for ever, for bulks", "500:"+bulk+":-1", 1, thrice, untouched, "answered 500"),
		failed("500 for ever, for bulks", "500:"+bulk+":-1@1", 2, thrice, page1, "answered 500"),
		failed("502 with HTML for ever", "502:* /api/**:-1", 1, thrice, untouched, "answered 502"),
		fine("connection lost before the write, once", "drop:"+bulk+":1", 1, thrice[:1]),
		fine("connection lost after the write, once", "drop-after:"+bulk+":1", 1, thrice[:1]),
		fine("connection lost after the write, once", "drop-after:"+bulk+":1@1", 2, thrice[:1]),
		failed("connection lost after the write, each time", "drop-after:"+bulk+":-1", 1, thrice, written, "got no answer after 4 attempts"),
		failed("the answer to a write is cut off", "truncate:"+bulk+":1", 1, nil, written, "the answer is not the JSON of the ThreatQ API"),
		{group: g, name: "one object refused (400)", page: 2, library: "refuse=r3:" + bulk, outcome: engine.Partial, left: left{cursor: 6, delivered: 5, ledger: 5, dead: 1}, says: []string{"refused, kept as a dead letter"}},
		{group: g, name: "one object refused inside a 200", page: 2, library: "refuse-item=r3:" + bulk, outcome: engine.Partial, left: left{cursor: 6, delivered: 5, ledger: 5, dead: 1}, says: []string{"refused, kept as a dead letter"}},
		slow,
	}
}

func stateRows() []faultRow {
	const g = "The state"
	return []faultRow{
		{group: g, name: "disk full at the first commit", page: 1, full: true, outcome: engine.Failed, left: left{delivered: 2}, says: []string{"the state could not be written, so the next run reads this page again", "disk is full"}},
		{group: g, name: "disk full at the second commit", page: 2, full: true, outcome: engine.Failed, left: left{cursor: 2, delivered: 4, ledger: 2}, says: []string{"the state could not be written, so the next run reads this page again", "disk is full"}},
	}
}
