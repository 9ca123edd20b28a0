package devo_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

func ExampleCollector() {
	collector, err := sim.New(sim.Options{}) // in place of Devo's own
	if err != nil {
		panic(err)
	}
	defer collector.Close()
	relay, err := collector.Listen("")
	if err != nil {
		panic(err)
	}
	papers := collector.Identity()

	identity, warnings, err := devo.ParseIdentity(devo.Material{Certificate: papers.Certificate, Key: papers.Key, Chain: papers.Chain}, time.Now())
	if err != nil {
		panic(err)
	}
	address, err := devo.Address(relay) // or "EU"
	if err != nil {
		panic(err)
	}
	lookup := devo.Lookup{Name: "threatq_iocs", Columns: []devo.Column{{Name: "indicator"}, {Name: "score", Type: devo.Int4}}}
	c := devo.Collector{Address: address, Identity: identity, Pause: time.Millisecond}
	result, err := c.Send(context.Background(), devo.Session{
		Lookup: lookup,
		Rows: func(yield func(devo.Row) error) error {
			return errors.Join(
				yield(devo.Row{Values: []any{"evil.example.com", 10}}),
				yield(devo.Row{Values: []any{"198.51.100.7", "high"}}),
			)
		},
		Report: func(n int, _ devo.Row, err error) { fmt.Printf("row %d: %v\n", n, err) },
	})
	fmt.Println(warnings, err, result.Rows, "row,", result.Skipped, "left out")
	fmt.Println(collector.Tables()["threatq_iocs"].Rows)
	// Output:
	// row 2: the row cannot be written: column "score": a value of it is no int4
	// [] <nil> 1 row, 1 left out
	// [[evil.example.com 10]]
}
