package dsl_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tqmap/dsl"
	"tqmap/engine"
)

const filesMapping = `connector "m" {
  title  = "M"
  source = "M"
}
locals { path = "/list" }
client "api" { base_url = "https://api.example" }
flow "pull" {
  source "http" {
    client = client.api
    request { path = local.path }
  }
  record "item" {
    extract = jq(".[]")
    key     = expr("item.id")
    samples = "samples/../samples/item_*.json"
  }
  malware "item" { value = expr("item.name") }
}
test "one" {
  flow      = flow.pull
  responses = ["answers/one.json", "samples/item_1.json"]
}
test "two" {
  flow      = flow.pull
  recording = "recorded/two.recording"
}
test "three" {
  flow = flow.pull
  exchange {
    request { path = "/list" }
    response { file = "answers/three.json" }
  }
  exchange {
    request { path = "/list" }
    response { json = [] }
  }
}
`

func loadFiles(t *testing.T, text string) *dsl.Mapping {
	t.Helper()
	one := &fstest.MapFile{Data: []byte(`[{"id": 1, "name": "x"}]`)}
	m, _ := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}, "samples/item_1.json": one, "answers/one.json": one}, Names: []string{"m.hcl"}}, engine.Vocabulary())
	return m
}

func TestBeside(t *testing.T) {
	m := loadFiles(t, filesMapping)
	if got := m.Beside(); !slices.Equal(got, []string{"answers/one.json", "answers/three.json", "recorded/two.recording", "samples/item_*.json", "samples/item_1.json"}) {
		t.Errorf("%q", got)
	}
	for _, broken := range []string{"", "flow \"pull\" {", strings.Replace(filesMapping, `"samples/../samples/item_*.json"`, "param.none", 1),
		strings.Replace(filesMapping, `"answers/three.json"`, "now", 1), strings.Replace(filesMapping, "response {", "answer {", 1), strings.Replace(filesMapping, `"recorded/two.recording"`, "[1]", 1)} {
		loadFiles(t, broken).Beside() // must not fail
	}
}

func TestText(t *testing.T) {
	m := loadFiles(t, filesMapping)
	f := m.Flow("pull")
	want := "source \"http\" {\n    client = client.api\n    request { path = local.path }\n  }"
	if got := m.BlockText(f.Source); got != want {
		t.Errorf("the source is\n%s", got)
	}
	if got := m.BlockText(m.Clients[0].Node); got != `client "api" { base_url = "https://api.example" }` {
		t.Errorf("the client is %s", got)
	}
	if got := m.BlockText(nil); got != "" {
		t.Errorf("nothing is %q", got)
	}
	for _, part := range []string{want, `path = "/list"`, `base_url = "https://api.example"`} {
		if got := m.ReadingText(f); !strings.Contains(got, part) {
			t.Errorf("%s does not decide what is read:\n%s", part, got)
		}
	}
	if got := m.ReadingText(f); strings.Contains(got, "attribute") || strings.Contains(got, "key =") {
		t.Errorf("what is made of records decides what is read:\n%s", got)
	}
}
