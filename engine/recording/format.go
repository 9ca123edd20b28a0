package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"tqmap/dsl/prose"
)

// Extension is how the name of a recording ends.
const Extension = ".recording"

const (
	magic   = "tqmap recording "
	version = 1
)

// Is says whether data begins like a recording; any other file may be a plain answer.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// FormatError says what is wrong with a recording, and where.
type FormatError struct {
	// Part is the line of the file that begins the part, "" for its head.
	Part   string
	Reason string
}

func (e *FormatError) Error() string {
	if e.Part == "" {
		return "the recording cannot be read: " + e.Reason
	}
	return fmt.Sprintf("the recording cannot be read, in the part %q: %s", "-- "+e.Part+" --", e.Reason)
}

// Format is the text of r.
func (r *Recording) Format() ([]byte, error) {
	a := &txtar.Archive{Comment: fmt.Appendf(nil, "%s%d\n\nMade with `tqmap record`; lines below may be edited. *** stands where a secret was.\n\n", magic, version)}
	head, err := encode(r.Run)
	if err != nil {
		return nil, err
	}
	a.Files = append(a.Files, txtar.File{Name: "run", Data: head})
	for i := range r.Exchanges {
		a.Files = append(a.Files, parts(i+1, &r.Exchanges[i])...)
	}
	return txtar.Format(a), nil
}

func encode(v any) ([]byte, error) {
	text, err := prose.Indented(v)
	return []byte(text), err
}

func parts(n int, x *Exchange) []txtar.File {
	out := []txtar.File{{Name: fmt.Sprintf("%d %s", n, x.Client), Data: head(x.Request.Method+" "+x.Request.URL, x.Request.Header)}}
	out = append(out, bodyPart(x.Request.Body)...)
	first := strconv.Itoa(x.Answer.Status)
	if x.Answer.Status == 0 {
		first = "lost " + oneLine(x.Answer.Lost)
	}
	out = append(out, txtar.File{Name: "answer", Data: head(first, x.Answer.Header)})
	return append(out, bodyPart(x.Answer.Body)...)
}

func head(first string, h http.Header) []byte {
	var b strings.Builder
	b.WriteString(first + "\n")
	for _, name := range names(h) {
		for _, value := range h[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, oneLine(value))
		}
	}
	return []byte(b.String())
}

func names(h http.Header) []string {
	var out []string
	for name := range h {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// bodyPart chooses the form of a body that reads best and gives it back exactly, white space
// between the tokens of one JSON document apart.
func bodyPart(body []byte) []txtar.File {
	if len(body) == 0 {
		return nil
	}
	if trimmed := bytes.TrimSpace(body); json.Valid(trimmed) && !bytes.ContainsAny(trimmed, "\r\n") && (trimmed[0] == '{' || trimmed[0] == '[') {
		var b bytes.Buffer
		if json.Indent(&b, trimmed, "", "  ") == nil && kept("json", append(b.Bytes(), '\n')) {
			return []txtar.File{{Name: "body json", Data: append(b.Bytes(), '\n')}}
		}
	}
	text := append(slices.Clip(body), '\n')
	if printable(body) && kept("text", text) {
		return []txtar.File{{Name: "body text", Data: text}}
	}
	return []txtar.File{{Name: "body base64", Data: wrapped(base64.StdEncoding.EncodeToString(body))}}
}

// kept says whether data is one part, whatever its lines look like.
func kept(form string, data []byte) bool {
	a := txtar.Parse(txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: form, Data: data}}}))
	return len(a.Files) == 1 && bytes.Equal(a.Files[0].Data, data)
}

// printable leaves out what an editor or a terminal would change or obey.
func printable(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfeff
	})
}

const lineLength = 100

func wrapped(s string) []byte {
	var b bytes.Buffer
	for len(s) > lineLength {
		b.WriteString(s[:lineLength] + "\n")
		s = s[lineLength:]
	}
	b.WriteString(s + "\n")
	return b.Bytes()
}

// Parse reads the text of a recording; its error is a *FormatError.
func Parse(data []byte) (*Recording, error) {
	if !Is(data) {
		return nil, &FormatError{Reason: fmt.Sprintf("its first line is not %q", magic+strconv.Itoa(version))}
	}
	first, _, _ := strings.Cut(string(data[len(magic):]), "\n")
	if strings.TrimSpace(first) != strconv.Itoa(version) {
		return nil, &FormatError{Reason: fmt.Sprintf("it is of version %.20q, and this program knows version %d: use a newer tqmap", strings.TrimSpace(first), version)}
	}
	p := &parser{rec: &Recording{}, files: txtar.Parse(data).Files}
	if err := p.all(); err != nil {
		return nil, err
	}
	return p.rec, nil
}

type parser struct {
	rec   *Recording
	files []txtar.File
}

func (p *parser) all() error {
	if len(p.files) == 0 || p.files[0].Name != "run" {
		return &FormatError{Reason: "the part \"-- run --\" is missing, which comes first"}
	}
	d := json.NewDecoder(bytes.NewReader(p.files[0].Data))
	d.UseNumber()
	if err := d.Decode(&p.rec.Run); err != nil {
		return &FormatError{Part: "run", Reason: "it is no JSON document: " + err.Error()}
	}
	if err := checkParams(p.rec.Run.Params); err != nil {
		return &FormatError{Part: "run", Reason: err.Error()}
	}
	for p.files = p.files[1:]; len(p.files) > 0; {
		x, err := p.exchange()
		if err != nil {
			return err
		}
		p.rec.Exchanges = append(p.rec.Exchanges, *x)
	}
	return nil
}

func (p *parser) exchange() (*Exchange, error) {
	f := p.files[0]
	x := &Exchange{Client: f.Name}
	if number, name, found := strings.Cut(f.Name, " "); found {
		if _, err := strconv.Atoi(number); err == nil {
			x.Client = strings.TrimSpace(name)
		}
	}
	first, header, err := parseHead(f)
	if err != nil {
		return nil, err
	}
	x.Request.Header = header
	method, at, _ := strings.Cut(first, " ")
	if u, err := url.Parse(at); err != nil || method == "" || at == "" || u.Opaque != "" {
		return nil, &FormatError{f.Name, "its first line is no request such as GET https://api.example/items"}
	}
	x.Request.Method, x.Request.URL = method, at
	p.files = p.files[1:]
	if x.Request.Body, err = p.body(); err != nil {
		return nil, err
	}
	if len(p.files) == 0 || p.files[0].Name != "answer" {
		return nil, &FormatError{f.Name, "no part \"-- answer --\" follows it"}
	}
	answer := p.files[0]
	if first, x.Answer.Header, err = parseHead(answer); err != nil {
		return nil, err
	}
	p.files = p.files[1:]
	if why, lost := strings.CutPrefix(first, "lost"); lost {
		x.Answer.Lost = strings.TrimSpace(why)
	} else if x.Answer.Status, err = strconv.Atoi(first); err != nil || x.Answer.Status < 100 || x.Answer.Status > 999 {
		return nil, &FormatError{answer.Name + " of " + f.Name, "its first line is no status such as 200"}
	}
	x.Answer.Body, err = p.body()
	return x, err
}

func parseHead(f txtar.File) (first string, h http.Header, err error) {
	h = http.Header{}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), "\n"), "\n")
	for _, line := range lines[1:] {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		if !found || !token(name) {
			return "", nil, &FormatError{f.Name, fmt.Sprintf("%.40q is no header such as Content-Type: text/plain", line)}
		}
		h.Add(name, oneLine(value))
	}
	return strings.TrimSpace(lines[0]), h, nil
}

// token says whether name can be the name of a header.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) })
}

// body reads the body part that comes next, if one does.
func (p *parser) body() ([]byte, error) {
	if len(p.files) == 0 {
		return nil, nil
	}
	f := p.files[0]
	form, isBody := strings.CutPrefix(f.Name, "body")
	if !isBody {
		return nil, nil
	}
	p.files = p.files[1:]
	switch strings.TrimSpace(form) {
	case "json":
		return compacted(f)
	case "text":
		return bytes.TrimSuffix(f.Data, []byte("\n")), nil
	case "base64":
		b, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(f.Data), nil)))
		if err != nil {
			return nil, &FormatError{f.Name, err.Error()}
		}
		return b, nil
	}
	return nil, &FormatError{f.Name, "a body is json, text or base64"}
}

func compacted(f txtar.File) ([]byte, error) {
	var b bytes.Buffer
	if json.Compact(&b, f.Data) == nil {
		return b.Bytes(), nil
	}
	var v any
	err := json.Unmarshal(f.Data, &v)
	line := 1
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line += bytes.Count(f.Data[:min(int(syntax.Offset), len(f.Data))], []byte("\n"))
	}
	return nil, &FormatError{f.Name, fmt.Sprintf("line %d of it is no JSON: %v (call the part \"-- body text --\" to keep it as it is)", line, err)}
}

// Read reads a recording; what cannot be understood is a *FormatError.
func Read(r io.Reader) (*Recording, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, &FormatError{Reason: fmt.Sprintf("it is longer than %d MiB", maxFile>>20)}
	}
	return Parse(data)
}

// maxFile bounds a file that is read.
const maxFile = 1 << 30
