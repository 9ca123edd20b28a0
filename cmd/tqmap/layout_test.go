package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rank says which packages may import which: only those of a lower rank.
var rank = []string{"tqmap/dsl", "tqmap/engine", "tqmap/runtime", "tqmap/cmd"}

func rankOf(path string) int {
	for i, p := range rank {
		if path == p || strings.HasPrefix(path, p+"/") {
			return i
		}
	}
	return -1
}

// Imports run one way: cmd -> runtime -> engine -> dsl. Simulators share nothing
// with the client they test.
func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "tqmap/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	seen := 0
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		for _, imp := range p.Imports {
			if own := rankOf(p.ImportPath); own >= 0 && rankOf(imp) > own {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
			if strings.HasPrefix(p.ImportPath, "tqmap/examples") && rankOf(imp) >= 0 {
				t.Errorf("%s, a simulator, imports %s", p.ImportPath, imp)
			}
			if rankOf(p.ImportPath) >= 0 && rankOf(p.ImportPath) < 3 && strings.HasPrefix(imp, "tqmap/examples") {
				t.Errorf("%s imports %s, a simulator", p.ImportPath, imp)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d packages listed", seen)
	}
}

// cmd/show makes text of data: it reads and writes nothing, and knows no flags.
func TestWhatIsPrintedIsMadeOfData(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{range .Imports}}{{println .}}{{end}}`, "tqmap/cmd/show").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, imp := range strings.Fields(string(out)) {
		seen++
		ours := strings.HasPrefix(imp, "tqmap/runtime") && imp != "tqmap/runtime/state" || strings.HasPrefix(imp, "tqmap/cmd")
		if ours || imp == "os" || imp == "net/http" || strings.HasPrefix(imp, "github.com/spf13/") {
			t.Errorf("cmd/show imports %s", imp)
		}
	}
	if seen < 10 {
		t.Fatalf("only %d imports seen", seen)
	}
}

// Machines without a database of time zones (containers from scratch, Windows) know the
// names that a mapping gives, as in time(text, 'Europe/Berlin').
func TestTimeZonesAreInTheBinary(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "tqmap/cmd/tqmap").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains("\n"+string(out), "\ntime/tzdata\n") {
		t.Error("cmd/tqmap does not import time/tzdata")
	}
}

var vendors = regexp.MustCompile(`(?i)ironnet|irondefense|darktrace|netscout|\bdevo\b|ctia|cisco`)

// No vendor is named in generic code: a quirk is a capability of the language.
func TestNoVendorInGenericCode(t *testing.T) {
	files := 0
	for _, dir := range []string{"dsl", "engine", "runtime", "cmd/show"} {
		err := filepath.WalkDir(filepath.Join("..", "..", filepath.FromSlash(dir)), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() && filepath.ToSlash(path) == "../../engine/sink/devo" {
				return filepath.SkipDir // a wire that is no HTTP
			}
			if filepath.ToSlash(path) == "../../engine/sink_wires.go" {
				return nil // names it once, to make it a kind of sink
			}
			if err != nil || d.IsDir() {
				return err
			}
			files++
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if found := vendors.Find(b); found != nil {
				t.Errorf("%s names %s", path, found)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Fatalf("only %d files looked at", files)
	}
}
