package threatq

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tqmap/engine/request"
)

// fake answers requests as the chain would hand them over: statuses above 299
// become a *request.StatusError.
type fake struct {
	mu     sync.Mutex
	calls  []request.Request
	answer func(r request.Request) (status int, body string)
}

func (f *fake) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.calls = append(f.calls, r)
	status, body := f.answer(r)
	if status > 299 {
		return nil, &request.StatusError{Client: "fake", Method: r.Method, URL: r.Path, Status: status, Message: "raw text", Body: []byte(body)}
	}
	return &request.Response{Status: status, Header: http.Header{}, Body: []byte(body)}, nil
}

// log lists the calls as "METHOD path".
func (f *fake) log() []string {
	var out []string
	for _, r := range f.calls {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// last returns the last call of that method and path.
func (f *fake) last(t *testing.T, op string) request.Request {
	t.Helper()
	for _, r := range slices.Backward(f.calls) {
		if r.Method+" "+r.Path == op {
			return r
		}
	}
	t.Fatalf("no call %s in %v", op, f.log())
	return request.Request{}
}

func (f *fake) count(op string) int {
	n := 0
	for _, have := range f.log() {
		if have == op {
			n++
		}
	}
	return n
}

func query(r request.Request, name string) string {
	for _, p := range r.Query {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func typeList(names ...string) string {
	var rows []string
	for i, name := range names {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"name":%q,"class":"network"}`, i+10, name))
	}
	return fmt.Sprintf(`{"total":%d,"data":[%s]}`, len(rows), strings.Join(rows, ","))
}

// platform is a small ThreatQ: it knows types and statuses, writes indicators and
// events, and lists them by name.
type platform struct {
	fake
	nextID int64
	rows   []map[string]any
	// poison holds the names that a consume call refuses, and with which body.
	poison map[string]string
	// silent holds the names that a consume call stores but does not answer.
	silent map[string]bool
	// respell changes a name before it is stored.
	respell func(string) string
	// down, if not 0, is the status of consume calls after the first upAfter.
	down, upAfter int
}

func newPlatform() *platform {
	p := &platform{nextID: 1 << 53, poison: map[string]string{}, silent: map[string]bool{}, respell: strings.TrimSpace}
	p.answer = p.serve
	return p
}

func (p *platform) serve(r request.Request) (int, string) {
	switch op := r.Method + " " + r.Path; {
	case op == "GET /api/indicator/types":
		return 200, typeList("FQDN", "IP Address", "MD5", "Filename")
	case op == "GET /api/indicator/statuses":
		return 200, `{"data":[{"id":1,"name":"Active"},{"id":4,"name":"Review"}]}`
	case op == "GET /api/event/types":
		return 200, typeList("Spearphish", "Sighting")
	case strings.HasSuffix(op, "/consume"):
		return p.consume(r)
	case r.Method == "GET":
		return p.find(r)
	}
	return 404, `{"errors":["no such route"]}`
}

func (p *platform) consume(r request.Request) (int, string) {
	if p.down != 0 {
		if p.upAfter == 0 {
			return p.down, "<html>down</html>"
		}
		p.upAfter--
	}
	var items, out []map[string]any
	if err := json.Unmarshal(r.Body, &items); err != nil {
		return 400, `{"errors":["bad JSON"]}`
	}
	for _, it := range items {
		if body := p.poison[nameOf(it)]; body != "" {
			return 400, body
		}
	}
	for _, it := range items {
		row := p.store(it)
		if !p.silent[nameOf(it)] {
			out = append(out, row)
		}
	}
	slices.Reverse(out) // the order of the answer is not promised
	return 200, string(marshal(map[string]any{"data": out}))
}

func nameOf(it map[string]any) string {
	for _, field := range []string{"value", "title", "name"} {
		if s, ok := it[field].(string); ok {
			return s
		}
	}
	return ""
}

// store keeps an item under its name and type or time.
func (p *platform) store(it map[string]any) map[string]any {
	row := map[string]any{"existing": "N"}
	for _, field := range []string{"value", "title", "name"} {
		if s, ok := it[field].(string); ok {
			row[field] = p.respell(s)
		}
	}
	for _, field := range []string{"type_id", "happened_at"} {
		if v, ok := it[field]; ok {
			row[field] = v
		}
	}
	for _, have := range p.rows {
		if nameOf(have) == nameOf(row) && have["type_id"] == row["type_id"] && have["happened_at"] == row["happened_at"] {
			have["existing"] = "Y"
			return have
		}
	}
	p.nextID++
	row["id"] = p.nextID
	p.rows = append(p.rows, row)
	return row
}

// find serves GET /api/{collection}?value=a,b%&limit=&offset=.
func (p *platform) find(r request.Request) (int, string) {
	found := []map[string]any{}
	wanted := strings.Split(cmp.Or(query(r, "value"), query(r, "title"), query(r, "name")), ",")
	for _, row := range p.rows {
		if slices.ContainsFunc(wanted, func(w string) bool { return like(w, nameOf(row)) }) {
			found = append(found, row)
		}
	}
	offset, _ := strconv.Atoi(query(r, "offset"))
	limit, _ := strconv.Atoi(query(r, "limit"))
	page := found[min(offset, len(found)):min(offset+limit, len(found))]
	return 200, string(marshal(map[string]any{"total": len(found), "data": page}))
}
