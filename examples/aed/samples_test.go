package aed

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the samples of the mapping")

// The samples that the mapping is checked against are answers of the simulator: one alert of
// each shape.
func TestSamplesOfTheMapping(t *testing.T) {
	s := start(t, Options{Alerts: len(shapes), Span: 17 * time.Hour})
	path := filepath.Join("..", "..", "mappings", "testdata", "netscout_aed", "alerts_shapes.json")
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(s.get("/api/aed/v3/alerts/?perPage=0&sort=startTime&direction=asc").body), "", " "); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the sample is not what the simulator answers (%v); run go test ./examples/aed -update", err)
	}
}
