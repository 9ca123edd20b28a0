package darktrace

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The samples that the mapping is checked against are answers of the simulator: one
// record of each shape.
func TestSamplesOfTheMapping(t *testing.T) {
	s := start(t, Options{Incidents: len(incidentShapes), Breaches: len(breachShapes), Epoch: epoch, Span: 11 * time.Hour, FQDN: "darktrace.sandbox.test"})
	const whole = "?endtime=1715700000000&includeacknowledged=true&starttime=1713000000000"
	for name, target := range map[string]string{
		"incidentevents_shapes.json": "/aianalyst/incidentevents?endtime=1715700000000&includeacknowledged=true&includeallpinned=true&starttime=1713000000000",
		"incidentevents_link.json":   "/aianalyst/incidentevents?includeincidenteventurl=true&uuid=" + s.Incidents()[0]["id"].(string),
		"modelbreaches_shapes.json":  "/modelbreaches" + whole + "&creationtime=true",
		"modelbreaches_one.json":     "/modelbreaches?historicmodelonly=true&includebreachurl=true&pbid=40001",
	} {
		path := filepath.Join("..", "..", "mappings", "testdata", "darktrace", name)
		got := []byte(s.get(target).body + "\n")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the simulator answers (%v); run go test ./examples/darktrace -update", name, err)
		}
	}
}
