package previewhtml

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"tqmap/dsl/prose"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func unmasked(s string) string { return s }

// page is one of each thing that a page shows.
func page() *Page {
	return &Page{
		Title: "Feed 1.0", Name: "feed", Mapping: "feed.hcl", Flows: []string{"pull"}, Source: "recorded in a.json",
		Clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Compared: true, Totals: map[string]int{"~": 1, "=": 1},
		Records: []Record{
			{
				Flow: "pull", Key: "a1", Used: []string{"name", "src.ip"},
				Raw: map[string]any{"name": "Bad <b>", "src": map[string]any{"ip": "10.0.0.1", "port": 1}, "list": []any{1, "x", nil, map[string]any{}}, "big": json.Number("9007199254740993")},
				Objects: []Object{
					{
						Kind: "event", Name: "Item a1", Type: "OPEN", Op: "~", ID: 7, Source: "Feed", TLP: "AMBER", Tags: []string{"t"}, Description: "what",
						Fields: []Field{{"happened at", "2026-03-01 10:00:00"}}, Attributes: []Field{{"Score", "7"}}, Relations: []Relation{{"indicator", "FQDN", "bad.example"}},
						Changes: []Change{{"~", "attribute", "Score", "5", "7"}, {"+", "tag", "", "", "t"}},
					},
					{Kind: "indicator", Name: "bad.example", Type: "FQDN", Hangs: true, Op: "="},
				},
			},
			{Flow: "pull", Key: "a2", Raw: "not an object", Letters: []Letter{{"event.item", "a2", "comes out without title", "feed.hcl:20,5-31", "TQ0001", []Field{{"item.title", "null"}}, "title", ""}}},
		},
		Skipped: []Skipped{{"pull", "muted", 3}},
		Unknown: []Unknown{{"state", "ST_NEW", 2}},
	}
}

func render(t *testing.T, p *Page, mask func(string) string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p, mask); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// own is what the page has of records and mapping: without the style and the script, which stand
// in files of their own.
func own(html string) string {
	html = strings.Replace(html, style, "…", 1)
	html = strings.Replace(html, script, "…", 1)
	return regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(html, "sha256-…&#39;")
}

func TestPageGolden(t *testing.T) {
	got := own(render(t, page(), unmasked))
	const golden = "testdata/page.html"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page is another one than %s (run with -update, and read the diff):\n%s", golden, got)
	}
	for range 5 {
		if own(render(t, page(), unmasked)) != got {
			t.Fatal("the same page is written in two ways")
		}
	}
}

// Whatever stands in a record, the page has the elements that its layout has.
func TestNothingBreaksOut(t *testing.T) {
	count := func(html string) (n int) {
		for _, tag := range []string{"<script", "</script", "<style", "<img", "<b>"} {
			n += strings.Count(strings.ToLower(html), tag)
		}
		return n
	}
	plain := Page{Title: "t", Skipped: []Skipped{{"f", "r", 1}}, Records: []Record{{Key: "k", Raw: map[string]any{"k": "v"}, Objects: []Object{{Kind: "event", Name: "n"}}, Letters: []Letter{{Reason: "r"}}}}}
	want := count(render(t, &plain, unmasked))
	for _, evil := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "]]>", "</title><img src=x onerror=alert(1)>", "\u2028</style>", `"'><b>`, "{{.}}", "\x00\x1b</SCRIPT >", "\xff\xfe",
	} {
		p := plain
		p.Title, p.Source, p.Mapping = evil, evil, evil
		p.Skipped = []Skipped{{evil, evil, 1}}
		p.Unknown = []Unknown{{"t", evil, 1}}
		p.Records = []Record{{
			Key: evil, Raw: map[string]any{evil: evil},
			Objects: []Object{{Kind: "event", Name: evil, Description: evil, Tags: []string{evil}, Attributes: []Field{{evil, evil}}, Changes: []Change{{"~", "field", evil, evil, evil}}}},
			Letters: []Letter{{evil, evil, evil, evil, evil, []Field{{evil, evil}}, evil, evil}},
		}}
		p.Totals = map[string]int{"~": 1}
		html := render(t, &p, unmasked)
		// The chips and lists that the page has more are of its own making.
		more := strings.Count(html, "<b>") - strings.Count(render(t, &plain, unmasked), "<b>")
		if got := count(html) - more; got != want {
			t.Errorf("%q breaks out: %d elements, want %d", evil, got, want)
		}
		var data []json.RawMessage
		_, rest, _ := strings.Cut(html, `id="data">`)
		text, _, _ := strings.Cut(rest, "</script>")
		if err := json.Unmarshal([]byte(text), &data); err != nil || len(data) != 1 {
			t.Errorf("%q: the data cannot be read: %v", evil, err)
		}
	}
}

// Everything that comes from outside passes the mask, before it is quoted and escaped.
func TestMasked(t *testing.T) {
	const secret = `s3cr"t<&>`
	p := page()
	p.Title, p.Source, p.Mapping, p.Name = secret, secret, secret, secret
	p.Skipped[0].Reason, p.Unknown[0].Key = secret, secret
	o := &p.Records[0].Objects[0]
	for _, text := range []*string{&o.Name, &o.Type, &o.Description, &o.Source, &o.Note, &o.Tags[0], &o.Fields[0].Value, &o.Attributes[0].Value, &o.Relations[0].Name, &o.Changes[0].Old, &o.Changes[0].New} {
		*text = "a " + secret
	}
	p.Records[0].Raw = map[string]any{"a": secret, "list": []any{secret}}
	p.Records[1].Key, p.Records[1].Letters[0].Reason, p.Records[1].Letters[0].Key = secret, secret, secret
	l := &p.Records[1].Letters[0]
	l.Values[0].Value, l.Field, l.Stage = secret, secret, secret
	mask := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, secret, "***"), strings.Trim(prose.JSON(secret), `"`), "***")
	}
	if html := render(t, p, mask); strings.Contains(html, "s3cr") {
		t.Errorf("a secret is in the page: %s", regexp.MustCompile(`.{60}s3cr.{60}`).FindString(html))
	}
	if o.Name != "a "+secret {
		t.Error("masking has changed the view")
	}
}

func TestRawLines(t *testing.T) {
	var got []string
	for _, l := range rawLines(page().Records[0].Raw, []string{"name", "src.ip", "list"}, unmasked) {
		mark := "  "
		if l.used {
			mark = "* "
		}
		text := l.text
		if l.key != "" {
			text = l.key + ": " + text
		}
		got = append(got, mark+strings.Repeat("  ", l.depth)+text)
	}
	want := `  {
    "big": 9007199254740993,
*   "list": [
*     1,
*     "x",
*     null,
*     {}
*   ],
*   "name": "Bad <b>",
    "src": {
*     "ip": "10.0.0.1",
      "port": 1
    }
  }`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestUsed(t *testing.T) {
	flow := `key = expr("alert.id") a = expr("alert?.src?.ip + alert['a b'].c + x.alert_y + alerting.no + alert.list[0].name + alert")`
	want := []string{"a b.c", "id", "list.name", "src.ip"}
	if got := Used(flow, "alert"); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A page without a record, and one of very many, can be written.
func TestSizes(t *testing.T) {
	if html := render(t, &Page{Title: "t"}, unmasked); !strings.Contains(html, `id="data">[]<`) {
		t.Error("no records are no empty list")
	}
	p := &Page{Title: "t"}
	for range 2000 {
		p.Records = append(p.Records, Record{Key: "k", Letters: []Letter{{Key: "k", Reason: "r"}}})
	}
	html := render(t, p, unmasked)
	if n := strings.Count(html, `data-record=`); n != maxListed || !strings.Contains(html, "and 1900 more") {
		t.Errorf("%d letters are listed", n)
	}
}

func TestNamed(t *testing.T) {
	for want, of := range map[string]struct {
		kind string
		n    int
	}{"event": {"event", 1}, "events": {"event", 2}, "adversaries": {"adversary", 2}, "malware": {"malware", 2}, "courses of action": {"course_of_action", 2}, "attack patterns": {"attack_pattern", 0}} {
		if got := Named(of.kind, of.n); got != want {
			t.Errorf("%d %s are called %s, want %s", of.n, of.kind, got, want)
		}
	}
}
