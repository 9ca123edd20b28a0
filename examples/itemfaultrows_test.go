package examples_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tqmap/engine"
)

func itemFaultRows() []itemRow {
	return slices.Concat(itemRefusals(), itemFailures(), itemConnections(), itemCredentials(), itemOutcomes(), itemHeldRows(), itemChanges(), itemStateRows(), itemSourceRows())
}

const (
	sixItems = "r1 r2 r3 r4 r5 r6"
	half     = "r1 r2 r3"
	putSix   = "put r1 r2 r3, put r4 r5 r6"
	putHalf  = "put r4 r5 r6"
	allAgain = "put r1 r2 r3, update r1, update r2, update r3, put r4 r5 r6, update r4, update r5, update r6"
	putAgain = "put r1 r2 r3, update r1, update r2, update r3, put r4 r5 r6" // what may be there is brought up to date
)

// twice are the waits of two requests that get no good answer.
var twice = slices.Concat(thrice, thrice)

// answers is says for the requests of an export.
func answers(status int, kind, body string, header ...string) func(*shot) {
	return func(s *shot) {
		s.w.Header().Set("Content-Type", kind)
		for i := 0; i < len(header); i += 2 {
			s.w.Header().Set(header[i], header[i+1])
		}
		s.w.WriteHeader(status)
		fmt.Fprint(s.w, body)
	}
}

// naming answers so if the request holds r2, and well otherwise.
func naming(do func(*shot)) func(*shot) {
	return func(s *shot) {
		if strings.Contains(string(s.body), `"r2"`) {
			do(s)
			return
		}
		s.good()
	}
}

const badName = `{"message":"bad name"}`

func itemRefusals() []itemRow {
	const g = "Refusals"
	row := func(r itemRow) itemRow { r.group, r.at = g, "POST /put"; return r }
	return []itemRow{
		row(itemRow{name: "400 if r2 is among them", requests: 6, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", dead: "r2", next: "put r2", do: naming(answers(400, asJSON, badName)), outcome: engine.Partial}),
		row(itemRow{name: "422 if r2 is among them", requests: 6, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", dead: "r2", next: "put r2", do: naming(answers(422, asJSON, badName)), outcome: engine.Partial}),
		row(itemRow{name: "400 for everything", requests: 10, dead: sixItems, next: putSix, do: answers(400, asJSON, badName), outcome: engine.Partial}),
		row(itemRow{name: "413 for more than one", requests: 8, target: sixItems, ledger: sixItems, do: func(s *shot) {
			if len(s.put()) > 1 {
				answers(413, asJSON, `{}`)(s)
				return
			}
			s.good()
		}, outcome: engine.Ok}),
		row(itemRow{name: "413 for everything", requests: 8, dead: sixItems, next: putSix, do: answers(413, asJSON, `{}`), outcome: engine.Partial}),
		row(itemRow{name: "403", requests: 1, next: putSix, do: answers(403, asJSON, `{"message":"no right"}`), outcome: engine.Failed}),
		row(itemRow{name: "403 at the second batch", requests: 1, target: half, ledger: half, next: putHalf, from: 2, do: answers(403, asJSON, `{"message":"no right"}`), outcome: engine.Failed}),
		row(itemRow{name: "404", requests: 1, next: putSix, do: answers(404, asJSON, `{}`), outcome: engine.Failed}),
		row(itemRow{name: "409 that the mapping skips", requests: 2, target: "r4 r5 r6", ledger: "r4 r5 r6", next: "put r1 r2 r3", sink: "on {\n      status = [409]\n      do = skip\n    }", do: naming(answers(409, asJSON, `{}`)), outcome: engine.Ok}),
	}
}

func itemFailures() []itemRow {
	const g = "The target is busy or broken"
	row := func(r itemRow) itemRow { r.group, r.at = g, "POST /put"; return r }
	const split = "on {\n      status = [\"5xx\"]\n      retried = true\n      do = split\n    }"
	return []itemRow{
		row(itemRow{name: "429 with Retry-After: 7, once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: answers(429, asJSON, `{}`, "Retry-After", "7"), outcome: engine.Ok, waits: []time.Duration{7 * time.Second}}),
		row(itemRow{name: "429 without Retry-After, once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: answers(429, asJSON, `{}`), outcome: engine.Ok, waits: thrice[:1]}),
		row(itemRow{name: "429 with Retry-After: 7, for ever, at the second batch", requests: 4, target: half, ledger: half, next: putHalf, from: 2, do: answers(429, asJSON, `{}`, "Retry-After", "7"), outcome: engine.Failed, waits: []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second}}),
		row(itemRow{name: "429 with Retry-After: 30 days", requests: 1, next: putSix, do: answers(429, asJSON, `{}`, "Retry-After", "2592000"), outcome: engine.Failed}),
		row(itemRow{name: "500 once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: answers(500, asJSON, `{}`), outcome: engine.Ok, waits: thrice[:1]}),
		row(itemRow{name: "500 for ever", requests: 8, next: putSix, do: answers(500, asJSON, `{}`), outcome: engine.Failed, waits: twice}),
		row(itemRow{name: "500 for ever, at the second batch", requests: 4, target: half, ledger: half, next: putHalf, from: 2, do: answers(500, asJSON, `{}`), outcome: engine.Failed, waits: thrice}),
		row(itemRow{name: "500 if r2 is among them", requests: 15, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", next: "put r2", do: naming(answers(500, asJSON, `{}`)), outcome: engine.Partial, waits: slices.Concat(thrice, twice)}),
		row(itemRow{name: "500 if r2 is among them, which splits by rule", requests: 15, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", next: "put r2", sink: split, do: naming(answers(500, asJSON, `{}`)), outcome: engine.Partial, waits: slices.Concat(thrice, twice)}),
		row(itemRow{name: "503 for ever", requests: 4, next: putSix, do: answers(503, asJSON, ``), outcome: engine.Failed, waits: thrice}),
		row(itemRow{name: "503 with Retry-After: 20, once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: answers(503, asJSON, ``, "Retry-After", "20"), outcome: engine.Ok, waits: []time.Duration{20 * time.Second}}),
		itemRow{group: g, name: "500 for ever, for an update of one", requests: 4, target: sixItems, ledger: "r1 r2? r3 r4 r5 r6", next: "update r2", news: "~r2"}.meets("PUT", answers(500, asJSON, `{}`), engine.Partial, thrice),
		itemRow{group: g, name: "500 for ever, for updates of five", requests: 12, target: sixItems, ledger: "r1? r2? r3? r4 r5 r6", next: "update r1, update r2, update r3, update r4, update r5", news: "~r1 ~r2 ~r3 ~r4 ~r5"}.meets("PUT", answers(500, asJSON, `{}`), engine.Failed, slices.Concat(thrice, thrice, thrice)),
	}
}

func itemConnections() []itemRow {
	const g = "The connection"
	row := func(r itemRow) itemRow { r.group, r.at = g, "POST /put"; return r }
	after := func(s *shot) { s.act(); s.cut() }
	slow := func(s *shot) {
		s.mu.Unlock()
		defer s.mu.Lock()
		<-s.r.Context().Done()
	}
	const patience = "timeout = \"400ms\"\n  retries = 1"
	return []itemRow{
		row(itemRow{name: "lost before the target acted, once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: (*shot).cut, outcome: engine.Ok, waits: thrice[:1]}),
		row(itemRow{name: "lost before the target acted, for ever", requests: 8, next: putSix, do: (*shot).cut, outcome: engine.Failed, waits: twice}),
		row(itemRow{name: "lost after the target acted, once", requests: 1, target: sixItems, ledger: sixItems, times: 1, do: after, outcome: engine.Ok, waits: thrice[:1]}),
		row(itemRow{name: "lost after the target acted, for ever", requests: 8, target: sixItems, next: allAgain, do: after, outcome: engine.Failed, waits: twice}),
		row(itemRow{name: "lost after the target acted, for ever, left = remove", requests: 8, target: sixItems, ledger: "r1? r2? r3? r4? r5? r6?", next: allAgain, sink: "left = \"remove\"", do: after, outcome: engine.Failed, waits: twice}),
		row(itemRow{name: "no answer in time, once", requests: 1, target: sixItems, ledger: sixItems, client: patience, times: 1, do: slow, outcome: engine.Ok, waits: thrice[:1]}),
		row(itemRow{name: "no answer in time", requests: 4, next: putSix, client: patience, do: slow, outcome: engine.Failed, waits: thrice[:2]}),
		itemRow{group: g, name: "lost after an update", requests: 4, target: "r1 r2=2 r3 r4 r5 r6", ledger: "r1 r2? r3 r4 r5 r6", next: "update r2", news: "~r2"}.meets("PUT", after, engine.Partial, thrice),
		itemRow{group: g, name: "lost after a removal, once", requests: 1, target: "r1 r2 r3 r4 r6", ledger: "r1 r2 r3 r4 r6", news: "-r5", sink: "left = \"remove\"", times: 1}.meets("DELETE", after, engine.Ok, thrice[:1]),
	}
}

// meets is the row with its fault at other requests.
func (r itemRow) meets(at string, do func(*shot), outcome engine.Outcome, waits []time.Duration) itemRow {
	r.at, r.do, r.outcome, r.waits = at, do, outcome, waits
	return r
}

func itemCredentials() []itemRow {
	const g = "Credentials"
	refuse := answers(401, asJSON, `{"message":"no"}`)
	return []itemRow{
		{group: g, name: "401 at the second batch, with a login, once", requests: 1, target: sixItems, ledger: sixItems, client: signIn, at: "POST /put", from: 2, times: 1, do: refuse, outcome: engine.Ok, says: []string{"credentials renewed after 401"}},
		{group: g, name: "401 from the second batch on, with a login", requests: 2, target: half, ledger: half, next: putHalf, client: signIn, at: "POST /put", from: 2, do: refuse, outcome: engine.Failed, says: []string{"answered 401 Unauthorized"}},
		{group: g, name: "401 from the second batch on, with basic", requests: 1, target: half, ledger: half, next: putHalf, client: basic, at: "POST /put", from: 2, do: refuse, outcome: engine.Failed, says: []string{"answered 401 Unauthorized"}},
	}
}

func itemOutcomes() []itemRow {
	const g = "The body of a 200"
	row := func(r itemRow) itemRow { r.group, r.at = g, "POST /put"; return r }
	silent := func(s *shot) { // acts on all, and says nothing of r2
		_, answer := s.act()
		all := answer.(map[string]any)
		all["results"] = slices.DeleteFunc(all["results"].([]any), func(r any) bool { return r.(map[string]any)["name"] == "r2" })
		answers(200, asJSON, string(mustJSON(answer)))(s)
	}
	acting := func(body string, kind string) func(*shot) {
		return func(s *shot) { s.act(); answers(200, kind, body)(s) }
	}
	return []itemRow{
		row(itemRow{name: "a login page", requests: 1, next: putSix, do: answers(200, asHTML, login), outcome: engine.Failed, says: []string{"the body is HTML"}}),
		row(itemRow{name: "a login page, and nothing reads outcomes", outcomes: "# no outcome", requests: 1, next: putSix, do: answers(200, asHTML, login), outcome: engine.Failed, says: []string{"the body is HTML"}}),
		row(itemRow{name: "nothing of r2", requests: 2, target: sixItems, ledger: "r1 r3 r4 r5 r6", next: "put r2, update r2", do: silent, outcome: engine.Partial, says: []string{"the answer says nothing of this item"}}),
		row(itemRow{name: "an error for r2", requests: 2, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", dead: "r2", next: "put r2", do: failing("r2", false), outcome: engine.Partial, says: []string{"too long"}}),
		row(itemRow{name: "an error for r2, to be tried again", requests: 2, target: "r1 r3 r4 r5 r6", ledger: "r1 r3 r4 r5 r6", next: "put r2", do: failing("r2", true), outcome: engine.Partial, says: []string{"too long"}}),
		row(itemRow{name: "an error for everything, to be tried again", requests: 2, next: putSix, do: failing("", true), outcome: engine.Partial, says: []string{"too long"}}),
		row(itemRow{name: "JSON that is cut off, of what was done", requests: 1, target: half, next: putAgain, do: acting(`{"results":[{"name":"r1"`, asJSON), outcome: engine.Failed, says: []string{"the server has accepted, but its answer cannot be understood"}}),
		row(itemRow{name: "nothing, of what was done", requests: 1, target: half, next: putAgain, do: acting("", asJSON), outcome: engine.Failed, says: []string{"the server has accepted, but its answer cannot be understood"}}),
		row(itemRow{name: "another object, of what was done", requests: 1, target: half, next: putAgain, do: acting(`{"status":"accepted"}`, asJSON), outcome: engine.Failed, says: []string{"the server has accepted, but its answer cannot be understood"}}),
		row(itemRow{name: "an empty list, of what was done", requests: 1, target: half, next: putAgain, do: acting(`{"results":[]}`, asJSON), outcome: engine.Failed}),
		row(itemRow{name: "texts in place of objects, of what was done", requests: 1, target: half, next: putAgain, do: acting(`{"results":["r1","r2","r3"]}`, asJSON), outcome: engine.Failed, says: []string{"the server has accepted, but its answer cannot be understood"}}),
		row(itemRow{name: "only keys of others, of what was done", requests: 2, target: sixItems, next: allAgain, do: acting(`{"results":[{"name":"x1"},{"name":"x2"},{"name":"x3"}]}`, asJSON), outcome: engine.Partial}),
	}
}

// failing does what is asked except for the item of that name ("": for any), of which it answers an error.
func failing(name string, retry bool) func(*shot) {
	return func(s *shot) {
		results := []any{}
		for _, it := range s.put() {
			if name == "" || it.Name == name {
				results = append(results, map[string]any{"name": it.Name, "error": "too long", "retry": retry})
				continue
			}
			results = append(results, s.bring(it))
		}
		answers(200, asJSON, string(mustJSON(map[string]any{"results": results})))(s)
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own maps
	}
	return b
}

const heldItems = `held {
      answer = jq(".held[] | {key: .name, id, level}")
      same   = expr("held.level == each.item.level")
      request {
        path = "/held"
      }
    }`

func itemHeldRows() []itemRow {
	const g = "What the target says it has"
	row := func(r itemRow) itemRow { r.group, r.at, r.sink = g, "GET /held", heldItems; return r }
	const some = "~r2"
	return []itemRow{
		row(itemRow{name: "500 for ever", requests: 4, target: sixItems, ledger: sixItems, next: "update r2", news: some, do: answers(500, asJSON, `{}`), outcome: engine.Failed, waits: thrice, says: []string{"what the server has already"}}),
		row(itemRow{name: "a login page", requests: 1, target: sixItems, ledger: sixItems, next: "update r2", news: some, do: answers(200, asHTML, login), outcome: engine.Failed, says: []string{"the body is HTML"}}),
		row(itemRow{name: "an error with 200", requests: 1, target: sixItems, ledger: sixItems, next: "update r2", news: some, do: answers(200, asJSON, `{"error":"index is closed"}`), outcome: engine.Failed}),
		row(itemRow{name: "nothing, though it has all", requests: 1, target: "r1 r2=2 r3 r4 r5 r6", ledger: sixItems, news: some, do: answers(200, asJSON, `{"held":[]}`), outcome: engine.Ok}),
		row(itemRow{name: "rows without a key", requests: 1, target: sixItems, ledger: sixItems, next: "update r2", news: some, do: answers(200, asJSON, `{"held":[{"id":"n1"}]}`), outcome: engine.Failed}),
		row(itemRow{name: "that r3 is gone, which nobody asked for", target: sixItems, ledger: sixItems, lost: "r3", outcome: engine.Ok}),
	}
}

func itemChanges() []itemRow {
	const g = "Items that change, leave and come back"
	const remove = "left = \"remove\""
	return []itemRow{
		{group: g, name: "an update of an item that the target lost", target: "r1 r2=2 r3 r4 r5 r6", ledger: sixItems, news: "~r2", lost: "r2", outcome: engine.Ok},
		{group: g, name: "an update that is refused (400)", requests: 1, target: sixItems, ledger: "r1 r2? r3 r4 r5 r6", dead: "r2", next: "update r2", news: "~r2", at: "PUT", do: answers(400, asJSON, badName), outcome: engine.Partial},
		{group: g, name: "a removal of an item that the target lost", target: "r1 r2 r3 r4 r6", ledger: "r1 r2 r3 r4 r6", news: "-r5", lost: "r5", sink: remove, outcome: engine.Ok},
		{group: g, name: "a removal that is refused (400)", requests: 1, target: sixItems, ledger: "r1 r2 r3 r4 r5? r6", next: "remove r5", news: "-r5", sink: remove, at: "DELETE", do: answers(400, asJSON, `{"message":"in use"}`), outcome: engine.Partial},
		{group: g, name: "a removal that fails (500)", requests: 4, target: sixItems, ledger: "r1 r2 r3 r4 r5? r6", next: "remove r5", news: "-r5", sink: remove, at: "DELETE", do: answers(500, asJSON, `{}`), outcome: engine.Partial, waits: thrice},
		{group: g, name: "one that left, kept", target: sixItems, ledger: sixItems, news: "-r5", keeps: "r5", outcome: engine.Ok},
		{group: g, name: "one that left and came back, kept", target: sixItems, ledger: sixItems, news: "-r5 run +r5", outcome: engine.Ok},
		{group: g, name: "one that left and came back, removed between", target: sixItems, ledger: sixItems, news: "-r5 run +r5", sink: remove, outcome: engine.Ok},
		{group: g, name: "one that left, while another is refused (400)", requests: 1, target: "r1 r2 r3 r4 r6", ledger: "r1 r2? r3 r4 r6", dead: "r2", next: "update r2", news: "-r5 ~r2", sink: remove, at: "PUT", do: answers(400, asJSON, badName), outcome: engine.Partial},
		{group: g, name: "all have left", target: sixItems, ledger: sixItems, news: "-r1 -r2 -r3 -r4 -r5 -r6", sink: remove, outcome: engine.Partial, says: []string{"the source came out empty"}, repair: func(tr *itemTrial) {
			for n := range 6 {
				tr.consume(fmt.Sprintf("r%d", n+1))
			}
		}},
	}
}

func itemStateRows() []itemRow {
	const g = "The state"
	const remove = "left = \"remove\""
	return []itemRow{
		{group: g, name: "disk full after the first batch", target: half, next: putAgain, full: 1, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full after the second batch", target: sixItems, ledger: half, next: "put r4 r5 r6, update r4, update r5, update r6", full: 2, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full before the first batch", next: putSix, full: 1, sink: remove, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full after the first batch, which was noted", target: half, ledger: "r1? r2? r3?", next: putAgain, full: 2, sink: remove, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full before an update", target: sixItems, ledger: sixItems, next: "update r2", news: "~r2", full: 1, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full after an update", target: "r1 r2=2 r3 r4 r5 r6", ledger: "r1 r2? r3 r4 r5 r6", next: "update r2", news: "~r2", full: 2, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full before a removal", target: sixItems, ledger: sixItems, next: "remove r5", news: "-r5", full: 1, sink: remove, outcome: engine.Failed, says: []string{"disk is full"}},
		{group: g, name: "disk full after a removal", target: "r1 r2 r3 r4 r6", ledger: "r1 r2 r3 r4 r5? r6", next: "DELETE of nothing", news: "-r5", full: 2, sink: remove, outcome: engine.Failed, says: []string{"disk is full"}},
	}
}

func itemSourceRows() []itemRow {
	const g = "ThreatQ"
	const remove = "left = \"remove\""
	const page = "POST /api/indicators/query"
	return []itemRow{
		{group: g, name: "500 for ever, first page", target: sixItems, ledger: sixItems, next: "update r2, remove r5", news: "-r5 ~r2", sink: remove, library: "500:" + page + ":-1", outcome: engine.Failed, waits: thrice},
		{group: g, name: "500 for ever, second page", target: "r1 r2=2 r3 r4 r5 r6", ledger: sixItems, next: "remove r1", news: "-r1 ~r2", sink: remove, library: "500:" + page + ":-1@1", outcome: engine.Failed, waits: thrice},
		{group: g, name: "401 once, second page: the token is renewed", target: "r2=2 r3 r4 r5 r6", ledger: "r2 r3 r4 r5 r6", news: "-r1 ~r2", sink: remove, library: "401:" + page + ":1@1", outcome: engine.Ok},
		{group: g, name: "502 with HTML for ever", target: sixItems, ledger: sixItems, next: "update r2, remove r1", news: "-r1 ~r2", sink: remove, library: "502:" + page + ":-1", outcome: engine.Failed, waits: thrice},
		{group: g, name: "the second page is empty, before the total", target: sixItems, ledger: sixItems, next: "update r6, remove r1", news: "-r1 ~r6", sink: remove, library: "empty-page:" + page + ":-1@1", outcome: engine.Partial},
		{group: g, name: "the first page is empty, before the total", target: sixItems, ledger: sixItems, next: "update r6, remove r1", news: "-r1 ~r6", sink: remove, library: "empty-page:" + page + ":-1", outcome: engine.Partial},
		{group: g, name: "no total is told", target: "r1 r2 r3 r4 r5 r6=2", ledger: sixItems, next: "remove r1", news: "-r1 ~r6", sink: remove, library: "no-total:" + page + ":-1", outcome: engine.Ok},
		{group: g, name: "an answer is cut off", target: sixItems, ledger: sixItems, next: "update r6, remove r1", news: "-r1 ~r6", sink: remove, library: "truncate:" + page + ":1", outcome: engine.Failed},
		{group: g, name: "one of two collections is unknown", target: "r1 r2 r3 r4 r5 r6=2", ledger: sixItems, next: "remove r1", news: "-r1 ~r6", sink: remove, collections: `["Blocked", "Nobody"]`, repair: func(tr *itemTrial) { tr.save("Nobody", "nobody") }, outcome: engine.Partial},
		{group: g, name: "the only collection is unknown", next: putSix, sink: remove, collections: `["Nobody"]`, repair: func(tr *itemTrial) { tr.save("Nobody", "") }, outcome: engine.Failed},
	}
}
