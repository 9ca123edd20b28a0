package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// endless answers for a library of members with malware, without holding any of it.
type endless struct{ members, each int }

func (e endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	rows, total := []any{}, 0
	switch r.URL.Path {
	case "/api/search/query":
		rows = append(rows, map[string]any{"id": 1, "name": "Main", "json": json.RawMessage(`{"api_query":{"criteria":{},"filters":{}}}`)})
	case "/api/objects":
		rows = append(rows, map[string]any{"name": "indicator", "collection": "indicators"}, map[string]any{"name": "malware", "collection": "malware"})
	case "/api/indicators/query":
		offset, _ := strconv.Atoi(q.Get("offset"))
		limit, _ := strconv.Atoi(q.Get("limit"))
		for i := offset; i < min(e.members, offset+limit); i++ {
			rows = append(rows, map[string]any{"id": i + 1, "value": fmt.Sprint("h", i), "type": "FQDN", "related_malware_count": e.each, "related_indicator_count": 0})
		}
		total = e.members
	default:
		for text := range strings.SplitSeq(q.Get("id"), ",") {
			id, _ := strconv.Atoi(text)
			row := map[string]any{"id": id, "value": fmt.Sprint("object ", id), "description": strings.Repeat("long ", 200)}
			var linked []any
			for i := range e.each {
				linked = append(linked, map[string]any{"id": (id-1)*e.each + i + 1, "value": fmt.Sprint("object ", i), "created_at": "2026-01-02 03:04:05"})
			}
			if strings.HasSuffix(r.URL.Path, "indicators") {
				row["malware"] = linked
			}
			rows = append(rows, row)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total": max(total, len(rows)), "data": rows})
}

// held reads the members and all that is related, and returns the most bytes that lived while
// related objects came, above those before, and how many records there were.
func (e endless) held(t testing.TB) (most uint64, records int) {
	tt, _ := t.(*testing.T)
	r := runOver(tt, e, nil, "page_size   = 3", "page_size = 1000\ndepth = 1")
	src, err := r.source(context.Background(), r.Bound.Flows[0], &FlowReport{})
	if err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, pages := live(), 0
	err = src.read(context.Background(), Window{Span: Span{End: noon.Add(time.Hour)}}, func(b *batch) error {
		records += len(b.records)
		if pages++; pages%20 == 0 {
			most = max(most, live()-min(before, live()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return most, records
}

// Ids are held, and no objects: these would be a kilobyte each and more.
func TestRelatedAreNotHeld(t *testing.T) {
	most, records := endless{members: 5000, each: 10}.held(t)
	if records != 55_000 {
		t.Fatalf("%d records", records)
	}
	t.Logf("%d KiB for %d records", most>>10, records)
	if perObject := most / 50_000; perObject > 150 {
		t.Errorf("%d bytes are held for each related object", perObject)
	}
}
