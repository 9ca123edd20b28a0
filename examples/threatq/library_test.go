package threatq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFileKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd #name?%.db")
	first := start(t, Options{Path: path, Custom: []CustomObject{{Code: "imei", Name: "IMEI"}, {Code: "card", Name: "Card"}}})
	first.do(201, "POST", "/api/event/types", `{"name":"CLOSED"}`)
	first.do(200, "POST", "/api/events/consume", batch(0, 40))
	first.do(201, "POST", "/api/card", `{"value":"c"}`)
	first.do(201, "POST", "/api/malware", `{"value":"m"}`)
	first.do(204, "DELETE", "/api/malware/1", nil)
	before := first.get("/api/events/40/details")
	if err := first.lib.Close(); err != nil {
		t.Fatal(err)
	}
	first.do(503, "GET", "/api/objects", nil)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v; want mode 0600", info, err)
	}

	second := start(t, Options{Path: path, Custom: []CustomObject{{Code: "card", Name: "Card"}, {Code: "imei", Name: "IMEI"}}})
	after := second.get("/api/events/40/details")
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("event before %v\nand after %v", before, after)
	}
	want(t, second.get("/api/card/1"), "c", "data", "value")
	want(t, second.get("/api/imei"), 0, "total")
	want(t, second.get("/api/event/types?name=CLOSED"), 15, "data", 0, "id")
	want(t, second.do(201, "POST", "/api/malware", `{"value":"n"}`), 2, "data", "id")
	want(t, second.do(200, "POST", "/api/events/consume", batch(39, 2)), 41, "data", 1, "id")
	length(t, second.get("/api/events/40/attributes"), 16, "data")
}

func TestSideFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "library.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b := start(t, Options{Path: path})
	b.do(201, "POST", "/api/malware", `{"value":"m"}`)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v; want the database and its log", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(garbage, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(garbage, []byte("this is no database, only a text that is long enough to look at"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"no folder":         {Path: filepath.Join(t.TempDir(), "none", "x.db")},
		"no database":       {Path: garbage},
		"custom code taken": {Custom: []CustomObject{{Code: "malware"}}},
		"custom code empty": {Custom: []CustomObject{{}}},
		"type twice":        {IndicatorTypes: []Type{{1, "A", ""}, {2, "a", ""}}},
		"status twice":      {IndicatorStatuses: []Status{{ID: 1, Name: "A"}, {ID: 1, Name: "B"}}},
	} {
		if l, err := Open(context.Background(), o); err == nil {
			t.Errorf("%s: opened", name)
			_ = l.Close()
		}
	}
}

func TestCloseTwice(t *testing.T) {
	l, err := Open(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.Counts(context.Background()); !errors.Is(err, errClosed) {
		t.Errorf("counts of a closed library: %v", err)
	}
}

func TestManyWriters(t *testing.T) {
	b := start(t, Options{Path: filepath.Join(t.TempDir(), "library.db")})
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := range 5 {
				response, text, err := b.raw("POST", "/api/events/consume", batch((w%4)*50+i*10, 10))
				if err != nil || response.StatusCode != 200 {
					t.Errorf("writer %d: %s, %v", w, text, err)
				}
				b.lib.Journal()
			}
		})
	}
	group.Wait()
	counts, err := b.lib.Counts(t.Context())
	if err != nil || counts["events"] != 200 || counts["indicators"] != 400 {
		t.Errorf("counts %v, %v", counts, err)
	}
	length(t, b.get("/api/events/7/attributes"), 16, "data")
}

func TestRefusedBatchLeavesNothingBehind(t *testing.T) {
	b := start(t, Options{})
	b.do(400, "POST", "/api/malware/consume", `[
		{"value":"a","attributes":[{"name":"Rare","value":"1"}],"sources":[{"name":"Gone"}],"tags":["t"]},{"value":""}]`)
	want(t, b.get("/api/malware"), 0, "total")
	added := b.do(201, "POST", "/api/malware", `{"value":"b","attributes":[{"name":"Rare","value":"1"},{"name":"Other","value":"1"}],"sources":[{"name":"Gone"}]}`)["data"]
	want(t, added, 1, "id")
	want(t, added, "Rare", "attributes", 0, "attribute", "name")
	want(t, added, "Gone", "sources", 0, "name")
	length(t, added, 2, "attributes")
}
