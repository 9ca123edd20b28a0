package engine

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/window"
)

// windowBlock is what a source may say about the part of time it reads.
func windowBlock() *dsl.Block {
	text := func(name, def, summary string) dsl.Attr {
		return dsl.Attr{Name: name, Type: cty.String, Scope: dsl.Run, Default: def, Summary: summary}
	}
	return &dsl.Block{
		Type: "window", Summary: "The part of time a run reads: from the cursor to the run's start, frozen while paging.",
		Example: `window {
  initial  = "30d"
  lookback = "10m"
  order    = "ascending"
  cursor   = expr("alert.created")
  slice    = "day"
  format   = "epoch_ms"
}`,
		Attrs: []dsl.Attr{
			{Name: "cursor", Holds: dsl.Expr, Summary: "The record's instant that the window goes by. The greatest one delivered is where the next run begins. Without cursor and token the next run begins where this one's window ended."},
			{Name: "token", Holds: dsl.JQ, Summary: "The mark in an answer (body or $response) from which the server goes on the next time, read as window.token; null leaves the one before. It is stored at the end, with order = \"ascending\" with every page."},
			{Name: "missing_cursor", Type: cty.String, Default: "fail", Options: []string{"fail", "include", "skip"}, Summary: "What to do with a record whose cursor is null: fail (a dead letter), include or skip. It never moves the cursor."},
			text("initial", "", "How far the first run looks back, e.g. \"2d\"."),
			text("from", "", "Nothing before this instant is ever read."),
			text("lookback", "0s", "Overlap with the run before, for servers that index late."),
			text("since", "", "Start given by the operator; wins over the cursor."),
			text("until", "", "End given by the operator; default: the run's start."),
			{Name: "order", Type: cty.String, Default: "none", Options: []string{"none", ascending, descending}, Summary: "ascending where the server sorts by the cursor: every page is committed by itself, and reading ends at the first record behind an end that was given. descending where the newest come first: reading ends at the first record before the window. none: whatever comes."},
			text("slice", "", "Read the window in parts, one after the other: a length such as \"12h\" or \"7d\", or hour, day, week or month of the calendar."),
			{Name: "parallel", Type: cty.Number, Scope: dsl.Run, Default: "1", Summary: "Slices to read at once. What fails leaves a gap, and only that is read again."},
			text("smallest", "1m", "Shortest part that `on { do = split }` halves the window down to."),
			text("format", window.RFC3339, "How the API writes instants: rfc3339, epoch_s, epoch_ms, epoch_us, epoch_ns, or a layout such as \"2006-01-02 15:04:05\". For window.start and window.end, and for the cursor."),
			text("precision", "", "Digits of an RFC 3339 second: s, ms, us or ns."),
			text("zone", "", "Time zone of the format and of the calendar, e.g. \"Europe/Berlin\"; UTC where none is needed."),
			{Name: "closed", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "The API takes the end as part of the window: it gets the last instant before it."},
		},
		Describe: describeWindow,
		Check:    checkWindow,
	}
}

func checkWindow(r *dsl.Reading) {
	if r.Has("token") && r.Has("slice") {
		r.Fail("slice", "Two ways to go on", "A token says where to go on; there is nothing to slice.")
	}
	if r.Has("parallel") && !r.Has("slice") {
		r.Fail("parallel", "Without effect", "Only slices can be read at once: add slice = \"1d\".")
	}
	if r.Int("parallel", 1) < 1 {
		r.Fail("parallel", "Bad number", "\"parallel\" takes a number of at least 1.")
	}
	for _, name := range []string{"initial", "lookback", "smallest"} { // a run would find out later
		r.Duration(name, 0)
	}
	for _, name := range []string{"from", "since", "until"} {
		readInstant(r, name)
	}
	readStep(r)
	readForm(r)
}

// Window is the part of time that one run of a flow reads, or a slice of it.
type Window struct {
	// Span: Start is inclusive, zero means everything; End is frozen at the start of the run.
	window.Span
	// Moves says whether the cursor may move over this window: not if the operator's start
	// lies behind the cursor, which would leave a gap.
	Moves bool
	// Ascending says that records come in the order of their cursor, Descending in reverse.
	Ascending, Descending bool
	// Token is the mark from which the server goes on, "" at first.
	Token string
	// Partition is the part of the source that is read; nil: it has none.
	Partition any

	ends     bool // End was given, it is not the run's start
	anew     bool // Start was given: what is delivered already is read again
	form     form
	step     window.Step
	parallel int
	smallest time.Duration
}

// form is how an API writes the ends of a window.
type form struct {
	window.Format
	closed bool
}

// Vars is what a request reads as window.<name>, as the API writes instants. A start
// that is not known is null.
func (w Window) Vars() map[string]any {
	out := map[string]any{"start": nil, "end": w.form.Print(w.form.End(w.Span, w.form.closed)), "token": nil}
	if !w.Start.IsZero() {
		out["start"] = w.form.Print(w.Start)
	}
	if w.Token != "" {
		out["token"] = w.Token
	}
	return out
}

// slices are the parts of w that done does not cover, in order. A window without a start is
// read in one go, one of no length not at all.
func (w Window) slices(done []Span) iter.Seq[Window] {
	return func(yield func(Window) bool) {
		if w.Start.IsZero() {
			yield(w)
			return
		}
		if w.anew {
			done = nil
		}
		for _, gap := range window.Gaps(w.Span, done) {
			for s := range w.step.Slices(gap) {
				part := w
				part.Span = s
				if !yield(part) {
					return
				}
			}
		}
	}
}

// The orders in which a server may give records.
const (
	ascending  = "ascending"
	descending = "descending"
)

// ErrEmptyWindow says that a window ends before it begins. Nothing is read then.
var ErrEmptyWindow = errors.New("the window ends before it begins")

// planWindow decides what to read. n may be nil: everything, every time. until, where
// it is not zero, is an end that the operator gave for all flows.
func planWindow(n *dsl.Node, b *dsl.Bound, at Checkpoint, until time.Time) (Window, error) {
	w := Window{Span: window.Span{End: earlier(until, b.Now.UTC().Truncate(time.Second))}, parallel: 1, Token: at.Token}
	r := n.Read(b.Scope)
	w.form = readForm(r)
	if n == nil {
		return w, nil
	}
	w.step = readStep(r)
	order := r.String("order", "none")
	w.Ascending, w.Descending = order == ascending, order == descending
	w.parallel, w.smallest = r.Int("parallel", 1), r.Duration("smallest", time.Minute)
	w.Span = w.bounds(r, at).Span()
	w.ends = w.End.Before(b.Now.UTC().Truncate(time.Second))
	if err := r.Err(); err != nil {
		return Window{}, err
	}
	if w.Start.After(w.End) {
		return w, fmt.Errorf("%w: it would go from %s to %s, so nothing is read; look at the start and end that were given, and at the clock",
			ErrEmptyWindow, w.Start.UTC().Format(time.RFC3339), w.End.UTC().Format(time.RFC3339))
	}
	return w, nil
}

// bounds are what limits w. A start that the operator gave wins over the cursor.
func (w *Window) bounds(r *dsl.Reading, at Checkpoint) window.Bounds {
	since := readInstant(r, "since")
	b := window.Bounds{
		Start: readInstant(r, "from"), Cursor: at.Cursor, Lookback: r.Duration("lookback", 0),
		Until: readInstant(r, "until"), Now: w.End,
	}
	initial := r.Duration("initial", 0)
	w.Moves = since.IsZero() || at.Cursor.IsZero() || !since.After(at.Cursor)
	switch {
	case !since.IsZero():
		b.Start, b.Cursor, w.anew = since, time.Time{}, true
	case at.Cursor.IsZero() && initial > 0:
		b.Cursor, b.Lookback = earlier(b.Until, w.End), initial
	}
	return b
}

// earlier is a, where it is set and before b.
func earlier(a, b time.Time) time.Time {
	if !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

func readForm(r *dsl.Reading) form {
	f, err := window.NewFormat(r.String("format", ""), r.String("precision", ""), r.String("zone", ""))
	if err != nil {
		r.Fail("format", "Bad format", "%s.", err)
	}
	return form{f, r.Bool("closed", false)}
}

func readStep(r *dsl.Reading) window.Step {
	text := r.String("slice", "")
	if text == "" {
		return window.Step{}
	}
	zone, _ := window.LoadZone(r.String("zone", "")) // readForm says what is wrong with it
	step, err := window.ParseStep(text, zone)
	if err != nil {
		r.Fail("slice", "Bad slice", "%s.", err)
	}
	return step
}

func readInstant(r *dsl.Reading, name string) time.Time {
	text := r.String(name, "")
	if text == "" {
		return time.Time{}
	}
	t, err := dsl.ParseTime(text)
	if err != nil {
		r.Fail(name, "Bad time", "%s.", err)
	}
	return t
}

func describeWindow(r *dsl.Reading) string {
	var text []string
	say := func(format string, args ...any) { text = append(text, fmt.Sprintf(format, args...)) }
	since, until := r.Show("since"), r.Show("until")
	switch initial := r.Show("initial"); {
	case since != "":
		say("Reads from %s on, which was given, whatever was read before.", since)
	case initial != "":
		say("The first run looks back %s; later ones begin where the last one ended.", initial)
	default:
		say("The first run reads everything; later ones begin where the last one ended.")
	}
	if from := r.Show("from"); from != "" {
		say("Nothing before %s is read.", from)
	}
	if lookback := r.Show("lookback"); lookback != "" && since == "" {
		say("They look back %s more, for servers that index late: what comes again unchanged costs nothing.", lookback)
	}
	if until != "" {
		say("The window ends at %s.", until)
	} else {
		say("The window ends when the run starts, and does not move while pages are read.")
	}
	if slice := r.Show("slice"); slice != "" {
		how := "one after the other"
		if n := r.Int("parallel", 1); n > 1 {
			how = fmt.Sprintf("%d at once", n)
		}
		say("It is read in slices of %s, %s; a slice that fails leaves a gap, which alone is read again.", slice, how)
	}
	say("%s", describeCursor(r))
	if zone, format := r.Show("zone"), r.Show("format"); format != "" || zone != "" {
		say("Instants are written as %s%s.", worded(r, "format", window.RFC3339), wordedIf(r, "zone", " in the zone %s"))
	}
	if r.Bool("closed", false) {
		say("The API takes the end as part of the window, so it is given the last instant before it.")
	}
	return strings.Join(text, " ")
}

// describeCursor says what the next run begins at, and when that is stored.
func describeCursor(r *dsl.Reading) string {
	order := r.String("order", "none")
	var text string
	switch cursor, token := r.Code("cursor"), r.Code("token"); {
	case token != "":
		text = "The next run goes on from the token that the answer gives in " + token + " (window.token)"
	case cursor != "":
		text = "The cursor is the greatest " + cursor + " of the records delivered: there the next run begins, and records on that very instant are known again"
	default:
		text = "The next run begins where this one's window ended"
	}
	switch {
	case order == ascending:
		text += ". Records come in the order of the cursor, so it is committed with every page, once what the page made is acknowledged."
	case r.Show("slice") != "":
		text += ". It is committed with each slice, once all that the slice made is acknowledged."
	default:
		text += ". It is committed at the end of the window, once all that it made is acknowledged."
	}
	if r.Code("cursor") != "" {
		text += map[string]string{
			"fail": " A record without it becomes a dead letter.", "include": " A record without it is taken all the same.", "skip": " A record without it is left out.",
		}[r.String("missing_cursor", "fail")]
	}
	if order == descending {
		text += " Records come newest first, so reading ends at the first one before the window."
	}
	return text
}
