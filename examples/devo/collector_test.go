package devo

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const head = `[{"k":{"type":"str","key":true}},{"v":{"type":"str"}}]`

func open(t *testing.T, o Options) (*Simulator, string) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	addr, err := s.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	return s, addr
}

// send writes bytes on one connection, and waits until they are read.
func send(t *testing.T, s *Simulator, addr string, what []byte) error {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(s.Identity().Certificate), []byte(s.Identity().Key))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.Identity().Chain))
	c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write(what); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c)
	return err
}

func tagged(tag, message string) string {
	return "<14>Jan  1 00:00:00 host " + tag + ": " + message + "\n"
}
func control(action, what string) string {
	return tagged("my.lookup.control.l."+action, "1_l|"+what+"|"+head)
}
func data(row string) string { return tagged("my.lookup.data.l", "1_l|"+row) }

// Sessions are taken as a whole, or spoiled without a word.
func TestStaging(t *testing.T) {
	start, end := control("FULL", "START"), control("FULL", "END")
	tests := []struct{ name, text, state, why string }{
		{"whole", start + data(`"a",1`) + end, "applied", ""},
		{"without END", start + data(`"a",1`), "open", ""},
		{"without START", data(`"a",1`) + end, "failed", "a row before it was opened"},
		{"END alone", end, "failed", "closed, but never opened"},
		{"opened twice", start + start + end, "failed", "opened twice"},
		{"a column short", start + data(`"a"`) + end, "failed", "a row of 1 columns, not 2"},
		{"an open quotation mark", start + data(`"a,1`) + end, "failed", "an open quotation mark"},
		{"a quotation mark not doubled", start + data(`"a"b",1`) + end, "failed", "no comma after a quoted value"},
		{"a line break in a value", start + data("\"a\nb\",1") + end, "failed", "an open quotation mark"},
		{"a deletion in FULL", start + tagged("my.lookup.data.l.DELETE", `1_l|"a",1`) + end, "failed", "a row to delete, where everything is replaced"},
		{"other columns at the end", start + strings.Replace(end, `"v"`, `"w"`, 1), "failed", "closed otherwise than it was opened"},
		{"no columns", strings.Replace(start, head, "[]", 1) + end, "failed", "the header is no list of columns"},
		{"no key", strings.Replace(start, `,"key":true`, "", 1), "failed", "column 1 of the header is wrong"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, addr := open(t, Options{})
			_ = send(t, s, addr, []byte(test.text)) // which a line that is none may end
			all := s.Sessions()
			if len(all) == 0 || all[0].State != test.state || all[0].Why != test.why {
				t.Errorf("%+v, want %s: %s", all, test.state, test.why)
			}
			if applied := s.Count("l") >= 0; applied != (test.state == "applied") {
				t.Errorf("applied: %v", applied)
			}
		})
	}
}

// Members of gzip may take turns with lines; a session may come over several connections.
func TestFraming(t *testing.T) {
	s, addr := open(t, Options{Record: true})
	var all bytes.Buffer
	member := func(text string) {
		w := gzip.NewWriter(&all)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
	}
	all.WriteString(control("FULL", "START"))
	member(data(`"a",1`) + data(`"b",2`))
	member(data(`"c",3`))
	all.WriteString(data(`"d","4, ""four"""`))
	if err := send(t, s, addr, all.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := send(t, s, addr, []byte(control("FULL", "END"))); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(s.Tables()["l"].Rows)
	if want := `[[a 1] [b 2] [c 3] [d 4, "four"]]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	conns := s.Connections()
	if len(conns) != 2 || conns[0].Messages != 5 || conns[0].End != "EOF" || !bytes.Equal(conns[0].Raw, all.Bytes()) || conns[0].TLS != "TLS 1.3" || conns[0].Subject != "CN=sandbox,O=Sandbox" {
		t.Errorf("%+v", conns)
	}
}

// A client without the right certificate gets nowhere.
func TestStrangers(t *testing.T) {
	s, addr := open(t, Options{})
	other, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(other.Identity().Certificate), []byte(other.Identity().Key))
	if err != nil {
		t.Fatal(err)
	}
	show := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	for name, config := range map[string]*tls.Config{"no certificate": {}, "another authority's": {GetClientCertificate: show}} {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(s.Identity().Chain))
		c, err := tls.Dial("tcp", addr, config)
		if err != nil {
			t.Fatal(err) // TLS 1.3 tells only afterwards
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "remote error") {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
	}
}

func TestFaults(t *testing.T) {
	for _, text := range []string{"", "nonsense", "close n=x", "close x=1", "late delay=1"} {
		if _, err := ParseFault(text); err == nil {
			t.Errorf("%q: taken", text)
		}
	}
	s, addr := open(t, Options{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	post := func(body string) (int, string) {
		resp, err := http.Post(server.URL+"/_sandbox/faults", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if code, _ := post("close\nnonsense"); code != 400 || len(s.faults.texts()) != 0 {
		t.Error("a wrong line is taken with the others", code)
	}
	if code, text := post("idle-close delay=50ms\nstatus code=503 on=PUT:deploy-csv"); code != 200 || text != `{"faults":["idle-close","status PUT:deploy-csv"]}`+"\n" {
		t.Error(code, text)
	}
	pair, err := tls.X509KeyPair([]byte(s.Identity().Certificate), []byte(s.Identity().Key))
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection ended with %v", err)
	}
	if code, text := post("clear"); code != 200 || text != `{"faults":[]}`+"\n" {
		t.Error(code, text)
	}
}

func TestFields(t *testing.T) {
	for row, want := range map[string][]string{
		`1`: {"1"}, ``: {""}, `,`: {"", ""}, `"a","b,""c"""`: {"a", `b,"c"`}, `1,"",-3`: {"1", "", "-3"}, `"`: nil, `"a"b`: nil, `a"b`: nil,
	} {
		got, err := fields(row)
		if !slices.Equal(got, want) || (err != nil) != (want == nil) {
			t.Errorf("%q: %q, %v, want %q", row, got, err, want)
		}
	}
}
