package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/recording"
	"tqmap/examples"
	"tqmap/examples/threatq"
	"tqmap/mappings"
)

// recorded is a simulated appliance and the runs of one mapping against it.
type recorded struct {
	t    *testing.T
	dir  string
	name string
	args []string // what every run is given
	env  map[string]string
}

func newRecorded(t *testing.T, name string, more ...string) (*recorded, *examples.Sandbox) {
	t.Helper()
	box, err := examples.Open(t.Context(), name, examples.Options{Rate: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	r := &recorded{t: t, dir: t.TempDir(), name: name, env: map[string]string{
		"TQMAP_THREATQ_HOST": box.LibraryURL, "TQMAP_THREATQ_CLIENT_ID": box.Account.ClientID,
		"TQMAP_THREATQ_CLIENT_SECRET": threatq.DefaultClientSecret, // its password is a word of the records
	}}
	for _, params := range []map[string]string{box.Defaults, box.Params} {
		for k, v := range params {
			r.args = append(r.args, "--param", k+"="+v)
		}
	}
	r.args = append(append(r.args, "-c", r.dir, "-v", "1", "--now", time.Now().UTC().Format(time.RFC3339)), more...)
	return r, box
}

func (r *recorded) file(name string) string { return filepath.Join(r.dir, name) }

// tqmap runs a verb and answers what it prints, on stdout and stderr.
func (r *recorded) tqmap(code int, args ...string) string {
	r.t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(k string) string { return r.env[k] }, now: time.Now}
	if got := a.main(context.Background(), append([]string{"tqmap"}, args...)); got != code {
		r.t.Fatalf("tqmap %s: exit code %d, want %d\n%s%s", args[0], got, code, &errs, &out)
	}
	return out.String() + errs.String()
}

func (r *recorded) preview() string {
	return r.tqmap(0, append([]string{"preview", r.name, "--format", "json", "--limit", "0"}, r.args...)...)
}

func (r *recorded) record(file string, more ...string) string {
	return r.tqmap(0, append(append([]string{"record", r.name, "-o", r.file(file)}, r.args...), more...)...)
}

func (r *recorded) replay(file string) string {
	return r.tqmap(0, "preview", r.name, "--from", r.file(file), "--format", "json", "--limit", "0", "-v", "1")
}

func (r *recorded) text(file string) string {
	b, err := os.ReadFile(r.file(file))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// What is recorded in the sandbox gives the objects that the sandbox gives; anonymized, as many
// and as related, about others.
func TestRecordingGivesTheSameObjects(t *testing.T) {
	for _, c := range []struct {
		name string
		more []string
	}{
		{"ironnet", nil}, {"darktrace", nil}, {"darktrace", []string{"--export"}}, {"netscout_aed", nil}, {"netscout_aed", []string{"--export"}},
		{"cisco_threat_response", nil}, {"devo", nil},
	} {
		t.Run(strings.Join(append([]string{c.name}, c.more...), " "), func(t *testing.T) {
			t.Parallel()
			r, box := newRecorded(t, c.name, c.more...)
			live := r.preview()
			if strings.Count(live, "\n") < 100 {
				t.Fatalf("little to compare: %s", live)
			}
			said := r.record("plain.recording")
			if !strings.Contains(said, "Nothing was written elsewhere") || strings.Contains(said, "taken out:   nothing") {
				t.Error(said)
			}
			r.record("other.recording", "--anonymize")
			r.record("again.recording", "--anonymize")
			box.Close() // nothing is asked from here on
			if got := r.replay("plain.recording"); got != live {
				t.Errorf("replayed otherwise than seen:\n%s", firstDifference(live, got))
			}
			other := r.replay("other.recording")
			if c.name == "netscout_aed" && c.more == nil { // it has no use for addresses of documents, which the stand-ins are
				if strings.Count(other, `"object": "event"`) != strings.Count(live, `"object": "event"`) {
					t.Error("other events")
				}
				return
			}
			anonymized(t, live, other, r.text("other.recording"))
			if ports.ReplaceAllString(r.text("other.recording"), "") != ports.ReplaceAllString(r.text("again.recording"), "") {
				t.Error("a second recording is anonymized otherwise")
			}
		})
	}
}

// dates and tokens of answers differ from run to run.
var ports = regexp.MustCompile(`(?m)^(Date|X-Ratelimit.*|Retry-After):.*$|"(expires_at|expires_in|created_at)": .*`)

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(b), len(a))
}

var address = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)

// anonymized wants the same structure, one stand-in for one text, and no address of before.
func anonymized(t *testing.T, before, after, file string) {
	t.Helper()
	var was, is any
	if json.Unmarshal([]byte(before), &was) != nil || json.Unmarshal([]byte(after), &is) != nil {
		t.Fatal("no JSON")
	}
	there, back := map[string]string{}, map[string]string{}
	alike(t, was, is, "", there, back)
	changed := 0
	for a, b := range there {
		if a != b {
			changed++
		}
	}
	if changed == 0 {
		t.Error("nothing was anonymized")
	}
	for _, ip := range address.FindAllString(before, -1) {
		a, err := netip.ParseAddr(ip)
		if err != nil || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || strings.HasPrefix(ip, "255.") || standInNets.MatchString(ip) {
			continue
		}
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(ip) + `\b`).MatchString(file) {
			t.Errorf("%s is still there", ip)
			return
		}
	}
}

// Addresses that may be stand-ins of others.
var standInNets = regexp.MustCompile(`^(192\.0\.2|198\.51\.100|203\.0\.113|198\.1[89]\.\d+|10\.0\.\d+)\.`)

func alike(t *testing.T, was, is any, at string, there, back map[string]string) {
	t.Helper()
	switch w := was.(type) {
	case map[string]any:
		i, ok := is.(map[string]any)
		if !ok || len(w) != len(i) {
			t.Fatalf("%s: %v, was %v", at, is, was)
		}
		for k := range w {
			alike(t, w[k], i[k], at+"."+k, there, back)
		}
	case []any:
		i, ok := is.([]any)
		if !ok || len(w) != len(i) {
			t.Fatalf("%s: %v, was %v", at, is, was)
		}
		for n := range w {
			alike(t, w[n], i[n], fmt.Sprintf("%s.%d", at, n), there, back)
		}
	case string:
		i, ok := is.(string)
		if !ok {
			t.Fatalf("%s: %v, was %v", at, is, was)
		}
		if old, seen := there[w]; seen && old != i {
			t.Errorf("%s: %q became %q and %q", at, w, old, i)
		}
		if old, seen := back[i]; seen && old != w {
			t.Errorf("%s: both %q and %q became %q", at, old, w, i)
		}
		there[w], back[i] = i, w
	default:
		if !reflect.DeepEqual(was, is) {
			t.Errorf("%s: %v, was %v", at, is, was)
		}
	}
}

// T07 U30: whatever a server says back, no secret stands in a recording, in no form.
func TestNoSecretIsRecorded(t *testing.T) {
	for i, c := range credentials {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			written := 0
			for j, m := range modes {
				if i%3 != j%3 && m.status != 401 && m.status != 200 {
					continue
				}
				l := newLeaks(t, m.status)
				l.mapping(c.name, c.block)
				file := filepath.Join(l.dir, "leaks.recording")
				for _, more := range [][]string{nil, {"--anonymize", "--force"}} {
					l.tqmap(append([]string{"record", "m.hcl", "-c", "state", "-o", file, "-v3", "--loglocation", "logs"}, more...)...)
					text, err := os.ReadFile(file)
					if err != nil {
						continue // nothing was sent
					}
					written++
					l.text += "\n$ file\n" + string(text)
					replayed := len(l.text)
					l.tqmap("preview", "m.hcl", "-c", "state", "--from", file)
					if m.status == 200 && c.name != "a proxy with a password" && !strings.Contains(l.text[replayed:], "$ tqmap preview (3)") { // one record of two is none
						t.Errorf("%s: it is not replayed: %s", m.name, l.text[replayed:])
					}
					if _, err := recording.Parse(text); err != nil {
						t.Errorf("%s: %v", m.name, err)
					}
				}
				l.text = strings.ReplaceAll(l.text, "tqmap sandbox ", "") // the library's password is a word
				l.nothing(m.name)
			}
			if written == 0 && c.name != "mtls" && c.name != "a proxy with a password" && c.name != "a base URL with a password" {
				t.Error("nothing was recorded")
			}
		})
	}
}

// The secrets of the built-in mappings, against a server that tells all it was told, in places
// where nobody looks.
func TestNoSecretOfABuiltinMappingIsRecorded(t *testing.T) {
	for _, name := range builtins() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, box := newRecorded(t, name)
			known, own := []string{threatq.DefaultClientSecret}, []string{} // own are those of the simulator, which the other server is not told
			var asked atomic.Int32
			echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				status := http.StatusOK
				if asked.Add(1) > 4 { // it never comes to an end
					status = http.StatusForbidden
				}
				sayTo(w, q, status, known)
			}))
			defer echo.Close()
			m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Names: []string{name + ".hcl"}}, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			away := append([]string{}, r.args...)
			for i, arg := range away {
				away[i] = strings.ReplaceAll(arg, strings.TrimPrefix(box.URL, "http://"), strings.TrimPrefix(echo.URL, "http://"))
			}
			for _, p := range m.Params {
				if !p.Sensitive {
					continue
				}
				if v := box.Params[p.Name]; len(v) > 8 && len(v) < 200 {
					own = append(own, v)
				}
				if p.Type == dsl.StringParam {
					away = append(away, "--param", p.Name+"="+planted(p.Name))
					known = append(known, planted(p.Name))
				}
			}
			if len(known) < 2 && len(own) == 0 {
				t.Fatal("no sensitive parameters")
			}
			text := r.record("honest.recording") + r.text("honest.recording")
			for _, more := range [][]string{{"--import"}, {"--export"}, {"--import", "--anonymize"}} {
				file := strings.Join(more, "") + ".recording"
				var out bytes.Buffer
				a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(k string) string { return r.env[k] }, now: time.Now}
				a.main(t.Context(), append(append([]string{"tqmap", "record", name, "-o", r.file(file)}, away...), more...))
				text += out.String()
				if b, err := os.ReadFile(r.file(file)); err == nil {
					text += string(b)
				}
			}
			for _, secret := range append(own, known...) {
				for _, form := range formsOf(secret) {
					form = strings.TrimRight(form, "=")
					if at := strings.Index(text, form[:min(len(form), 64)]); at >= 0 {
						t.Errorf("%q is recorded: %.300q", form, text[max(0, at-200):at+50])
						break
					}
				}
			}
			if strings.Count(text, "***") < 5 {
				t.Errorf("little was recorded: %.2000s", text)
			}
		})
	}
}

// tell answers with what it was sent and knows.
func sayTo(w http.ResponseWriter, q *http.Request, status int, known []string) {
	body, _ := io.ReadAll(q.Body)
	said := []string{q.URL.RawQuery, string(body), q.Header.Get("Authorization"), q.Header.Get("Cookie"), fmt.Sprint(q.Header)}
	for _, secret := range known {
		said = append(said, formsOf(secret)...)
	}
	text := strings.Join(said, " ; ")
	w.Header().Set("X-Echo", url.QueryEscape(text))
	w.Header().Set("Link", "<http://"+q.Host+"/next?api_key="+url.QueryEscape(text)+`>; rel="next"`)
	http.SetCookie(w, &http.Cookie{Name: "seen", Value: base64.StdEncoding.EncodeToString([]byte(text))})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"token": "t0ken-of-this-server", "text": text, "all": said, text: 1, "alerts": []any{map[string]any{"id": text}}, "next": "http://" + q.Host + "/?key=" + url.QueryEscape(text)})
}
