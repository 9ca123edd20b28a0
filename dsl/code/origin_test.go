package code

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func placesRead(paths []Path) string {
	var out []string
	for _, p := range paths {
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}

// The record is an element of the answer's alerts.
func TestExprOrigins(t *testing.T) {
	record := From("alerts", "[]").WithMember("family", computed("label", From("alerts", "[]", "name")))
	env := Env{"alert": {}, "each": {}, "param": {}, "local": {}, "now": {}, "table": ObjectOf(map[string]Shape{
		"level": ObjectOf(map[string]Shape{
			"lookup":  {Kind: Function, Func: func(any) (any, error) { return nil, nil }},
			"reverse": {Kind: Function, Func: func(any) (any, error) { return nil, nil }},
		}),
	})}
	for _, c := range []struct{ expr, reads, more string }{
		{"alert.severity", "alerts[].severity", "plain"},
		{"alert?.a?.b", "alerts[].a.b", "plain"},
		{"alert['two words']", "alerts[][two words]", "plain"},
		{"alert.items[0].ip", "alerts[].items[].ip", "plain"},
		{"'fixed'", "", "plain=false fixed"},
		{"alert.a ?? alert.b", "alerts[].a alerts[].b", ""},
		{"alert.on ? alert.a : alert.b", "alerts[].a alerts[].b alerts[].on", ""},
		{"map(alert.items, .ip)", "alerts[].items[].ip", ""},
		{"map(alert.items, #.ip)", "alerts[].items[].ip", ""},
		{"filter(alert.items, .up)", "alerts[].items alerts[].items[].up", ""},
		{"pluck(alert.items, 'name')", "alerts[].items[].name", ""},
		{"get(alert.inner, 'name')", "alerts[].inner.name", ""},
		{"attribute_values(alert.attributes, 'Severity')", "alerts[].attributes[Severity]", ""},
		{"flatten(map(alert.items, [.ip, .host]))", "alerts[].items[].ip alerts[].items[].host", ""},
		{"unique(compact(map(alert.items, lower(.ip))))", "alerts[].items[].ip", "calls lower"},
		{"table.level.lookup(alert.severity)", "alerts[].severity", "tables level"},
		{"table.level.reverse(alert.severity) ?? 'none'", "alerts[].severity", "tables level.reverse"},
		{"alert.family", "alerts[].name", "plain calls label"},
		{"let x = alert.a; x.b", "alerts[].a.b", ""},
		{"param.status", "$param.status", "plain"},
		{"alert[param.field]", "alerts[].<field> $param.field", ""},
		{"{a: alert.x, b: alert.y}", "alerts[].x alerts[].y", ""},
		{"{a: alert.x, b: alert.y}.b", "alerts[].y", ""},
		{"first_of(alert.a, alert.b)", "alerts[].a alerts[].b", ""},
		{"each.type", "found[].type", "plain"},
		{"alert.a | lower() | trim()", "alerts[].a", "calls lower,trim"},
		{"len(alert.items) > 0", "alerts[].items", "calls len"},
		{"any(alert.items, .up)", "alerts[].items alerts[].items[].up", "calls any"},
	} {
		e, diags := CompileExpr(Literal(c.expr), env)
		if diags.HasErrors() {
			t.Errorf("%s: %s", c.expr, diags)
			continue
		}
		got := e.Origins(map[string]Origin{"alert": record, "each": From("found", "[]")})
		if s := placesRead(got.Reads); s != c.reads {
			t.Errorf("%s reads %q, want %q", c.expr, s, c.reads)
		}
		said := fmt.Sprintf("plain=%v tables %s calls %s fixed=%v", got.Plain, strings.Join(got.Value.Tables, ","), strings.Join(got.Value.Calls, ","), got.Fixed)
		want := "plain=" + fmt.Sprint(strings.HasPrefix(c.more, "plain") && !strings.HasPrefix(c.more, "plain=")) +
			" tables " + after(c.more, "tables ") + " calls " + after(c.more, "calls ") + " fixed=" + fmt.Sprint(strings.HasSuffix(c.more, "fixed"))
		if said != want {
			t.Errorf("%s is %s, want %s", c.expr, said, want)
		}
	}
}

func after(text, word string) string {
	_, rest, _ := strings.Cut(text, word)
	rest, _, _ = strings.Cut(rest, " ")
	return rest
}

func TestExprOutline(t *testing.T) {
	for text, want := range map[string]string{
		"cut('Alert ' + string(each.id) + ': ' + first_of(each.reason, each.kind), 9)": "Alert <id>: <reason>",
		"'/items/' + url_encode(each.id) + '/close'":                                   "/items/<id>/close",
		"'/a/' + last(split(each.id, '/'))":                                            "/a/<id>",
		"'/fixed'":                                                                     "/fixed",
		"'/a/' + (each.x.y == 1 ? 'b' : 'c') + '/' + string(1)":                        "/a/<y>/<…>",
	} {
		e, diags := CompileExpr(Literal(text), Env{"each": {}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := e.Outline(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestJQOrigins(t *testing.T) {
	for _, c := range []struct{ jq, member, places string }{
		{".alerts[]", "id", "alerts[].id"},
		{".", "id", "id"},
		{".data.items[]?", "id", "data.items[].id"},
		{".alerts // [] | .[]", "id", "alerts[].id"},
		{`if type == "array" then .[] else . end`, "id", "[].id id"},
		{".alerts[] | select(.up)", "id", "alerts[].id"},
		{".alerts[] | {a: null, b: null} + .", "a", "alerts[].a"},
		{".alerts[] | . + {score: (.severity | tonumber? // null)}", "score", "alerts[].severity"},
		{".alerts[] | . + {score: (.severity | tonumber? // null)}", "id", "alerts[].id"},
		{".alerts[] | . + {pkt: ({src: null} + (.pkt // {}))}", "pkt.src", "alerts[].pkt.src"},
		{".alerts[] | {id, name: .title}", "name", "alerts[].title"},
		{".alerts[] | {id, name: .title}", "id", "alerts[].id"},
		{".at as $at | .alerts[] | {at: $at}", "at", "at"},
		{".alerts[] | .shown = (.name | ascii_downcase)", "shown", "alerts[].name"},
		{"def once: reduce .[] as $x ([]; if any(.[]; . == $x) then . else . + [$x] end); .alerts | once | .[]", "id", "alerts[].id"},
		{"def up(f): map(f | ascii_upcase); .alerts[] | {hosts: (.devices | up(.host))}", "hosts", "alerts[].devices[].host"},
		{".alerts[] | {ips: [.devices[] | .ip, .host]}", "ips", "alerts[].devices[].ip alerts[].devices[].host"},
		{`.alerts[] | {link: "x/\(.id)/\(.group)"}`, "link", "alerts[].id alerts[].group"},
		{"def f: f; .alerts[] | {x: (.y | f)}", "x", "alerts[].y"},
		{".alerts[] | [.. | strings] as $texts | {texts: $texts}", "texts", "alerts[]"},
		{"$param.x | {y: .}", "y", "$param.x"},
		{`.alerts[] | {on: (.up | if type == "boolean" then {"true": "Yes", "false": "No"}[tostring] else null end)}`, "on", "alerts[].up"},
		{`.alerts[] | {on: (if .up then "Yes" else "No" end)}`, "on", "alerts[].up"},
		{"def deep: if .inner then .inner | deep else .text end; .alerts[] | {text: deep}", "text", "alerts[].text alerts[].inner"},
	} {
		q, diags := CompileJQ(Literal(c.jq), []string{"param"})
		if diags.HasErrors() {
			t.Errorf("%s: %s", c.jq, diags)
			continue
		}
		o := q.Origins(From())
		for _, name := range strings.Split(c.member, ".") {
			o = o.Member(name)
		}
		if got := placesRead(o.Places()); got != c.places {
			t.Errorf("%s: %s comes from %q, want %q", c.jq, c.member, got, c.places)
		}
	}
}

// What is put together of the same again and again is followed within bounds.
func TestTraceOfWhatDoubles(t *testing.T) {
	for _, text := range []string{
		"def f: .a, .b; ." + strings.Repeat(" | f", 60),
		"." + strings.Repeat(" | {a: ., b: .}", 60),
		"." + strings.Repeat(" | [., .]", 60),
		"." + strings.Repeat(" | (. + {a: .}) | (.a + .)", 60),
		"." + strings.Repeat(" | (.a // .b)", 60),
	} {
		q, diags := CompileJQ(Literal(text), nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := q.Origins(From()).Places(); len(got) > maxPlaces {
			t.Errorf("%d places", len(got))
		}
	}
	text := ""
	for i := range 60 {
		before := fmt.Sprintf("v%d", i-1)
		if i == 0 {
			before = "alert"
		}
		text += fmt.Sprintf("let v%d = {a: %s, b: [%s, %s.c]}; ", i, before, before, before)
	}
	e, diags := CompileExpr(Literal(text+"v59"), Env{"alert": {}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := e.Origins(nil).Reads; len(got) == 0 || len(got) > maxPlaces {
		t.Errorf("%d places", len(got))
	}
}

// Programs whose functions double the work with each level end, too.
func TestJQOriginsEnds(t *testing.T) {
	text := "def f0: .a;"
	for i := range 30 {
		text += fmt.Sprintf(" def f%d: f%d, f%d;", i+1, i, i)
	}
	q, diags := CompileJQ(Literal(text+" f30"), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := q.Origins(From()).Places(); !slices.ContainsFunc(got, func(p Path) bool { return len(p) <= 1 }) {
		t.Errorf("traced to %s", placesRead(got))
	}
}

func TestExprWords(t *testing.T) {
	for _, c := range []struct {
		text, words string
		only        bool
	}{
		{"alert.a == 1 ? 'one' : alert.a == 2 ? 'two' : 'more'", "one two more", true},
		{"alert.a ?? 'none'", "none", false},
		{"alert.a ? 'yes' : nil", "yes", true},
		{"alert.a", "", false},
		{"'a' + alert.b", "", false},
	} {
		e, diags := CompileExpr(Literal(c.text), Env{"alert": {}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		words, only := e.Words()
		if got := strings.Join(words, " "); got != c.words || only != c.only {
			t.Errorf("%s: %q %v, want %q %v", c.text, got, only, c.words, c.only)
		}
	}
}
