package examples_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// transcript is what a mapping and its server say to each other. The file is a txtar
// archive: before its first file lines "param <name> = <value>" and what else there is
// to say; then by turns "request n", which is compared, and "answer n", which is given: its
// status, header lines, an empty line, the body. "run n" begins another run, an hour later. The
// last file, "objects", is what is in ThreatQ then. {url} stands for the server's address.
type transcript struct {
	path    string
	params  map[string]string
	answers []string
	runs    []int // how many answers each run takes
	comment []byte
	want    string

	mu       sync.Mutex
	url      string
	requests []string
}

func readTranscript(t *testing.T, path string) *transcript {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := txtar.Parse(src)
	out := &transcript{path: path, params: map[string]string{}, runs: []int{0}, comment: a.Comment, want: string(src)}
	for _, line := range strings.Split(string(a.Comment), "\n") {
		if name, value, ok := strings.Cut(line, " = "); ok && strings.HasPrefix(name, "param ") {
			out.params[name[len("param "):]] = value
		}
	}
	for _, f := range a.Files {
		switch word, _, _ := strings.Cut(f.Name, " "); word {
		case "answer":
			out.answers = append(out.answers, string(f.Data))
			out.runs[len(out.runs)-1]++
		case "run":
			out.runs = append(out.runs, 0)
		case "request", "objects":
		default:
			t.Fatalf("%s: what is %q?", path, f.Name)
		}
	}
	return out
}

// ServeHTTP notes a request and gives the next answer.
func (tr *transcript) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	tr.mu.Lock()
	tr.requests = append(tr.requests, dump(r, body))
	n := len(tr.requests)
	tr.mu.Unlock()
	if n > len(tr.answers) {
		http.Error(w, "no answer is scripted", http.StatusTeapot)
		return
	}
	head, text, _ := strings.Cut(strings.ReplaceAll(tr.answers[n-1], "{url}", tr.url), "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	payload := []byte(strings.TrimSuffix(text, "\n"))
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Packed" {
			payload = packed(payload)
			continue
		}
		w.Header().Add(name, value)
	}
	status, _ := strconv.Atoi(lines[0])
	w.WriteHeader(status)
	_, _ = w.Write(payload)
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// plumbing are headers that say nothing about a mapping.
var plumbing = []string{"Accept-Encoding", "Content-Length", "User-Agent"}

// dump is a request byte by byte: its line, its headers in order, and its body.
func dump(r *http.Request, body []byte) string {
	var lines []string
	for name, values := range r.Header {
		for _, v := range values {
			if !slices.Contains(plumbing, name) {
				lines = append(lines, name+": "+v+"\n")
			}
		}
	}
	slices.Sort(lines)
	if r.TLS != nil {
		who := "nobody"
		for _, c := range r.TLS.PeerCertificates {
			who = c.Subject.CommonName
		}
		lines = append([]string{"(client certificate of " + who + ")\n"}, lines...)
	}
	out := r.Method + " " + r.RequestURI + "\n" + strings.Join(lines, "")
	if len(body) > 0 {
		out += "\n" + strings.TrimSuffix(string(body), "\n") + "\n"
	}
	return out
}

// written is the file as it went.
func (tr *transcript) written(objects string) string {
	a := txtar.Archive{Comment: tr.comment}
	n := 0
	for run, count := range tr.runs {
		if run > 0 {
			a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("run %d", run+1)})
		}
		if run == len(tr.runs)-1 {
			count = max(count, len(tr.requests)-n)
		}
		for range count {
			if n < len(tr.requests) {
				a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("request %d", n+1), Data: []byte(strings.ReplaceAll(tr.requests[n], tr.url, "{url}"))})
			}
			if n < len(tr.answers) {
				a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("answer %d", n+1), Data: []byte(tr.answers[n])})
			}
			n++
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "objects", Data: []byte(objects)})
	return string(txtar.Format(&a))
}
