package scaffold

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// instant is a field that holds times.
type instant struct {
	path string
	// read is the expr that makes an instant of a value that · stands for; "·" where it
	// is one already.
	read string
	// format is what a window calls the way that it is written; "" is RFC 3339.
	format string
	// naive is a time that names no zone.
	naive bool
}

// layouts are the ways to write a time that feeds use, in Go's way; those that name a zone
// have its offset.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04", time.DateOnly, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05-0700",
	"02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "2006/01/02 15:04:05", "2006/01/02",
	"01/02/2006 15:04:05", "01/02/2006 15:04", "01/02/2006", "02/01/2006 15:04:05", "02/01/2006 15:04", "02/01/2006",
	time.RFC1123Z, "Mon, 02 Jan 2006 15:04:05 GMT", "02 Jan 2006 15:04:05", "02 Jan 2006", "Jan 2, 2006",
}

// timeOf says how to read values, all of which are then times in one way of writing.
func timeOf(name string, values []any) (instant, bool) {
	values, empty := slices.Clone(values), false
	values = slices.DeleteFunc(values, func(v any) bool { empty = empty || v == ""; return v == nil || v == "" })
	if len(values) == 0 {
		return instant{}, false
	}
	found, ok := textTime(values)
	if !ok && isTimely(name) {
		found, ok = epoch(values)
	}
	if empty && ok {
		found.read = "· == '' ? nil : " + found.read
	}
	return found, ok
}

func textTime(values []any) (instant, bool) {
	for _, layout := range layouts {
		fits := func(v any) bool {
			text, ok := v.(string)
			_, err := time.Parse(layout, text)
			return ok && err == nil
		}
		if slices.ContainsFunc(values, func(v any) bool { return !fits(v) }) {
			continue
		}
		switch {
		case layout == time.RFC3339Nano:
			return instant{read: "·"}, true
		case layout == time.DateTime:
			return instant{read: "time(·, 'UTC')", format: layout, naive: true}, true
		}
		zoned := strings.Contains(layout, "07:00") || strings.Contains(layout, "0700") || strings.HasSuffix(layout, "GMT")
		return instant{read: "time(·, 'UTC', " + quoteExpr(layout) + ")", format: layout, naive: !zoned}, true
	}
	return instant{}, false
}

// epoch reads numbers, and texts of digits, that count from 1970.
func epoch(values []any) (instant, bool) {
	small, large, text := false, false, false
	for _, v := range values {
		n, ok := v.(int)
		if s, isText := v.(string); isText {
			parsed, err := strconv.Atoi(s)
			n, ok, text = parsed, err == nil, true
		}
		switch {
		case ok && n > 1e8 && n < 1e10:
			small = true
		case ok && n > 1e11 && n < 1e13:
			large = true
		default:
			return instant{}, false
		}
	}
	number := "·"
	if text {
		number = "int(·)"
	}
	switch {
	case small && large:
		return instant{}, false
	case small:
		return instant{read: "unix(" + number + ")", format: "epoch_s"}, true
	}
	return instant{read: "unix_ms(" + number + ")", format: "epoch_ms"}, true
}

// Words in the names of times: of what happened, of any time, and of what comes later.
var (
	happened = []string{"created", "create", "creation", "opened", "detected", "detection", "occurred", "observed", "first", "start", "started", "begin", "began", "raised", "reported", "published", "added", "discovered"}
	timely   = []string{"at", "time", "date", "datetime", "timestamp", "ts", "on", "seen", "when", "day", "since", "until"}
	changed  = []string{"updated", "update", "modified", "modification", "changed", "touched", "last"}
	later    = []string{"ended", "end", "closed", "resolved", "expires", "expire", "expiration", "expiry", "due", "until", "valid"}
)

func isTimely(name string) bool {
	_, _, ok := rank(name)
	return ok
}

// rank is how likely a name is that of the time something happened, and that of the time
// it was last changed; false where it is the name of no time.
func rank(name string) (event, change int, ok bool) {
	has := func(words []string) bool {
		return slices.ContainsFunc(split(name[strings.LastIndexByte(name, '.')+1:]), func(w string) bool { return slices.Contains(words, strings.ToLower(w)) })
	}
	switch {
	case has(later):
		event = -2
	case has(changed):
		event, change = -1, 2
	case has(happened):
		event, change = 2, 1
	case has(timely):
		event, change = 1, 1
	default:
		return 0, 0, false
	}
	if strings.Contains(name, ".") {
		event, change = event-1, change-1
	}
	return event, change, true
}

// times finds the fields that are instants, and which of them tells when it happened and
// which when it changed; these two are of every record.
func (g *guess) times() {
	most, latest := -3, 0
	for _, f := range g.table.seen {
		if !g.table.single(f) {
			continue
		}
		values := g.table.values(f.Path)
		t, ok := timeOf(f.Path, values)
		if !ok {
			continue
		}
		t.path = f.Path
		g.instants[f.Path] = t
		event, change, named := rank(f.Path)
		if !named || f.Count < f.Of || slices.Contains(values, any("")) {
			continue
		}
		if event > most {
			g.time, most = f.Path, event
		}
		if change > latest {
			g.changed, latest = f.Path, change
		}
	}
}

// readTime is the expr of the instant in a field.
func (g *guess) readTime(path string) string {
	return strings.ReplaceAll(g.instants[path].read, "·", g.table.reach(path))
}
