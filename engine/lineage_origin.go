package engine

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// Origin says where a record comes from.
type Origin struct {
	// File is the recorded answer, Request the request that was answered, such as
	// POST /alerts, and Page its number from 1.
	File    string `json:"file,omitempty"`
	Request string `json:"request,omitempty"`
	Page    int    `json:"page,omitempty"`
	// From and Until are the window that was read; zero where there is none.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Partition is the part of the source that was read, "" for none.
	Partition string `json:"partition,omitempty"`
	// Record is its place among the records of the answer, from 1, of Of. Path is where in the
	// answer it stands, such as .alerts[3]; "" where the mapping makes what is not there.
	Record int    `json:"record"`
	Of     int    `json:"of"`
	Path   string `json:"path,omitempty"`
	// Part is its place among what `split` made of that record, from 1; 0 without split.
	Part int `json:"part,omitempty"`

	doc   any
	sight view
	cut   *code.JQ
}

// Stages are what the record's `extract` gives of the answer, pipe by pipe.
func (o *Origin) Stages(ctx context.Context) []code.Stage {
	if o.cut == nil || o.doc == nil {
		return nil
	}
	v := o.sight
	return o.cut.Stages(ctx, o.doc, v.values()...)
}

// origins are those of the n records that were cut out of doc.
func (r *Run) origins(ctx context.Context, rec *dsl.Record, doc any, v view, where Origin, n int) []*Origin {
	v.bound = r.Bound
	where.doc, where.sight, where.cut, where.Of = doc, v, rec.Extract, n
	var paths [][]any
	told := false
	switch list, isList := doc.([]any); {
	case rec.Extract != nil:
		paths, told = rec.Extract.Paths(ctx, doc, v.values()...)
	case isList:
		for i := range list {
			paths = append(paths, []any{i})
		}
		told = true
	default:
		paths, told = [][]any{{}}, true
	}
	out := make([]*Origin, n)
	for i := range out {
		one := where
		if one.Record = i + 1; told && len(paths) == n {
			one.Path = jsonPath(paths[i])
		}
		out[i] = &one
	}
	return out
}

// parts are the origins of what split makes of one record.
func (o *Origin) parts(n int) []*Origin {
	out := make([]*Origin, n)
	for i := range out {
		one := *o
		one.Part, one.Path = i+1, ""
		out[i] = &one
	}
	return out
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// jsonPath writes a path as jq does: .alerts[3]["a b"]; "." for the document itself.
func jsonPath(path []any) string {
	var out strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case string:
			if plainName.MatchString(step) {
				out.WriteString("." + step)
			} else {
				out.WriteString("[" + strconv.Quote(step) + "]")
			}
		case int:
			out.WriteString("[" + strconv.Itoa(step) + "]")
		}
	}
	if text := out.String(); strings.HasPrefix(text, ".") {
		return text
	}
	return "." + out.String()
}

// where is the origin that the records of the present page share.
func (p *pageReader) where() Origin {
	o := Origin{Request: p.asked, Page: p.number, From: p.window.Start, Until: p.window.End}
	o.Partition, _ = code.Text(p.window.Partition)
	return o
}

// Traced is what became of a record, and where the record comes from.
type Traced struct {
	Mapped
	Origin Origin
}

// Trace maps the records that a first run of f would read, as Preview does, and tells where each
// comes from. It writes nothing.
func (r *Run) Trace(ctx context.Context, f *dsl.Flow, emit func(Traced) bool) error {
	r.traced = true
	defer r.close(ctx)
	report := &FlowReport{Name: f.Name}
	if out, err := r.leftOut(f, report); out || err != nil {
		return err
	}
	p, err := r.begin(ctx, f, report)
	if err != nil {
		return err
	}
	p.page = func(_ context.Context, t *track, b *batch) error {
		page := p.mapPage(b)
		for i, m := range page {
			o := Origin{Request: "source " + strconv.Quote(f.Source.Kind()), Page: b.number, Record: i + 1, Of: len(page)}
			if i < len(b.origins) {
				o = *b.origins[i]
			}
			if !emit(Traced{*m, o}) {
				return errShown
			}
		}
		p.follow(t, b, page)
		return p.enough(page)
	}
	if err = errors.Join(p.read(ctx), p.empty); errors.Is(err, errShown) {
		return nil
	}
	return err
}

// TraceAnswer maps the records of one recorded answer, which name stands for.
func (r *Run) TraceAnswer(ctx context.Context, f *dsl.Flow, name string, body []byte, emit func(Traced) bool) error {
	r.traced = true
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	records, origins, err := r.recordedFrom(ctx, f, body, Origin{File: name})
	if err != nil {
		return err
	}
	for i, record := range records {
		if !emit(Traced{m.Map(record), *origins[i]}) {
			return nil
		}
	}
	return nil
}
