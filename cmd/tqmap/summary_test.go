package main

import (
	"strings"
	"testing"

	"tqmap/engine"
)

// A run that was answered and found nothing says so, as a path may lead nowhere; one that was not
// answered has said why.
func TestSummaryOfNoRecords(t *testing.T) {
	for _, c := range []struct {
		f    engine.FlowReport
		want string
	}{
		{engine.FlowReport{Answered: 3}, "no records in 3 answers"},
		{engine.FlowReport{Answered: 1}, "no records in 1 answers\n"},
		{engine.FlowReport{Answered: 1, Fetched: 1}, ""},
		{engine.FlowReport{Answered: 2, Error: "403"}, ""},
		{engine.FlowReport{LeftOut: true}, ""},
	} {
		c.f.Name = "f"
		text := summary(&engine.Report{Connector: "c", Outcome: engine.Ok, Flows: []*engine.FlowReport{&c.f}})
		if got := strings.Contains(text, "no records"); got != (c.want != "") || !strings.Contains(text, c.want) {
			t.Errorf("%+v:\n%s", c.f, text)
		}
	}
}
