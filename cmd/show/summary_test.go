package show

import (
	"strings"
	"testing"
	"time"

	"tqmap/engine"
)

func TestVerdict(t *testing.T) {
	flow := func(objects map[string]*engine.Counts) *engine.FlowReport {
		return &engine.FlowReport{Name: "f", Objects: objects}
	}
	for want, r := range map[string]engine.Report{
		"Nothing to create or update.":                                                              {Flows: []*engine.FlowReport{flow(nil)}},
		"Nothing to create or update. (dry run: nothing was written)":                               {DryRun: true},
		"1 adversary created, 2 events updated.":                                                    {Flows: []*engine.FlowReport{flow(map[string]*engine.Counts{"events": {Updated: 1}, "adversaries": {Created: 1}}), flow(map[string]*engine.Counts{"events": {Updated: 1}})}},
		"1 item would be taken back. (dry run: nothing was written)":                                {DryRun: true, Flows: []*engine.FlowReport{flow(map[string]*engine.Counts{"items": {Removed: 1}})}},
		"2 attack pattern objects created, 3 changes sent to the vendor, 1 malware object created.": {Flows: []*engine.FlowReport{flow(map[string]*engine.Counts{"calls": {Updated: 3}, "attack_pattern": {Created: 2}, "malware": {Created: 1}})}},
	} {
		r.Connector, r.Outcome, r.Finished = "c", engine.Ok, r.Started.Add(time.Second)
		if got := verdict(&r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if text := Summary(&r); !strings.Contains(text, "\nc: "+string(engine.Ok)+" in 1s. ") {
			t.Errorf("the summary is\n%s", text)
		}
	}
}

// A run that was answered and found nothing says so, as a path may lead nowhere; one that was not
// answered has said why.
func TestSummaryOfNoRecords(t *testing.T) {
	for _, c := range []struct {
		f    engine.FlowReport
		want string
	}{
		{engine.FlowReport{Answered: 3, Extracts: true}, "no records in 3 answers"},
		{engine.FlowReport{Answered: 1, Extracts: true}, "no records in 1 answer\n"},
		{engine.FlowReport{Answered: 1, Extracts: true, Fetched: 1}, ""},
		{engine.FlowReport{Answered: 1}, ""},
		{engine.FlowReport{Answered: 2, Extracts: true, Error: "403"}, ""},
		{engine.FlowReport{LeftOut: true}, ""},
	} {
		c.f.Name = "f"
		text := Summary(&engine.Report{Connector: "c", Outcome: engine.Ok, Flows: []*engine.FlowReport{&c.f}})
		if got := strings.Contains(text, "no records"); got != (c.want != "") || !strings.Contains(text, c.want) {
			t.Errorf("%+v:\n%s", c.f, text)
		}
	}
}
