package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// record is an item with the given fields changed; nil takes a field away.
func record(changes ...any) map[string]any {
	r := map[string]any{"id": "a1", "state": "ST_OPEN", "created": "2026-03-01T10:00:00Z", "updated": "2026-03-01T11:00:00.5Z"}
	for i := 0; i < len(changes); i += 2 {
		r[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(r, changes[i].(string))
		}
	}
	return r
}

func listOf(v ...any) []any { return v }

// mapped is the one record of a mapping with the given edits, which must not be dead.
func mapped(t *testing.T, r map[string]any, edits ...string) Mapped {
	t.Helper()
	m := newBench(t, edits...).mapper("pull").Map(r)
	if m.Dead != nil {
		t.Fatalf("dead: %s %s", m.Dead.Reason, m.Dead.Where)
	}
	return m
}

func attrs(o *Object) string {
	var out []string
	for _, a := range o.Attributes {
		out = append(out, fmt.Sprintf("%s=%s/%d", a.Name, a.Value, a.Mode))
	}
	return strings.Join(out, " ")
}

func TestMapFields(t *testing.T) {
	m := mapped(t, record("formats", listOf("x", "", "y"), "score", 0, "hosts", listOf("b.example", "a.example")))
	if m.Key != "a1" || !m.Cursor.Equal(at("11:00:00.5")) || m.Flow != "pull" || len(m.Objects) != 3 {
		t.Fatalf("%+v", m)
	}
	event, host := &m.Objects[0], &m.Objects[1]
	if event.Name != "Item a1" || event.Type != "OPEN" || event.Key != "a1" || !event.HappenedAt.Equal(at("10:00:00")) {
		t.Errorf("event %+v", event.Object)
	}
	if got, want := fmt.Sprint(event.Sources), "[{Feed }]"; got != want {
		t.Errorf("sources %s, want %s", got, want)
	}
	// in the order of the file, each with its mode; what is empty is left out, 0 is not
	if got, want := attrs(event), "Item ID=a1/2 State=Open/0 Score=0/0 Format=x/1 Format=y/1"; got != want {
		t.Errorf("attributes %s, want %s", got, want)
	}
	if host.Name != "b.example" || host.Type != "FQDN" || host.Status != "Review" || host.Key != "FQDN:b.example" || fmt.Sprint(host.RelatedTo) != "[0]" {
		t.Errorf("indicator %+v", host)
	}
}

func TestMapVariants(t *testing.T) {
	const title = `    title       = expr("'Item ' + string(item.id)")`
	for _, tc := range []struct {
		name  string
		in    map[string]any
		edits []string
		check func(Mapped) string
		want  string
	}{
		{"when false: no object", record(), []string{title, title + "\n when = expr(\"item.state != 'ST_OPEN'\")"},
			func(m Mapped) string { return fmt.Sprint(len(m.Objects)) }, "0"},
		{"when true", record("state", "ST_WORK"), []string{title, title + "\n when = expr(\"item.state != 'ST_OPEN'\")"},
			func(m Mapped) string { return fmt.Sprint(len(m.Objects)) }, "1"},
		{"for_each of null", record("hosts", nil), []string{"item?.hosts ?? []", "item?.hosts"},
			func(m Mapped) string { return fmt.Sprint(len(m.Objects)) }, "1"},
		{"for_each of events has the key that the mapping says", record("hosts", listOf("x", "y")), []string{title, "for_each = expr(\"item.hosts\")\n key = expr(\"item.id + '/' + each\")\n title = expr(\"each\")"},
			func(m Mapped) string { return m.Objects[0].Key + " " + m.Objects[1].Key }, "a1/x a1/y"},
		{"M01 an int above 2^53 keeps its digits", record("id", 9007199254740993), nil,
			func(m Mapped) string { return m.Key + " " + m.Objects[0].Name + " " + m.Objects[0].Attributes[0].Value },
			"9007199254740993 Item 9007199254740993 9007199254740993"},
		{"a cursor as a computed time", record(), []string{`expr("item.updated")`, `expr("time(item.updated)")`},
			func(m Mapped) string { return m.Cursor.Format(time.RFC3339Nano) }, "2026-03-01T11:00:00.5Z"},
		{"tlp and tags", record(), []string{title, title + "\n tlp = \"AMBER\"\n tags = expr(\"['one', item.state]\")"},
			func(m Mapped) string { return fmt.Sprint(m.Objects[0].Sources, m.Objects[0].Tags) }, "[{Feed AMBER}] [one ST_OPEN]"},
		{"the connector's tlp", record(), []string{`source = "Feed"`, "source = \"Feed\"\ntlp = \"GREEN\""},
			func(m Mapped) string { return fmt.Sprint(m.Objects[0].Sources) }, "[{Feed GREEN}]"},
		{"skipped", record("muted", true), nil, func(m Mapped) string { return m.Skipped }, "muted"},
		{"a skipped record makes nothing", record("muted", true, "created", nil), nil, func(m Mapped) string { return fmt.Sprint(len(m.Objects)) }, "0"},
		{"an event without cursor in a flow without one", record("updated", nil), []string{"      cursor  = expr(\"item.updated\")\n", ""},
			func(m Mapped) string { return fmt.Sprint(m.Cursor.IsZero(), len(m.Objects)) }, "true 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.check(mapped(t, tc.in, tc.edits...)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestMapDead(t *testing.T) {
	for _, tc := range []struct {
		name          string
		in            map[string]any
		edits         []string
		rule, key     string
		reason, where string // the text at the place where it points
	}{
		{"no key", record("id", nil), []string{`expr("item.id")`, `expr("item?.id")`}, "", "sha256:", "has no key", "expr("},
		{"an empty key", record("id", ""), nil, "", "sha256:", "has no key", "expr("},
		{"C19 U38 no cursor", record("updated", nil), []string{`expr("item.updated")`, `expr("item?.updated")`}, "", "a1", "the cursor: the value is null", "expr("},
		{"a cursor without zone", record("updated", "2026-03-01T11:00:00"), nil, "", "a1", "not an RFC 3339 instant", "expr("},
		{"a cursor that is a number", record("updated", 12), nil, "", "a1", "not an instant; convert a number with unix", "expr("},
		{"an instant without zone", record("created", "2026-03-01 10:00:00"), nil, "event.item", "a1", "not an RFC 3339 instant", "expr("},
		{"no happened_at", record("created", nil), []string{`expr("item.created")`, `expr("item?.created")`}, "event.item", "a1", "comes out without happened_at", "expr("},
		{"no title", record(), []string{`expr("'Item ' + string(item.id)")`, `expr("''")`}, "event.item", "a1", "comes out without title", "expr("},
		{"no type", record("hosts", listOf("x")), []string{`expr("len(each) > 20 ? 'Long' : 'FQDN'")`, `expr("item?.none")`}, "indicator.host", "a1", "comes out without type", "expr("},
		{"a field of nothing", record("state", nil), []string{`table.state.reverse(item.state) ?? 'OPEN'`, `item.state.name`}, "event.item", "a1", "null", "item.state.name"},
		{"M07 an unknown key of a table with default fail", record("state", "ST_ODD"),
			[]string{"  ignore_case = true\n", "  ignore_case = true\n  default = fail\n", `table.state.reverse(item.state) ?? 'OPEN'`, `table.state.lookup(item.state)`}, "event.item", "a1", "ST_ODD", "lookup("},
		{"skip cannot be decided", record(), []string{`item?.muted ?? false`, `item.loud.very`}, "", "a1", "null", "item.loud.very"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, tc.edits...)
			m := b.mapper("pull").Map(tc.in)
			if m.Dead == nil {
				t.Fatalf("it is mapped: %+v", m.Objects)
			}
			d := m.Dead
			if d.Rule != tc.rule || !strings.HasPrefix(d.Key, tc.key) || !strings.Contains(d.Reason, tc.reason) {
				t.Errorf("rule %q, key %q, reason %q; want %q, %q, %q", d.Rule, d.Key, d.Reason, tc.rule, tc.key, tc.reason)
			}
			if got := atPlace(t, b.text, d.Where); !strings.HasPrefix(got, tc.where) {
				t.Errorf("it points at %q (%s), want %q", got, d.Where, tc.where)
			}
			if len(m.Objects) != 0 || m.Hash != "" || !d.At.Equal(noon) || !strings.Contains(string(d.Input), `"state"`) && tc.in["state"] != nil {
				t.Errorf("objects %d, hash %q, at %s, input %s", len(m.Objects), m.Hash, d.At, d.Input)
			}
		})
	}
}

// atPlace is the text of a mapping from where a position such as m.hcl:12:3 begins.
func atPlace(t *testing.T, text, where string) string {
	t.Helper()
	var line, column int
	if _, err := fmt.Sscanf(where, "m.hcl:%d:%d", &line, &column); err != nil {
		t.Fatalf("no position: %q", where)
	}
	return strings.Split(text, "\n")[line-1][column-1:]
}

// Two records are the same only if they say the same and are mapped the same.
func TestMappedHash(t *testing.T) {
	base := mapped(t, record("hosts", listOf("h")))
	same := mapped(t, record("hosts", listOf("h")))
	if base.Hash != same.Hash || base.Hash == "" {
		t.Errorf("hashes %q and %q of one record", base.Hash, same.Hash)
	}
	for name, other := range map[string]Mapped{
		"a field that is not mapped":  mapped(t, record("hosts", listOf("h"), "unused", 1)),
		"another title":               mapped(t, record("hosts", listOf("h")), "'Item '", "'Thing '"),
		"a relation that is not made": mapped(t, record("hosts", listOf("h")), "    related    = [event.item]\n", ""),
	} {
		if other.Hash == base.Hash {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestContentHash(t *testing.T) {
	ab, ba := map[string]any{"a": 1, "b": []any{"x"}}, map[string]any{"b": []any{"x"}, "a": 1}
	if contentHash(ab) != contentHash(ba) {
		t.Error("the order of keys counts")
	}
	if contentHash(map[string]any{"at": noon}) != contentHash(map[string]any{"at": noon.UTC().Add(0)}) {
		t.Error("one instant has two hashes")
	}
	seen := map[string]any{}
	for _, v := range []any{
		1, "1", nil, math.NaN(), []any{math.NaN()}, math.Inf(1), map[string]any{"x": math.Inf(1)}, map[string]any{"x": math.Inf(-1)},
		noon, noon.Add(time.Nanosecond), time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(12027, 1, 1, 0, 0, 0, 0, time.UTC), 9007199254740993, 9007199254740992,
	} {
		h := contentHash(v)
		if other, ok := seen[h]; ok {
			t.Errorf("%v and %v have one hash", v, other)
		}
		seen[h] = v
	}
}

// What JSON cannot say is still kept in the letter.
func TestDeadLetterOfWhatHasNoJSON(t *testing.T) {
	d := newDeadLetter("", "", errNoKey, map[string]any{"x": math.NaN()}, noon)
	if _, err := code.Decode(d.Input); err != nil || !strings.Contains(string(d.Input), "NaN") {
		t.Errorf("input %s, %v", d.Input, err)
	}
}

// Many objects of one record are related in time that grows with their number.
func TestRelateMany(t *testing.T) {
	hosts := make([]any, 3000)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("h%d.example", i)
	}
	m := mapped(t, record("hosts", hosts))
	for _, o := range m.Objects[1:] {
		if fmt.Sprint(o.RelatedTo) != "[0]" {
			t.Fatalf("%s is related to %v", o.Name, o.RelatedTo)
		}
	}
	if m.Objects[0].Collection != threatq.Events || len(m.Objects) != 3001 {
		t.Errorf("%d objects", len(m.Objects))
	}
}
