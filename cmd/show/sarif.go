package show

import (
	"net/url"
	"slices"

	"tqmap/dsl/diag"
)

// sarif is a log of SARIF 2.1.0 (OASIS), as far as a list of diagnostics needs it.
type sarif struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string     `json:"id"`
	ShortDescription sarifText  `json:"shortDescription"`
	FullDescription  sarifText  `json:"fullDescription"`
	Help             sarifText  `json:"help"`
	Default          sarifLevel `json:"defaultConfiguration"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine   int        `json:"startLine"`
	StartColumn int        `json:"startColumn"`
	EndLine     int        `json:"endLine"`
	EndColumn   int        `json:"endColumn"` // behind the last character
	ByteOffset  int        `json:"byteOffset"`
	ByteLength  int        `json:"byteLength"`
	Snippet     *sarifText `json:"snippet,omitempty"`
}

// SARIF is such a log of the program in this version. It has a rule for each code that occurs, and columns in
// units of UTF-16.
func SARIF(all []Told, version string) any {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "tqmap", Version: version, Rules: []sarifRule{}}
	rules := &run.Tool.Driver.Rules
	for _, t := range all {
		index := slices.IndexFunc(*rules, func(r sarifRule) bool { return r.ID == t.Code })
		if index < 0 {
			index = len(*rules)
			*rules = append(*rules, ruleOf(t))
		}
		r := sarifResult{RuleID: t.Code, RuleIndex: index, Level: t.Severity, Message: sarifText{t.Summary + ": " + t.Detail}}
		if t.Start != nil {
			r.Locations = []sarifLocation{locationOf(t)}
		}
		run.Results = append(run.Results, r)
	}
	return sarif{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func ruleOf(t Told) sarifRule {
	e, _ := diag.Find(t.Code)
	return sarifRule{ID: e.Code, ShortDescription: sarifText{e.Summary}, FullDescription: sarifText{e.Text}, Help: sarifText{e.Next}, Default: sarifLevel{t.Severity}}
}

func locationOf(t Told) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact.URI = (&url.URL{Path: t.File}).String()
	l.Physical.Region = sarifRegion{
		StartLine: t.Start.Line, StartColumn: t.utf16[0], EndLine: t.End.Line, EndColumn: t.utf16[1],
		ByteOffset: t.Start.Byte, ByteLength: t.End.Byte - t.Start.Byte,
	}
	if t.Snippet != "" {
		l.Physical.Region.Snippet = &sarifText{t.Snippet}
	}
	return l
}
