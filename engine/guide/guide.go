// Package guide makes the guide of a mapping for those who run it: what it does, what it needs,
// its parameters, how it is set up, and what becomes of each field. Everything in it is read
// from the mapping, its samples and its tests; nothing is asked of any server.
package guide

import (
	"context"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// Input is what a guide is made of.
type Input struct {
	Mapping *dsl.Mapping
	// Params are values of parameters to show in place of their defaults.
	Params map[string]dsl.Given
	// Now is the clock by which samples are mapped: the same one makes the same guide.
	Now time.Time
	// Command is how the mapping is named on the command line: "acme" or "acme.hcl".
	Command string
	// Builtin says that it is one of the program's own, which links of the program run.
	Builtin bool
	// Flags are those of `tqmap run`, which every mapping has.
	Flags []Flag
	// Env is the environment variable of a parameter of a connector.
	Env func(connector, param string) string
	// Mask takes secrets out of what samples show; nil: they hold none. It has to come before
	// Markdown does, which writes what it escapes in another way.
	Mask func(string) string
	// Exits says what each exit code of a run means, in order.
	Exits []Exit
}

// Flag is one flag of the command line.
type Flag struct{ Name, Short, Value, Help, Default string }

// Exit is an exit code, what it says and what to do then.
type Exit struct {
	Code     int
	Means    string
	ThenWhat string
}

type engineAttribute = threatq.Attribute

// maker makes one guide.
type maker struct {
	in    Input
	m     *dsl.Mapping
	bound *dsl.Bound
	doc   *Document
	// records are what the samples and tests of each flow show.
	records map[*dsl.Flow][]record
	origins map[*dsl.Flow]code.Origin
}

// Make makes the guide. An error says which parameter needs a value that a guide cannot make
// up; see [dsl.Mapping.Bind].
func Make(ctx context.Context, in Input) (*Document, error) {
	g := &maker{in: in, m: in.Mapping, doc: &Document{}, records: map[*dsl.Flow][]record{}, origins: map[*dsl.Flow]code.Origin{}}
	var err error
	if g.bound, err = bind(in.Mapping, in.Params, in.Now); err != nil {
		return nil, err
	}
	for _, f := range g.m.Flows {
		g.records[f] = g.mapped(ctx, f)
		g.origins[f] = g.recordOrigin(f)
	}
	g.doc.Title = g.m.Connector.Title
	if g.m.Connector.Version != "" {
		g.doc.Title += " " + g.m.Connector.Version
	}
	for _, chapter := range []func(){
		g.intro, g.purpose, g.requirements, g.parameters, g.commandLine, g.setup, g.schedule, g.endpoints,
		g.mapping, g.tables, g.exports, g.leftOut, g.answers, g.knownAgain, g.limits, g.trouble,
	} {
		chapter()
	}
	return g.doc, nil
}

func (g *maker) imports() []*dsl.Flow {
	return g.flows(func(f *dsl.Flow) bool { return !f.Exports() })
}

func (g *maker) flows(which func(*dsl.Flow) bool) []*dsl.Flow {
	var out []*dsl.Flow
	for _, f := range g.m.Flows {
		if which(f) {
			out = append(out, f)
		}
	}
	return out
}

// title is what the guide calls a flow: its title, beside the name that --flow takes.
func title(f *dsl.Flow) string {
	if f.Title == f.Name {
		return span(f.Name)
	}
	return plain(f.Title) + " (" + span(f.Name) + ")"
}
