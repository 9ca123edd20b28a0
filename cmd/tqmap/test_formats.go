package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"

	"tqmap/dsl"
	"tqmap/engine"
)

type testReport struct {
	Outcome  string          `json:"outcome"` // ok or failed
	Mappings []mappingReport `json:"mappings"`
}

type mappingReport struct {
	Mapping  string          `json:"mapping"`
	Tests    []testOutcome   `json:"tests"`
	Coverage *coverageReport `json:"coverage,omitempty"`
}

type coverageReport struct {
	*engine.Coverage
	Missing []missingPoint `json:"missing"`
}

type missingPoint struct {
	dsl.Point
	At string `json:"at"`
}

type testOutcome struct {
	Name       string           `json:"name"`
	At         string           `json:"at"`
	Outcome    string           `json:"outcome"` // ok, failed, error or updated
	Seconds    float64          `json:"seconds"`
	Error      string           `json:"error,omitempty"`
	Mismatches []mismatchReport `json:"mismatches,omitempty"`
}

type mismatchReport struct {
	At          string             `json:"at"`
	Kind        string             `json:"kind"`
	Text        string             `json:"text"`
	Notes       []string           `json:"notes,omitempty"`
	Differences []differenceReport `json:"differences,omitempty"`
}

type differenceReport struct {
	Path     string `json:"path,omitempty"`
	Expected any    `json:"expected"`
	Got      any    `json:"got"`
	At       string `json:"at,omitempty"`
	MadeBy   string `json:"made_by,omitempty"`
}

// testJSON tells of the tests to programs.
func (a *app) testJSON(w io.Writer, _ testFlags, all []*tested) error {
	out := testReport{Outcome: "ok", Mappings: []mappingReport{}}
	for _, t := range all {
		if t.failed() > 0 || t.thin {
			out.Outcome = "failed"
		}
		out.Mappings = append(out.Mappings, reportMapping(t))
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, a.json(string(text)))
	return err
}

func reportMapping(t *tested) mappingReport {
	out := mappingReport{Mapping: t.mapping.Connector.Name, Tests: []testOutcome{}}
	for _, r := range t.results {
		out.Tests = append(out.Tests, reportTest(t, r))
	}
	if t.coverage != nil {
		out.Coverage = &coverageReport{Coverage: t.coverage, Missing: []missingPoint{}}
		for _, p := range t.coverage.Missing {
			out.Coverage.Missing = append(out.Coverage.Missing, missingPoint{p, spot(p.At)})
		}
	}
	return out
}

func reportTest(t *tested, r engine.TestResult) testOutcome {
	out := testOutcome{Name: r.Test.Name, At: spot(r.Test.Node.Range), Seconds: r.Took.Seconds(), Outcome: "failed"}
	switch {
	case r.Passed():
		out.Outcome = "ok"
	case t.updated[r.Test.Name]:
		out.Outcome = "updated"
	case r.Err != nil:
		out.Outcome, out.Error = "error", r.Err.Error()
	}
	for _, m := range r.Mismatches {
		one := mismatchReport{At: spot(m.At), Kind: string(m.Kind), Text: m.Text, Notes: m.Notes}
		for _, d := range m.Differences {
			diff := differenceReport{Path: pathOf(d.Path), Expected: d.Want, Got: d.Got, At: spot(m.At)}
			if d.At.Filename != "" {
				diff.At = spot(d.At)
			}
			if d.Made.Filename != "" {
				diff.MadeBy = spot(d.Made)
			}
			one.Differences = append(one.Differences, diff)
		}
		out.Mismatches = append(out.Mismatches, one)
	}
	return out
}

// The elements of a JUnit report, as Jenkins and GitLab read it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// testJUnit tells of the tests to build servers.
func (a *app) testJUnit(w io.Writer, _ testFlags, all []*tested) error {
	var out junitSuites
	whole := 0.0
	for _, t := range all {
		s := junitSuite{Name: t.mapping.Connector.Name, Tests: len(t.results)}
		sum := 0.0
		for _, r := range t.results {
			c := a.junitCase(t, r)
			if c.Failure != nil {
				s.Failures++
			}
			if c.Error != nil {
				s.Errors++
			}
			sum += r.Took.Seconds()
			s.Cases = append(s.Cases, c)
		}
		s.Time = seconds(sum)
		whole += sum
		out.Tests, out.Failures, out.Errors = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors
		out.Suites = append(out.Suites, s)
	}
	out.Time = seconds(whole)
	text, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

func (a *app) junitCase(t *tested, r engine.TestResult) junitCase {
	at := r.Test.Node.Range
	out := junitCase{Name: r.Test.Name, Class: t.mapping.Connector.Name, File: at.Filename, Line: at.Start.Line, Time: seconds(r.Took.Seconds())}
	if r.Passed() || t.updated[r.Test.Name] {
		return out
	}
	why := &junitFailure{Type: "mismatch", Text: a.text(failureText(t.mapping.Files, r))}
	if r.Err != nil {
		why.Type, why.Message = "error", a.text(r.Err.Error())
		out.Error = why
		return out
	}
	why.Message = a.text(r.Mismatches[0].Text)
	out.Failure = why
	return out
}
