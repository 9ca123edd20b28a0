package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// scenarioBase is the mapping around the parts of an archive: TOP stands beside the flow, CLIENT in
// its client, SOURCE in its source, RECORD in its record, RULES after that.
const scenarioBase = `connector "feed" {
  title  = "Feed"
  source = "Feed"
}
client "api" {
  base_url = "{api}"
CLIENT}
TOPflow "f" {
  source "http" {
    client = client.api
SOURCE  }
  record "r" {
RECORD  }
RULES}
`

// scenarioParts are what an archive leaves out.
var scenarioParts = map[string]string{
	"source": "request { path = \"/items\" }\n",
	"record": "extract = jq(\".items[]\")\nkey = expr(\"r.id\")\n",
	"rules":  "indicator \"i\" {\ntype = \"FQDN\"\nvalue = expr(\"VALUE\")\n}\n",
	"value":  "string(r.id)",
	"runs":   "12:00:00",
}

// TestScenarios carries out each archive: a mapping, what the server answers, one or more runs,
// and what comes of it. Its files:
//
//	client, top, source, record, rules   parts of scenarioBase
//	value    expr of the name of the object that a record becomes
//	server   the answers of a run, "server 2" those of the second one; see play
//	other    the same of a second server, {other}
//	runs     a line for each: its clock, then until=TIME, since=TIME (param.since), param.NAME=VALUE, crash=N (the Nth commit fails), preview, dry
//	with     lines "headers A B" (to show), "log TEXT" (lines to show), "sorted" (requests that are
//	         sent at once; of the checkpoints only where they end), "once" (no preview and dry run beside the first run)
//	want     everything that happened; -update rewrites it
//
// A preview and a dry run of the first run must send the same requests (U60).
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(names) < 180 {
		t.Fatalf("%d scenarios, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file := maps.Clone(scenarioParts)
			for _, f := range archive.Files {
				file[f.Name] = string(f.Data)
			}
			got := runScenario(t, file)
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := gocmp.Diff(file["want"], got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

// scenario is one archive while it is carried out.
type scenario struct {
	t       *testing.T
	file    map[string]string
	headers []string
	logs    []string
	sorted  bool
	once    bool

	api, other *play
	lib        *library
	state      *memory
	now        time.Time
	waits      []string
	mu         sync.Mutex // of now and waits
	log        bytes.Buffer
	out        strings.Builder
}

func runScenario(t *testing.T, file map[string]string) string {
	s := newScenario(t, file)
	lines := strings.Split(strings.TrimSpace(file["runs"]), "\n")
	for i, line := range lines {
		s.serve(i + 1)
		sent := s.run(line)
		if i == 0 && !s.once && !strings.Contains(line, "crash") {
			for _, how := range []string{"preview", "dry"} {
				twin := newScenario(t, file)
				twin.serve(1)
				got := twin.run(line + " " + how)
				if diff := gocmp.Diff(sent, got); diff != "" {
					t.Errorf("U60: %s sends other requests than the run (- run, + %s)\n%s\n%s", how, how, diff, &twin.out)
				}
			}
		}
	}
	s.serve(len(lines) + 1)
	return s.out.String()
}

func newScenario(t *testing.T, file map[string]string) *scenario {
	s := &scenario{t: t, file: file, state: &memory{}, now: noon}
	s.lib = newLibrary(s.clock)
	for _, line := range strings.Split(strings.TrimSpace(file["with"]), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "headers":
			s.headers = strings.Fields(rest)
		case "log":
			s.logs = append(s.logs, rest)
		case "sorted":
			s.sorted = true
		case "once":
			s.once = true
		case "":
		default:
			t.Fatalf("with: no %q", word)
		}
	}
	s.api, s.other = newPlay(t), newPlay(t)
	return s
}

// serve gives the servers what they answer in run n; what the run before left over is an error.
func (s *scenario) serve(n int) {
	names := []string{"server", "other"}
	for i, to := range []*play{s.api, s.other} {
		to.done(s.t)
		text := s.file[names[i]]
		if n > 1 {
			text = s.file[fmt.Sprint(names[i], " ", n)]
		}
		to.load(s.known(text))
	}
}

// known puts the addresses of the servers into text, hide takes them out.
func (s *scenario) known(text string) string {
	return strings.NewReplacer("{api}", s.api.server.URL, "{other}", s.other.server.URL, "{other_host}", strings.TrimPrefix(s.other.server.URL, "http://")).Replace(text)
}

func (s *scenario) hide(text string) string {
	text = strings.NewReplacer(s.api.server.URL, "{api}", s.other.server.URL, "{other}").Replace(text)
	bare := func(u string) string { return strings.TrimPrefix(u, "http://") }
	return strings.NewReplacer(bare(s.api.server.URL), "{api}", bare(s.other.server.URL), "{other}").Replace(text)
}

func (s *scenario) mapping() *dsl.Mapping {
	rules := strings.ReplaceAll(s.file["rules"], "VALUE", strings.TrimSpace(s.file["value"]))
	text := s.known(strings.NewReplacer("TOP", s.file["top"], "CLIENT", s.file["client"], "SOURCE", s.file["source"], "RECORD", s.file["record"], "RULES", rules).Replace(scenarioBase))
	return load(s.t, text)
}

// run carries out one line of runs and returns the requests that were sent.
func (s *scenario) run(line string) []string {
	s.t.Helper()
	words := strings.Fields(line)
	if s.now = instantAt(words[0]); len(words) > 0 {
		fmt.Fprintf(&s.out, "run %s\n", line)
	}
	run := &Run{
		Platform: threatq.NewClient(s.lib, threatq.Options{}), State: s.state, Sleep: s.sleep,
		Log: slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	preview, given := false, map[string]dsl.Given{}
	s.state.fail = nil
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "until":
			run.Until = instantAt(value)
		case "since":
			given["since"] = dsl.Text(value, "run")
		case "crash":
			s.crash(value)
		case "dry":
			run.DryRun = true
		case "preview":
			preview = true
		default:
			param, ok := strings.CutPrefix(name, "param.")
			if !ok {
				s.t.Fatalf("runs: no %q", word)
			}
			given[param] = dsl.Text(value, "run")
		}
	}
	bound, errs := s.mapping().Bind(given, s.now)
	if len(errs) > 0 {
		s.t.Fatal(errs)
	}
	run.Bound = bound
	run.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return OpenClient(ctx, bound, c, ClientOptions{Now: s.clock, Sleep: s.sleep, Log: run.Log})
	}
	before, stood := s.lib.names(), s.checkpoints()
	s.log.Reset()
	s.waits = nil
	if preview {
		s.preview(run)
	} else {
		s.report(run.Report(context.Background(), bound.Flows))
	}
	sent := s.requests()
	s.lines("", sent)
	if len(s.waits) > 0 {
		s.lines("waited ", []string{strings.Join(s.waits, " ")})
	}
	made := slices.DeleteFunc(s.lib.names(), func(n string) bool { return slices.Contains(before, n) })
	for i := range made {
		made[i] = strings.TrimPrefix(made[i], "indicators ")
	}
	if len(made) > 0 {
		s.lines("new ", []string{listed(made)})
	}
	s.lines("cursor ", s.moves(stood))
	for _, text := range s.logs {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, text) {
				_, msg, _ := strings.Cut(strings.TrimSpace(line), " level=")
				s.lines("log ", []string{msg})
			}
		}
	}
	return sent
}

func (s *scenario) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *scenario) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = append(s.waits, d.String())
	s.now = s.now.Add(d)
	return ctx.Err()
}

func (s *scenario) crash(n string) {
	done := 0
	s.state.fail = func(int, Commit) error {
		if done++; fmt.Sprint(done) >= n {
			return errCrash
		}
		return nil
	}
}

func instantAt(text string) time.Time {
	if len(text) <= len("12:00:00.000000") {
		return at(text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// listed is a list of names, of a long one the ends.
func listed(names []string) string {
	if n := len(names); n > 12 {
		return fmt.Sprintf("%s … %s (%d)", names[0], names[n-1], n)
	}
	return strings.Join(names, " ")
}

func (s *scenario) lines(prefix string, lines []string) {
	for _, l := range lines {
		fmt.Fprintf(&s.out, "  %s%s\n", prefix, strings.ReplaceAll(s.hide(l), "\n", "\n    "))
	}
}

// requests are what both servers got in this run.
func (s *scenario) requests() []string {
	var out []string
	for i, from := range []*play{s.api, s.other} {
		for _, r := range from.take() {
			text := []string{"> ", "> other "}[i] + r.line
			for _, h := range s.headers {
				for _, v := range r.header.Values(h) {
					text += "\n" + h + ": " + v
				}
			}
			if r.body != "" {
				text += "\n" + r.body
			}
			out = append(out, s.hide(text))
		}
	}
	if s.sorted {
		slices.Sort(out)
	}
	return out
}
