package threatq

import (
	"encoding/json"
	"fmt"
	"testing"
)

// BenchmarkReadPage decodes a page of events as a list with parts answers it.
func BenchmarkReadPage(b *testing.B) {
	var rows []any
	for i := range 200 {
		var attrs []any
		for j := range 15 {
			name := fmt.Sprint("Attribute ", j)
			attrs = append(attrs, map[string]any{
				"id": i*15 + j, "event_id": i, "attribute_id": j, "name": name, "value": fmt.Sprintf("value %d of %d", j, i),
				"attribute":  map[string]any{"id": j, "name": name, "created_at": "2024-05-01 10:00:00", "updated_at": "2024-05-01 10:00:00"},
				"created_at": "2024-05-01 10:00:00", "updated_at": "2024-05-01 10:00:00", "touched_at": "2024-05-01 10:00:00",
			})
		}
		rows = append(rows, map[string]any{
			"id": i + 1, "title": fmt.Sprint("Event ", i), "type": map[string]any{"id": 3, "name": "Incident"}, "happened_at": "2024-05-01 10:00:00",
			"touched_at": "2024-05-01 10:00:00", "attributes": attrs, "sources": []any{map[string]any{"id": 1, "name": "Feed"}}, "tags": []any{},
		})
	}
	body, err := json.Marshal(map[string]any{"total": 200, "data": rows})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := decodeAnswer(body)
		if err != nil || len(objects(Events, a.rows())) != 200 {
			b.Fatal(err)
		}
	}
}
