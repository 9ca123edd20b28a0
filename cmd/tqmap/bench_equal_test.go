package main

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"reflect"
	"strconv"
	"testing"

	"tqmap/engine"
	"tqmap/engine/threatq"
	"tqmap/mappings"
)

// What is compared must do the same: the objects of the mapping and of the program
// in Go are equal field by field.
func TestMappingAndGoProgramMakeTheSameObjects(t *testing.T) {
	recorded := func(name string) []byte {
		b, err := fs.ReadFile(mappings.FS, "testdata/ironnet/"+name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	pages := append(alertPages(t, 2000), recorded("get_alerts_1.json"), recorded("get_alerts_2.json"), recorded("get_alerts_empty.json"))
	for _, bounds := range [][2]int{{0, 1000}, {500, 900}} {
		objects := sameObjects(t, pages, bounds[0], bounds[1])
		if objects < 2000 {
			t.Errorf("only %d objects were compared", objects)
		}
	}
}

func sameObjects(t testing.TB, pages [][]byte, lower, upper int) (compared int) {
	t.Helper()
	bound, err := boundIronnet(map[string]string{"severity_lower_bound": strconv.Itoa(lower), "severity_upper_bound": strconv.Itoa(upper)})
	if err != nil {
		t.Fatal(err)
	}
	run := &engine.Run{Bound: bound, Log: slog.New(slog.DiscardHandler)}
	for n, page := range pages {
		want, err := goPage(page, lower, upper)
		if err != nil {
			t.Fatal(err)
		}
		record := 0
		err = mapPages(run, [][]byte{page}, func(m engine.Mapped) bool {
			var got []threatq.Object
			for _, o := range m.Objects {
				got = append(got, o.Object)
			}
			if m.Dead != nil || !reflect.DeepEqual(got, want[record]) {
				t.Fatalf("record %d of page %d (dead letter: %v):\n%s\nthe program in Go:\n%s", record, n, m.Dead, indented(got), indented(want[record]))
			}
			record++
			compared += len(got)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if record != len(want) {
			t.Fatalf("page %d has %d records, the program in Go found %d", n, record, len(want))
		}
	}
	return compared
}

func indented(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}
