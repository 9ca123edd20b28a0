package threatq

import (
	"slices"
	"testing"
	"time"
)

// Objects are found by what ThreatQ tells them apart by, and nothing is written.
func TestIdentify(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := newPlatform()
	c := NewClient(p, Options{})
	p.rows = []map[string]any{
		{"id": 1, "value": "bad.example", "type": "IP Address"}, {"id": 2, "value": "bad.example", "type": "FQDN"}, {"id": 3, "value": "other.example", "type": "FQDN"},
	}
	ids, err := c.Identify(t.Context(), Indicators, []*Object{{Name: " bad.example ", Type: "FQDN"}, {Name: "new.example", Type: "FQDN"}, {Name: "other.example", Type: "no such type"}})
	if err != nil || !slices.Equal(ids, []int64{2, 0, 0}) {
		t.Errorf("indicators %v, %v", ids, err)
	}
	p.rows = []map[string]any{
		{"id": 7, "title": "an ALERT", "happened_at": "2026-03-01 12:00:00"}, {"id": 8, "title": "an alert", "happened_at": "2026-03-01 12:00:01"},
	}
	ids, err = c.Identify(t.Context(), Events, []*Object{{Name: "an alert", HappenedAt: at.Add(time.Second)}, {Name: "An alert", HappenedAt: at}, {Name: "an alert", HappenedAt: at.Add(time.Hour)}})
	if err != nil || !slices.Equal(ids, []int64{8, 7, 0}) {
		t.Errorf("events %v, %v", ids, err)
	}
	for _, call := range p.calls {
		if call.Method != "GET" {
			t.Errorf("%s %s", call.Method, call.Path)
		}
	}
}
