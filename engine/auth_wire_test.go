package engine

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// wire is a server that notes each request as it came.
type wire struct {
	*httptest.Server
	// script answers a request; nil: 200 without a body.
	script func(w http.ResponseWriter, r *http.Request, body string)

	mu    sync.Mutex
	notes []string
}

// noise are headers that every request has.
var noise = []string{"User-Agent", "Accept-Encoding", "Content-Length"}

func newWire(t *testing.T, script func(http.ResponseWriter, *http.Request, string)) *wire {
	t.Helper()
	w := &wire{script: script}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Server.Close)
	return w
}

func (w *wire) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	w.notes = append(w.notes, note(r, string(body)))
	script := w.script
	w.mu.Unlock()
	if script != nil {
		script(out, r, string(body))
	}
}

// note is "METHOD target", the headers by name, and the body, each on a line.
func note(r *http.Request, body string) string {
	lines := []string{r.Method + " " + r.RequestURI}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !slices.Contains(noise, name) {
			lines = append(lines, name+": "+strings.Join(r.Header[name], " | "))
		}
	}
	if body != "" {
		lines = append(lines, body)
	}
	return strings.Join(lines, "\n")
}

func (w *wire) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.notes
	w.notes = nil
	return out
}

// count is how many requests began with start.
func (w *wire) count(start string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, note := range w.notes {
		if strings.HasPrefix(note, start) {
			n++
		}
	}
	return n
}

// opened is a client made of a mapping, with what it told of secrets and wrote to the log.
type opened struct {
	*request.Client
	mu      sync.Mutex
	secrets []string
	log     strings.Builder
}

// authText is a mapping with one client, whose parameters are those in given, all but
// account sensitive.
func authText(base, rest string, given map[string]string) string {
	var b strings.Builder
	b.WriteString("connector \"c\" {\n  title  = \"C\"\n  source = \"C\"\n}\n")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		fmt.Fprintf(&b, "param %q {\n  type      = string\n  sensitive = %t\n}\n", name, name != "account")
	}
	fmt.Fprintf(&b, "client \"api\" {\n  base_url   = %q\n  retry_wait = \"1ms\"\n%s\n}\n", base, rest)
	return b.String()
}

// tryOpen opens the client of authText.
func tryOpen(t *testing.T, base, rest string, given map[string]string, opts ClientOptions) (*opened, error) {
	t.Helper()
	values := map[string]dsl.Given{}
	for name, v := range given {
		values[name] = dsl.Text(v, "test")
	}
	bound, errs := load(t, authText(base, rest, given)).Bind(values, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	o := &opened{}
	opts.OnSecret = func(s string) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.secrets = append(o.secrets, s)
	}
	opts.Log = slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	o.Client, err = OpenClient(t.Context(), bound, bound.Client("api"), opts)
	return o, err
}

func mustOpen(t *testing.T, base, rest string, given map[string]string, opts ClientOptions) *opened {
	t.Helper()
	o, err := tryOpen(t, base, rest, given, opts)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// get asks for /x.
func (o *opened) get(t *testing.T) error {
	t.Helper()
	_, err := o.Do(t.Context(), request.Request{Path: "/x"})
	return err
}

// hides checks that no secret is in err or the log, and that the redactor knows each.
func (o *opened) hides(t *testing.T, err error, secrets ...string) {
	t.Helper()
	text := fmt.Sprint(err, o.log.String())
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%q shows in %s", s, text)
		}
		if !slices.Contains(o.secrets, s) {
			t.Errorf("the redactor does not know %q", s)
		}
	}
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A proxy's address may hold a password, also one that cannot be used.
func TestProxyPassword(t *testing.T) {
	_, err := tryOpen(t, "http://api.example", `proxy = "user:hunter2@proxy.example:3128"`, nil, ClientOptions{})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "http://proxy.example.com:3128") {
		t.Errorf("%v", err)
	}
	mustOpen(t, "http://api.example", `proxy = "http://user:hunter2@proxy.example:3128"`, nil, ClientOptions{}).hides(t, nil, "hunter2")
}
