package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// seen makes a page of "seconds:key" or "seconds:key:hash".
func seen(texts ...string) []*Mapped {
	var out []*Mapped
	for _, text := range texts {
		parts := strings.Split(text, ":")
		m := &Mapped{Key: parts[1], Hash: "hash of " + parts[1]}
		if len(parts) > 2 {
			m.Hash = parts[2]
		}
		if parts[0] != "" {
			m.Cursor = instantOf(parts[0])
		}
		out = append(out, m)
	}
	return out
}

func instantOf(seconds string) time.Time {
	d, err := time.ParseDuration(seconds + "s")
	if err != nil {
		panic(err)
	}
	return at("10:00:00").Add(d)
}

// shown is a checkpoint as "seconds key key", "-" for none.
func shown(c *Checkpoint) string {
	if c == nil {
		return "-"
	}
	var keys []string
	for k := range c.Boundary {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.TrimSpace(fmt.Sprintf("%v %s", c.Cursor.Sub(at("10:00:00")).Seconds(), strings.Join(keys, " ")))
}

func checkpoint(text string) Checkpoint {
	if text == "" {
		return Checkpoint{}
	}
	c := Checkpoint{Boundary: map[string]string{}}
	for i, word := range strings.Fields(text) {
		if i == 0 {
			c.Cursor = instantOf(word)
			continue
		}
		c.Boundary[word] = "hash of " + word
	}
	return c
}

func TestTrack(t *testing.T) {
	ordered := Window{Span: Span{Start: at("09:00:00"), End: at("12:00:00")}, Moves: true, Ascending: true}
	anyOrder, fixed := ordered, ordered
	anyOrder.Ascending, fixed.Moves = false, false
	for _, tc := range []struct {
		name   string
		window Window
		old    string
		pages  [][]*Mapped
		after  []string // the checkpoint of each page
		end    string
		held   bool
	}{
		{"every page of an ordered window", ordered, "", [][]*Mapped{seen("1:a", "2:b"), seen("2:c", "3:d")}, []string{"2 b", "3 d"}, "-", false},
		{"the boundary is replaced, not appended to", ordered, "1 a", [][]*Mapped{seen("1:a", "1:b"), seen("2:c")}, []string{"-", "2 c"}, "-", false},
		{"C17 U1 many records on the boundary", anyOrder, "3 c d e", [][]*Mapped{seen("4:g", "3:c", "3:d", "3:e", "3:f")}, []string{"-"}, "4 g", false},
		{"records of one instant wait for the end", ordered, "", [][]*Mapped{seen("5:a", "5:b"), seen("5:c"), seen("5:d")}, []string{"5 a b", "-", "-"}, "5 a b c d", false},
		{"U3 an empty run moves nothing", ordered, "3 c d", [][]*Mapped{nil}, []string{"-"}, "-", false},
		{"an unchanged boundary is not written again", ordered, "3 c", [][]*Mapped{seen("3:c")}, []string{"-"}, "-", false},
		{"a boundary record that changed is", ordered, "3 c", [][]*Mapped{seen("3:c:another")}, []string{"-"}, "3 c", false},
		{"U7 a first run that finds nothing keeps its start", ordered, "", [][]*Mapped{nil}, []string{"-"}, "-3600", false},
		{"U4 P27 a record after the window's end moves nothing", ordered, "1 a", [][]*Mapped{seen("2:b", "9999:f")}, []string{"2 b"}, "-", false},
		{"only a record after the window's end", ordered, "", [][]*Mapped{seen("9999:f")}, []string{"-"}, "-3600", false},
		{"C19 U38 no cursor moves nothing", ordered, "1 a", [][]*Mapped{seen(":x", "2:b", ":y")}, []string{"2 b"}, "-", false},
		{"U6 the newest, not the last", anyOrder, "", [][]*Mapped{seen("3:c", "1:a"), seen("2:b")}, []string{"-", "-"}, "3 c", false},
		{"C21 order violated: the end decides", ordered, "", [][]*Mapped{seen("1:a", "2:b"), seen("5:e", "4:d"), seen("6:f")}, []string{"2 b", "-", "-"}, "6 f", false},
		{"order violated between pages", ordered, "", [][]*Mapped{seen("5:e"), seen("4:d")}, []string{"5 e", "-"}, "-", false},
		{"records before the cursor are the lookback's", ordered, "3 c", [][]*Mapped{seen("1:a", "2:b"), seen("3:c", "4:d")}, []string{"-", "4 d"}, "-", false},
		{"but they have an order, too", ordered, "3 c", [][]*Mapped{seen("2:b", "1:a"), seen("3:c", "4:d")}, []string{"-", "-"}, "4 d", false},
		{"the cursor never moves back", anyOrder, "3 c", [][]*Mapped{seen("1:a")}, []string{"-"}, "-", false},
		{"a history that leaves a gap", fixed, "3 c", [][]*Mapped{seen("7:g")}, []string{"-"}, "-", false},
		{"held back, in order", ordered, "", [][]*Mapped{seen("1:a")}, []string{"1 a"}, "-", true},
		{"held back, in no order", anyOrder, "", [][]*Mapped{seen("1:a")}, []string{"-"}, "-", true},
		{"held back, order violated", ordered, "", [][]*Mapped{seen("2:b", "1:a")}, []string{"-"}, "-", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			track := newTrack(tc.window, checkpoint(tc.old), follows{records: true})
			for i, page := range tc.pages {
				if got := shown(track.after(page, &batch{})); got != tc.after[i] {
					t.Errorf("after page %d: %s, want %s", i+1, got, tc.after[i])
				}
			}
			track.heldBack = tc.held
			if got := shown(track.finish()); got != tc.end {
				t.Errorf("at the end: %s, want %s", got, tc.end)
			}
		})
	}
}

// A page that is read again may begin before the end of the one before it.
func TestTrackOfRepeatedPage(t *testing.T) {
	track := newTrack(Window{Span: Span{End: noon}, Moves: true, Ascending: true}, Checkpoint{}, follows{records: true})
	track.after(seen("1:a", "3:c"), &batch{})
	track.again()
	if got := shown(track.after(seen("2:b", "4:d"), &batch{})); got != "4 d" {
		t.Errorf("checkpoint %s, want 4 d: a repeated page is no disorder", got)
	}
}

// What was committed must not change under the state's hands.
func TestCheckpointIsACopy(t *testing.T) {
	track := newTrack(Window{Span: Span{End: noon}, Moves: true, Ascending: true}, Checkpoint{}, follows{records: true})
	first := track.after(seen("1:a"), &batch{})
	track.after(seen("1:b"), &batch{})
	if got := shown(first); got != "1 a" {
		t.Errorf("the first checkpoint has become %s", got)
	}
}

// U40: cursors are instants, whatever zone they are written in.
func TestTrackComparesInstants(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")["updated"] = "2026-03-01T17:00:00+07:00"
	b.feed.item("b", "09:00:00", "10:00:00")
	b.feed.item("c", "09:00:00", "09:59:00")["updated"] = "2026-03-01T04:59:00-05:00"
	b.pull(Ok)
	if c := b.state.flow("pull").at; !c.Cursor.Equal(at("10:00:00")) || len(c.Boundary) != 2 {
		t.Errorf("cursor %s with %d records, want 10:00 with both that lie on it", c.Cursor, len(c.Boundary))
	}
}

// A record that came with an earlier slice than its own moves nothing: those between
// are still to be read.
func TestStrayRecordMovesNothing(t *testing.T) {
	w := Window{Span: Span{Start: at("09:00:00"), End: at("12:00:00")}, Moves: true, Ascending: true}
	track := newTrack(w, Checkpoint{}, follows{records: true})
	track.reading(at("11:00:00"))
	if got := shown(track.after(seen("60:a", "3600:edge", "5400:stray"), &batch{})); got != "60 a" {
		t.Errorf("checkpoint %s, want that of a", got)
	}
	track.reading(w.End)
	if got := shown(track.after(seen("3700:b"), &batch{})); got != "3700 b" {
		t.Errorf("checkpoint %s, want that of b", got)
	}
}
