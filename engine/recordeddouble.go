package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"tqmap/dsl"
	"tqmap/engine/recording"
	"tqmap/engine/request"
)

// recorded is the double that a recording makes: what the run asked for then is answered as it
// was then.
type recorded struct {
	test   *dsl.Test
	at     *dsl.Val
	of     *recording.Recording
	player *recording.Player
	stop   func(error)

	mu      sync.Mutex
	refused []Mismatch
}

// newDouble is what stands in for the servers in a test.
func newDouble(t *dsl.Test, b *dsl.Bound, stop func(error)) (double, error) {
	v := t.Node.Val("recording")
	if v == nil {
		return newExchanges(t, b, stop)
	}
	rec, err := testRecording(t, b.Mapping)
	if err != nil {
		return nil, err
	}
	return &recorded{test: t, at: v, of: rec, player: recording.NewPlayer(rec), stop: stop}, nil
}

// testRecording is the recording of a test, nil where it has none.
func testRecording(t *dsl.Test, m *dsl.Mapping) (*recording.Recording, error) {
	v := t.Node.Val("recording")
	if v == nil {
		return nil, nil
	}
	name := t.Node.Static().String("recording", "")
	text, err := m.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no %q beside the mapping; tqmap record makes one: -o FILE", v.Range, name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place(v.Range), err)
	}
	rec, err := recording.Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place(v.Range), err)
	}
	return rec, nil
}

func (d *recorded) answer(r *http.Request, _ *url.URL) (*http.Response, error) {
	where := request.Where(r.Context())
	resp, err := d.player.RoundTrip(r)
	var unknown *recording.UnrecordedError
	if errors.As(err, &unknown) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.of.Run.Limit > 0 && unknown.Again == 0 && d.played() {
			d.stop(errCut)
			return nil, err
		}
		m := Mismatch{At: d.at.Range, Kind: Unexpected, Text: unknown.Error()}
		if where != "" {
			m.Notes = append(m.Notes, "asked at  "+where)
		}
		if len(d.refused) < maxRefused {
			d.refused = append(d.refused, m)
		}
		d.stop(errRefused)
	}
	return resp, err
}

// errCut ends a run where the recorded one was stopped, after so many records.
var errCut = errors.New("the recorded run was stopped here")

// played says that all that was recorded of vendors was asked for.
func (d *recorded) played() bool {
	for _, x := range d.player.Unused() {
		if x.Client != "threatq" {
			return false
		}
	}
	return true
}

func (d *recorded) covers(path string, base *url.URL) bool {
	path, _, _ = strings.Cut(path, "?")
	for _, x := range d.of.Exchanges {
		if u, err := url.Parse(x.Request.URL); err == nil && (samePath(path, u, base) || strings.HasSuffix(u.Path, slash(path))) {
			return true
		}
	}
	return false
}

// unmet: what a recording holds of other clients, other flows among them, need not be asked for.
func (d *recorded) unmet() []Mismatch {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.refused
	for _, x := range d.player.Unused() {
		if len(d.refused) == 0 && len(d.of.Run.Flows) == 1 && d.of.Run.Flows[0] == d.test.Flow.Name && x.Client != "threatq" {
			out = append(out, Mismatch{At: d.at.Range, Kind: Unexpected, Text: "nobody asks for what was recorded: " + x.Request.Method + " " + bareURL(x.Request.URL)})
		}
	}
	return out
}

func bareURL(text string) string {
	bare, _, _ := strings.Cut(text, "?")
	return bare
}
