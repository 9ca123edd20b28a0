package engine

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// sayOpened is what clients, requests and limits say once there are parameters, and tests.
func sayOpened(t *testing.T, text string, bound *dsl.Bound) string {
	t.Helper()
	var errs []error
	for _, c := range bound.Clients {
		_, err := OpenClient(t.Context(), bound, c, ClientOptions{})
		errs = append(errs, err)
	}
	for _, f := range bound.Flows {
		_, err := readDeadLimits(f, bound)
		errs = append(errs, err)
		if n := f.Source.Block("request"); n != nil {
			_, err := buildRequest(n, bound.Scope.With("window", map[string]any{"start": nil, "end": nil, "token": nil}).With("page", firstPage(f)))
			errs = append(errs, err)
		}
		for _, r := range f.Rules {
			if r.Node.Val("types") != nil {
				read := r.Node.Read(bound.Scope)
				read.Strings("types")
				errs = append(errs, read.Err())
			}
		}
	}
	run := &Run{Bound: bound, Platform: new(threatq.Client), Log: slog.New(slog.DiscardHandler)}
	for _, f := range bound.Flows {
		if f.Source.Kind() == "threatq_events" {
			_, err := openThreatqEvents(t.Context(), run, f, nil)
			errs = append(errs, err)
		}
	}
	for _, test := range bound.Tests {
		_, _, err := test.Setting(noon)
		errs = append(errs, err)
		_, err = run.Test(t.Context(), test)
		errs = append(errs, err)
	}
	said := ""
	for _, err := range errs {
		if err != nil {
			said += sayFailure(text, err)
		}
	}
	return said
}

// firstPage has each name that the paging of f knows.
func firstPage(f *dsl.Flow) map[string]any {
	out := map[string]any{}
	if n := f.Source.Block("paginate"); n != nil {
		for _, name := range n.Spec.Provides {
			out[name] = nil
		}
	}
	return out
}

// sayRun maps the records of alerts.json and says which of them fail and why.
func sayRun(t *testing.T, text string, bound *dsl.Bound, files fstest.MapFS) string {
	t.Helper()
	run := &Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	flow := bound.Flow("alerts")
	if flow == nil || flow.Source.Block("decode") != nil {
		return ""
	}
	body, err := code.Decode(files["alerts.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	records, err := run.extract(t.Context(), flow.Record, body, view{})
	if err != nil {
		return sayFailure(text, err)
	}
	mapper, err := newMapper(bound, flow)
	if err != nil {
		return sayFailure(text, err)
	}
	var b strings.Builder
	for _, record := range records {
		mapped := mapper.Map(record)
		for _, d := range mapped.letters() {
			b.WriteString(sayLetter(t, text, &d))
		}
	}
	return b.String()
}

// sayFailure is what ends a run before there are records, told as if it were one's.
func sayFailure(text string, err error) string {
	if located, ok := err.(*code.EvalError); ok {
		return sayDiags(text, located.Diagnostics())
	}
	if diags := sayError(text, err); diags != "" {
		return diags
	}
	return err.Error() + "\n"
}

func sayLetter(t *testing.T, text string, d *DeadLetter) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "dead %s at %s\n  %s: %s\n", strings.TrimSpace(d.Rule+" "+d.Key), pointedAt(t, text, d.Where), d.Code, d.Reason)
	if d.Field != "" {
		fmt.Fprintf(&b, "  in %s\n", d.Field)
	}
	for _, v := range d.Values {
		fmt.Fprintf(&b, "  with %s = %s (%s)\n", v.Name, v.Text, v.Kind)
	}
	return b.String()
}
