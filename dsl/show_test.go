package dsl

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shownMapping has values of every degree of being known before a run.
func shownMapping(t *testing.T, request string) *Mapping {
	t.Helper()
	m, diags := load("base.hcl", `connector "c" {
  title  = "C"
  source = "C"
}
param "host" {
  type     = string
  required = true
}
param "secret" {
  type      = string
  sensitive = true
}
param "n" {
  type    = number
  default = 4
}
param "none" { type = string }
table "t" {
  default = keep
  rows = {
    "a" = "x"
    "b" = "x"
    "c" = "z"
  }
  reverse = { "x" = "b" }
}
client "api" { base_url = "https://${param.host}/${param.secret}" }
flow "f" {
  source "web" {
    client = client.api
    request {
`+request+`
    }
    window {
      initial = "1d"
    }
  }
  record "r" { key = expr("r.id") }
  event "e" {
    type        = expr("table.t.lookup(r.a)")
    title       = expr("param.none ?? r.b")
    happened_at = expr("r.c")
    attributes = {
      "A" = fixed(expr("r.d   +   r.e"))
      "B" = "${param.n} is ${param.host}"
    }
  }
}
`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return m
}

func TestShow(t *testing.T) {
	m := shownMapping(t, `
      method = "POST"
      path   = "/x/${window.start}/${param.n}"
      query = {
        since = window.start
        n     = param.n
        none  = param.none
        list  = ["a", param.n]
        who   = "${param.secret}!"
        when  = window.start == null ? "all" : window.end
      }
      json = { a = [1, window.end, "t ${window.end}"], (param.host) = { b = null, c = true } }`)
	s, errs := m.Sketch(flags(map[string]string{"secret": "hunter2hunter2"}), clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := m.Flows[0].Source.Block("request").Read(s.Scope)
	got := []string{r.Show("path"), r.ShowJSON("json"), r.Show("method"), r.Show("body")}
	for _, p := range r.ShowPairs("query") {
		got = append(got, p.Name+" = "+p.Value)
	}
	event := m.Flows[0].Rules[0].Node.Read(s.Scope)
	got = append(got, event.Show("type"), fmt.Sprint(event.ShowPairs("attributes")), fmt.Sprint(event.Modes("attributes")))
	got = append(got, m.Clients[0].Node.Read(s.Scope).Show("base_url"))
	want := []string{
		"/x/<window.start>/4", `{"a": [1, <window.end>, "t <window.end>"], "<host>": {"b": null, "c": true}}`, "POST", "",
		"since = <window.start>", "n = 4", "list = a, 4", "who = <secret>!", `when = <window.start == null ? "all" : window.end>`,
		"<table.t.lookup(r.a)>", "[{A <r.d + r.e>} {B 4 is <host>}]", "map[A:fixed]", "https://<host>/<secret>",
	}
	for i := range got {
		got[i] = s.Say(got[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetting(t *testing.T) {
	m := shownMapping(t, `path = "/"`)
	s, errs := m.Sketch(flags(map[string]string{"secret": "hunter2hunter2", "none": "some"}), clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	got := map[string]string{}
	for _, p := range m.Params {
		value, origin := s.Setting(p)
		got[p.Name] = value + " from " + origin
	}
	want := map[string]string{"host": " from ", "secret": "(set, not shown) from --param", "n": "4 from default", "none": "some from --param"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFind(t *testing.T) {
	m := shownMapping(t, `path = "/"`)
	tests := []struct {
		key  any
		back bool
		want string
	}{
		{"a", false, "a = x line 21"},
		{"c", false, "c = z line 23"},
		{"q", false, "keep line 19"},
		{"x", true, "b = x line 22"},
		{"z", true, "c = z line 23"},
		{"q", true, "none line 18"},
		{nil, false, "no look-up"},
	}
	for _, tt := range tests {
		hit, ok := m.Find("t", tt.key, tt.back)
		got := fmt.Sprintf("%s line %d", hit.Default, hit.At.Start.Line)
		if hit.Row != nil {
			got = fmt.Sprintf("%s = %s line %d", hit.Row.Key, hit.Row.Value, hit.At.Start.Line)
		}
		if !ok {
			got = "no look-up"
		}
		if got != tt.want {
			t.Errorf("%v, back %v: %s, want %s", tt.key, tt.back, got, tt.want)
		}
	}
	if _, ok := m.Find("other", "a", false); ok {
		t.Error("found in a table that is not there")
	}
}
