package examples_test

import (
	"fmt"
	"strings"
	"testing"
)

const relator = `
connector "relator" {
  title  = "Relator"
  source = "Relator"
}
param "url" { type = string }
param "collections" { type = string }
param "depth" {
  type    = number
  default = 0
}
client "api" { base_url = param.url }
flow "relate" {
  source "threatq" {
    collections = [param.collections]
    depth       = param.depth
    SOURCE
  }
  record "object" {
    key = expr("object.object + ' ' + string(object.id)")
    skip "retired" { when = expr("object.status in ['Whitelisted', 'Expired']") }
  }
  sink "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/object"
      json = {
        key     = expr("object.object + ' ' + string(object.id)")
        depth   = expr("object.depth")
        related = expr("map(object.related, .object + ' ' + string(.id))")
        label   = expr("object.value")
        tlp     = expr("len(object.sources) > 0 ? object.sources[0].tlp : nil")
        first   = expr("len(object.related) > 0 ? object.related[0].created_at : nil")
      }
    }
  }
}
`

// The whole way, with a login: what is related to a data collection of the stock.
func TestRelationsAgainstTheLibrary(t *testing.T) {
	b := newBlocker(t, 300)
	b.mapping = relator
	before := -1
	for depth, kinds := range []string{"indicator", "adversary attack_pattern campaign indicator malware report", "", ""} {
		f, sent := b.send(map[string]string{"collections": "Watch List", "depth": fmt.Sprint(depth)}, ``)
		if f.Error != "" || len(f.Notes) > 0 || len(sent) != f.Fetched-f.Skipped || len(sent) <= before {
			t.Fatalf("depth %d: %+v, %d sent after %d", depth, f, len(sent), before)
		}
		before = len(sent)
		met, level, labels := map[string]bool{}, 0.0, 0
		of := map[string]map[any]bool{}
		for _, o := range sent {
			kind, _, _ := strings.Cut(o["key"].(string), " ")
			if at := o["depth"].(float64); at < level || of[o["key"].(string)] != nil {
				t.Errorf("depth %d: %v comes again, or after one of level %v", depth, o, level)
			} else if level = at; at > 0 && o["tlp"] != nil {
				labels++
			}
			met[kind], of[o["key"].(string)] = true, map[any]bool{}
			for _, to := range o["related"].([]any) {
				of[o["key"].(string)][to] = true
			}
		}
		for _, kind := range strings.Fields(kinds) {
			if !met[kind] {
				t.Errorf("depth %d: no %s among %v", depth, kind, met)
			}
		}
		if depth == 0 && (len(met) > 1 || f.Fetched != 60) || depth > 0 && labels == 0 {
			t.Errorf("depth %d: %v, %d of the related with a label", depth, met, labels)
		}
		if depth > 1 && !of["malware 1"]["tool 2"] && !of["tool 2"]["malware 1"] {
			t.Errorf("depth %d: nobody tells that malware 1 and tool 2 are linked", depth)
		}
	}
	if f, sent := b.send(map[string]string{"collections": "Watch List", "depth": "4"}, ``); f.Err == nil || len(sent) > 0 || !strings.Contains(f.Error, "Depth out of range") {
		t.Errorf("%+v", f)
	}
	// The links cannot be read: what was sent stands, the run says that it is not whole.
	f, sent := b.send(map[string]string{"collections": "Watch List", "depth": "1"}, ``, "truncate:GET /api/malware:-1")
	if f.Err == nil || !strings.Contains(f.Error, "related objects (malware)") || len(sent) == 0 {
		t.Errorf("%+v", f)
	}
}
