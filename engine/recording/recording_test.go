package recording

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"
)

// masks is a stand-in for the redactor: it knows values as they are.
type masks struct{ known []string }

func (m *masks) Add(s string) { m.known = append(m.known, s) }
func (m *masks) String(s string) string {
	for _, k := range m.known {
		s = strings.ReplaceAll(s, k, Mask)
	}
	return s
}

func sample() *Recording {
	return &Recording{
		Run: Run{Connector: "probe", Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Flows: []string{"f"}, Params: map[string]any{"host": "api.example", "list": []any{"a", "b"}}},
		Exchanges: []Exchange{
			{Client: "api", Request: Request{Method: "POST", URL: "https://api.example/v1/items?a=1&b=x%20y", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":12345678901234567890,"t":"é<>"}`)},
				Answer: Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}, "Link": {"<x>", "<y>"}}, Body: []byte(`[{"a":1.50},{}]`)}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/text", Header: http.Header{}}, Answer: Answer{Status: 200, Header: http.Header{}, Body: []byte("one\n-- answer --\ntwo")}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/text", Header: http.Header{}}, Answer: Answer{Status: 200, Header: http.Header{}, Body: []byte("a,b\r\n1,2\r\n")}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/lines", Header: http.Header{}}, Answer: Answer{Status: 200, Header: http.Header{}, Body: []byte("{\"a\":1}\n{\"a\":2}\n")}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/bytes", Header: http.Header{}}, Answer: Answer{Status: 200, Header: http.Header{}, Body: bytes.Repeat([]byte{0, 255, 7}, 100)}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/gone", Header: http.Header{}}, Answer: Answer{Lost: "connection reset", Header: http.Header{}}},
			{Client: "api", Request: Request{Method: "GET", URL: "https://api.example/none", Header: http.Header{}}, Answer: Answer{Status: 204, Header: http.Header{}}},
		},
	}
}

// What is written is read back exactly, whatever bodies are made of.
func TestFormatIsReadBack(t *testing.T) {
	want := sample()
	text, err := want.Format()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v\n%s", got, want, text)
	}
	for _, line := range []string{"  \"id\": 12345678901234567890,", "-- body text --", "-- body base64 --", "lost connection reset"} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

// People edit: line ends of other systems, blank lines, other names of clients.
func TestEditedRecordings(t *testing.T) {
	text := "tqmap recording 1\r\n\n-- run --\n{\"connector\":\"c\",\"now\":\"2026-01-01T00:00:00Z\",\"params\":{\"n\":5}}\n-- 7 my client --\nGET /a\r\naccept: text/plain\r\n\r\n-- answer --\n200\n-- body text --\nhello"
	got, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	x := got.Exchanges[0]
	if x.Client != "my client" || x.Request.URL != "/a" || x.Request.Header.Get("Accept") != "text/plain" || string(x.Answer.Body) != "hello" {
		t.Errorf("%+v", x)
	}
	const head = "tqmap recording 1\n-- run --\n{\"connector\":\"c\",\"now\":\"2026-01-01T00:00:00Z\",\"params\":{}}\n"
	for _, c := range []struct{ text, want string }{
		{"{}", "first line"},
		{"tqmap recording 2\n", "newer tqmap"},
		{"tqmap recording 1\n", `"-- run --" is missing`},
		{"tqmap recording 1\n-- run --\n{", "no JSON document"},
		{"tqmap recording 1\n-- run --\n{\"params\":{\"a\":{}}}\n", `parameter "a"`},
		{head + "-- 1 a --\nnonsense\n-- answer --\n200\n", "no request such as"},
		{head + "-- 1 a --\nGET /\n", "-- answer --"},
		{head + "-- 1 a --\nGET /\n-- answer --\nfine\n", "no status such as 200"},
		{head + "-- 1 a --\nGET /\nno header\n-- answer --\n200\n", `"no header" is no header`},
		{head + "-- 1 a --\nGET /\n-- answer --\n200\n-- body json --\n{\n  \"a\": 1,\n}\n", "line 3 of it is no JSON"},
		{head + "-- 1 a --\nGET /\n-- answer --\n200\n-- body yaml --\na\n", "json, text or base64"},
		{head + "-- 1 a --\nGET /\n-- answer --\n200\n-- body base64 --\n?\n", "illegal base64"},
	} {
		_, err := Parse([]byte(c.text))
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, _ := sample().Format()
	f.Add(text)
	f.Add([]byte("tqmap recording 1\n-- run --\n{}\n-- 1 a --\nGET /\n-- answer --\n200\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			var format *FormatError
			if !errors.As(err, &format) {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		again, err := r.Format()
		if err != nil {
			t.Skip("a name that JSON cannot hold")
		}
		NewPlayer(r).Unused()
		if _, err := Parse(again); err != nil && !strings.ContainsAny(string(data), "\x00\r") {
			t.Fatalf("what was read is not read again: %v\n%s", err, again)
		}
	})
}

func FuzzScrub(f *testing.F) {
	f.Add([]byte(`{"password":"hunter2","next":"https://a/?token=x9","n":[1,2.50,null]}`), "application/json")
	f.Add([]byte("a=1&api_key=zzz"), "application/x-www-form-urlencoded")
	f.Add([]byte(`<a><token>x</token><b password='y'/></a>`), "text/xml")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		r := &Recording{Exchanges: []Exchange{{Request: Request{Method: "GET", URL: "http://a/"}, Answer: Answer{Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: body}}}}
		out, _ := r.Scrubbed(&masks{})
		anon, _ := out.Anonymized(StandIns{})
		for _, one := range []*Recording{out, anon} {
			if documents(body) && !documents(one.Exchanges[0].Answer.Body) {
				t.Fatalf("%q became %q, which is no JSON", body, one.Exchanges[0].Answer.Body)
			}
		}
	})
}

// through sends a request through a recorder to h, and answers what was kept.
func through(t *testing.T, limits Limits, h http.HandlerFunc, send func(c *http.Client, url string)) []Exchange {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	r := NewRecorder(limits)
	send(&http.Client{Transport: r.Transport("api", &http.Transport{DisableCompression: true})}, server.URL)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept
}

func TestRecorderUnpacks(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, `{"a":1}`)
	z.Close()
	wideText, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16"?><a/>`)
	if err != nil {
		t.Fatal(err)
	}
	got := through(t, Limits{}, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Server", "noise")
		w.Header().Set("X-Next", "2")
		switch q.URL.Path {
		case "/coded":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		case "/file":
			w.Write(packed.Bytes())
		case "/wide":
			io.WriteString(w, wideText)
		case "/damaged":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes()[:12])
		}
	}, func(c *http.Client, url string) {
		for _, path := range []string{"/coded", "/file", "/wide", "/damaged"} {
			resp, err := c.Get(url + path)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	if len(got) != 4 {
		t.Fatalf("%d kept", len(got))
	}
	for i, want := range []string{`{"a":1}`, `{"a":1}`, `<?xml version="1.0" encoding="utf-8"?><a/>`, string(packed.Bytes()[:12])} {
		a := got[i].Answer
		if string(a.Body) != want || a.Header.Get("X-Next") != "2" || a.Header.Get("Server") != "" || (a.Header.Get("Content-Encoding") != "") != (i == 3) {
			t.Errorf("%d: %q %v", i, a.Body, a.Header)
		}
	}
}

func TestRecorderRefusesWhatIsTooLong(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(make([]byte, 100_000))
	z.Close()
	for path, all := range map[string]bool{"/one": false, "/many": true, "/bomb": false} {
		var failed error
		got := through(t, Limits{Body: 1000, All: 2500}, func(w http.ResponseWriter, q *http.Request) {
			switch q.URL.Path {
			case "/one":
				w.Write(make([]byte, 1001))
			case "/many":
				w.Write(make([]byte, 900))
			default:
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(packed.Bytes())
			}
		}, func(c *http.Client, url string) {
			for range 3 {
				resp, err := c.Get(url + path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					failed = err
					return
				}
			}
		})
		var limit *LimitError
		if !errors.As(failed, &limit) || limit.All != all || !strings.Contains(limit.Error()+limit.Hint(), "--limit") {
			t.Errorf("%s: %v", path, failed)
		}
		if all != (len(got) == 2) {
			t.Errorf("%s: %d kept", path, len(got))
		}
	}
}

// What breaks off is kept as lost, unless the run was stopped.
func TestRecorderAndBrokenAnswers(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		got := through(t, Limits{}, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			if stopped {
				<-q.Context().Done()
			}
			panic(http.ErrAbortHandler)
		}, func(c *http.Client, url string) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			q, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
			resp, err := c.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			if stopped {
				stop()
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		})
		if stopped && len(got) != 0 || !stopped && (len(got) != 1 || got[0].Answer.Status != 0 || got[0].Answer.Lost == "") {
			t.Errorf("stopped %v: %+v", stopped, got)
		}
	}
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	got := through(t, Limits{}, func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, q.URL.Path) }, func(c *http.Client, url string) {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				resp, err := c.Post(url+"/x", "text/plain", strings.NewReader("body"))
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			})
		}
		all.Wait()
	})
	if len(got) != 20 || string(got[7].Request.Body) != "body" {
		t.Errorf("%d kept", len(got))
	}
}

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.recording")
	if err := sample().Save(path, &masks{[]string{"one"}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	text, _ := os.ReadFile(path)
	if strings.Contains(string(text), "one") {
		t.Error("what is known is written")
	}
	before := string(text)
	if err := sample().Save(path, &masks{[]string{"answer"}}); !errors.Is(err, ErrTooCommon) {
		t.Errorf("a secret that the format is made of: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != before {
		t.Error("the file was harmed")
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("files are left: %v", left)
	}
}

func TestScrubbed(t *testing.T) {
	for _, c := range []struct{ name, contentType, body, want string }{
		{"by name", "application/json", `{"access_token":"abc","token_type":"Bearer","expires_in":3600,"n":{"clientSecret":"q","page_token":"p2","passwordExpires":"2026"}}`,
			`{"access_token":"***","token_type":"Bearer","expires_in":3600,"n":{"clientSecret":"***","page_token":"p2","passwordExpires":"2026"}}`},
		{"kinds stay", "application/json", `{"password":1234,"token":null,"secret":"","apiKey":true}`, `{"password":0,"token":null,"secret":"","apiKey":true}`},
		{"lists and objects", "application/json", `{"tokens":["a","b"],"secret":{"value":"x","created":"y"}}`, `{"tokens":["***","***"],"secret":{"value":"***","created":"y"}}`},
		{"known, and learned late", "application/json", `{"text":"so k-nown and le4rned-late it is"}`, `{"text":"so *** and *** it is"}`},
		{"white space and numbers stay", "application/json", "{ \"a\" : 1.50,\n \"b\":[ ] }", "{ \"a\" : 1.50,\n \"b\":[ ] }"},
		{"JSON in JSON", "application/json", `{"raw":"{\"password\":\"x\"}"}`, `{"raw":"{\"password\":\"***\"}"}`},
		{"an address in JSON", "application/json", `{"next":"https://u:p@a.example/x?api_key=abc&page=2"}`, `{"next":"https://***@a.example/x?api_key=***&page=2"}`},
		{"lines", "application/x-ndjson", "{\"token\":\"a\"}\n{\"x\":1}\n", "{\"token\":\"***\"}\n{\"x\":1}\n"},
		{"form", "application/x-www-form-urlencoded", "user=a&x=1&token=q%20r", "user=a&x=1&token=***"},
		{"XML", "application/xml", `<r><token>abc</token><e password="p" id="1"/><o:ApiKey a="b">q</o:ApiKey></r>`, `<r><token>***</token><e password="***" id="1"/><o:ApiKey a="b">***</o:ApiKey></r>`},
		{"words", "text/plain", "Bearer abcdefghijklmnop and password=hunter2, Credential: Stuffing", "Bearer *** and password=***, Credential: Stuffing"},
		{"keys and tokens by their look", "text/plain", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln x", "*** x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Recording{Exchanges: []Exchange{
				{Request: Request{Method: "GET", URL: "http://a/"}, Answer: Answer{Status: 200, Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}},
				{Request: Request{Method: "GET", URL: "http://a/"}, Answer: Answer{Status: 200, Header: http.Header{"X-Auth-Token": {"le4rned-late"}}}},
			}}
			got, _ := r.Scrubbed(&masks{[]string{"k-nown"}})
			if body := string(got.Exchanges[0].Answer.Body); body != c.want {
				t.Errorf("got  %s\nwant %s", body, c.want)
			}
			if string(r.Exchanges[0].Answer.Body) != c.body {
				t.Error("the original was changed")
			}
		})
	}
}

func TestScrubbedHeadersAndAddresses(t *testing.T) {
	r := &Recording{Exchanges: []Exchange{{
		added: credentials{query: map[string]bool{"k": true}, header: map[string]bool{"X-Stamp": true}},
		Request: Request{Method: "POST", URL: "https://u:pw@a.example/k-nown/x?k=1&sig=2&q=k-nown&page=3",
			Header: http.Header{"Authorization": {"Bearer abc"}, "Cookie": {"sid=1; lang=de"}, "X-Stamp": {"20260301"}, "X-Plain": {"v"}},
			Body:   []byte(`{"username":"me","password":"pw","scope":"all"}`)},
		Answer: Answer{Status: 302, Header: http.Header{"Set-Cookie": {"sid=abc; Path=/; HttpOnly"}, "Location": {"/next?token=abc&x=1"}, "Www-Authenticate": {`Bearer realm="x"`}}},
	}}}
	got, counts := r.Scrubbed(&masks{[]string{"k-nown"}})
	x := got.Exchanges[0]
	if x.Request.URL != "https://***@a.example/***/x?k=***&sig=***&q=***&page=3" {
		t.Error(x.Request.URL)
	}
	if want := (http.Header{"Authorization": {"Bearer ***"}, "Cookie": {"sid=***; lang=***"}, "X-Stamp": {"***"}, "X-Plain": {"v"}}); !reflect.DeepEqual(x.Request.Header, want) {
		t.Error(x.Request.Header)
	}
	if want := (http.Header{"Set-Cookie": {"sid=***; Path=/; HttpOnly"}, "Location": {"/next?token=***&x=1"}, "Www-Authenticate": {`Bearer realm="x"`}}); !reflect.DeepEqual(x.Answer.Header, want) {
		t.Error(x.Answer.Header)
	}
	if string(x.Request.Body) != `{"username":"***","password":"***","scope":"all"}` {
		t.Errorf("%s", x.Request.Body)
	}
	if counts[byValue] == 0 || counts[byName] == 0 || counts[byAuth] == 0 {
		t.Error(counts)
	}
}

func TestAnonymized(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"addresses, in texts and defanged", `{"a":"8.8.4.4","b":"from 8[.]8[.]4[.]4 to 9.9.9.9:53, ip_8.8.4.4","c":["10.1.2.3","172.16.0.1","127.0.0.1","255.255.255.0","169.254.1.1"]}`,
			`{"a":"192.0.2.1","b":"from 192[.]0[.]2[.]1 to 192.0.2.2:53, ip_192.0.2.1","c":["10.0.0.1","10.0.0.2","127.0.0.1","255.255.255.0","169.254.1.1"]}`},
		{"networks and ranges", `"8.8.8.8/24 8.8.8.8-9 v1.2.3.4.5 1.2.3.400"`, `"192.0.2.1/24 192.0.2.1-9 v1.2.3.4.5 1.2.3.400"`},
		{"IPv6", `["2606:4700::1111","[2606:4700:0:0::1111]:443","fd12::1","fe80::1","::1","10:20:30","a::b::c","SaaS::Office365"]`,
			`["2001:db8::1","[2001:db8::1]:443","fd00::1","fe80::1","::1","10:20:30","a::b::c","SaaS::Office365"]`},
		{"hosts", `["www.evil.com","WWW.Evil.com.","hxxp://www[.]evil[.]com/a.php?u=http%3A%2F%2Fwww.evil.com","http://intranet:80/x","about intranet.","setup.exe","alert.json","e.g. this","C2 - DNS"]`,
			`["host-1.example","host-1.example.","hxxp://host-1[.]example/a.php?u=http%3A%2F%2Fhost-1.example","http://host-2:80/x","about host-2.","setup.exe","alert.json","e.g. this","C2 - DNS"]`},
		{"mail and users", `{"mail":"Jo.Doe@corp.example","username":"jdoe42","text":"jdoe42 and jo.doe@corp.example, CORP\\jdoe42","user":"admin","x":"admin"}`,
			`{"mail":"user-1@host-1.example","username":"user-2","text":"user-2 and user-1@host-1.example, CORP\\user-2","user":"user-3","x":"admin"}`},
		{"MAC", `["02:1A:71:76:DF:FA","02-1a-71-76-df-fa","021a.7176.dffa","ff:ff:ff:ff:ff:ff"]`, `["02:00:5E:00:00:01","02-00-5e-00-00-01","0200.5e00.0001","ff:ff:ff:ff:ff:ff"]`},
		{"a field of one's own", `{"device":"Jane's Phone","text":"On Jane's Phone","id":12}`, `{"device":"device-1","text":"On device-1","id":12}`},
		{"hashes, numbers, ids", `{"id":1808000001,"md5":"900150983cd24fb0d6963f7d28e17f72","fp":"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99","u":"3b7d52e0-91c4-4f6a-8e1d-5a20c7f4b913","t":"2026-03-01T12:00:00.5Z"}`,
			`{"id":1808000001,"md5":"900150983cd24fb0d6963f7d28e17f72","fp":"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99","u":"3b7d52e0-91c4-4f6a-8e1d-5a20c7f4b913","t":"2026-03-01T12:00:00.5Z"}`},
		{"keys", `{"8.8.8.8":{"hostname":"SRV1"},"hostname":"srv1"}`, `{"192.0.2.1":{"hostname":"host-1"},"hostname":"host-1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Recording{Exchanges: []Exchange{{Request: Request{Method: "GET", URL: "http://127.0.0.1/"}, Answer: Answer{Status: 200, Body: []byte(c.body)}}}}
			got, _ := r.Anonymized(StandIns{Fields: []string{"device"}})
			if body := string(got.Exchanges[0].Answer.Body); body != c.want {
				t.Errorf("got  %s\nwant %s", body, c.want)
			}
		})
	}
}

// More addresses than documents have, each with a stand-in of its own.
func TestStandInsDoNotRunOut(t *testing.T) {
	a, seen := newAnonymizer(StandIns{}), map[string]bool{}
	for i := range 70_000 {
		ip := strings.Join([]string{"8", itoa(i >> 16), itoa(i >> 8 & 255), itoa(i & 255)}, ".")
		s := a.text(ip)
		if seen[s] || s == ip {
			t.Fatalf("%s became %s", ip, s)
		}
		seen[s] = true
	}
	if s := a.text("8.0.0.0"); s != "192.0.2.1" {
		t.Error(s)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestPlayer(t *testing.T) {
	r := &Recording{Exchanges: []Exchange{
		{Client: "api", Request: Request{Method: "GET", URL: "https://a.example/items?page=1&key=***"}, Answer: Answer{Status: 200, Body: []byte("one")}},
		{Client: "api", Request: Request{Method: "GET", URL: "https://a.example/items?page=1&key=***"}, Answer: Answer{Status: 500, Body: []byte("two")}},
		{Client: "api", Request: Request{Method: "POST", URL: "https://a.example/find", Header: http.Header{"X-Page": {"1"}}, Body: []byte(`{"q":{"n":10,"token":"***"},"t":"a***z"}`)}, Answer: Answer{Status: 200, Body: []byte("found 1")}},
		{Client: "api", Request: Request{Method: "POST", URL: "https://a.example/find", Header: http.Header{"X-Page": {"2"}}, Body: []byte(`{"q":{"n":10,"token":"***"},"t":"a***z"}`)}, Answer: Answer{Status: 200, Body: []byte("found 2")}},
		{Client: "api", Request: Request{Method: "POST", URL: "https://a.example/form", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("a=1&password=***")}, Answer: Answer{Status: 204}},
		{Client: "api", Request: Request{Method: "POST", URL: "https://a.example/token", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("grant_type=client_credentials")}, Answer: Answer{Status: 200, Body: []byte("{}")}},
		{Client: "other", Request: Request{Method: "GET", URL: "https://b.example/lost"}, Answer: Answer{Lost: "reset by peer"}},
	}}
	p := NewPlayer(r)
	ask := func(client, method, url, body string, header ...string) (string, error) {
		q := httptest.NewRequest(method, url, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		resp, err := p.Transport(client, nil).RoundTrip(q)
		if err != nil {
			return "", err
		}
		b, _ := io.ReadAll(resp.Body)
		return resp.Status + " " + string(b), nil
	}
	for _, c := range []struct {
		client, method, url, body string
		header                    []string
		want                      string
	}{
		{"api", "GET", "http://elsewhere/items?key=mine&page=1", "", nil, "200 OK one"},
		{"api", "GET", "http://elsewhere/items?page=1", "", nil, "500 Internal Server Error two"},
		{"api", "GET", "http://elsewhere/items?page=1", "", nil, "was recorded 2 times"},
		{"api", "GET", "http://elsewhere/items?page=2", "", nil, "the nearest is GET /items?key=…&page=…, where the query parameter page differs"},
		{"api", "GET", "http://elsewhere/other", "", nil, "where the path is /items"},
		{"api", "PUT", "http://elsewhere/find", "", nil, "where the method is POST"},
		{"api", "POST", "http://elsewhere/find", `{"t":"a b z","q":{"n":11,"token":"x"}}`, nil, "body.q.n differs"},
		{"api", "POST", "http://elsewhere/find", `{"t":"a b z", "q":{"token":"x","n":10}}`, []string{"X-Page", "2"}, "200 OK found 2"},
		{"api", "POST", "http://elsewhere/find", `{"t":"az","q":{"n":10}}`, nil, "200 OK found 1"},
		{"api", "POST", "http://elsewhere/form", "password=x&a=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, "204 No Content "},
		{"api", "POST", "http://elsewhere/token", "grant_type=refresh_token&refresh_token=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, "200 OK {}"},
		{"api", "GET", "http://elsewhere/lost", "", nil, "is not in the recording"},
		{"other", "GET", "http://elsewhere/lost", "", nil, "reset by peer (as recorded)"},
		{"third", "GET", "http://elsewhere/lost", "", nil, "no request of this client"},
	} {
		got, err := ask(c.client, c.method, c.url, c.body, c.header...)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s %s %s: %s, want %s", c.method, c.url, c.body, got, c.want)
		}
	}
	if left := p.Unused(); len(left) != 0 {
		t.Errorf("%d unused", len(left))
	}
}

func TestServer(t *testing.T) {
	r := &Recording{Exchanges: []Exchange{
		{Request: Request{Method: "GET", URL: "https://a.example/items"}, Answer: Answer{Status: 200, Header: http.Header{"Link": {`<https://a.example/items?page=2>; rel="next"`}}, Body: []byte(`{"next":"https:\/\/a.example\/items?page=2"}`)}},
		{Request: Request{Method: "GET", URL: "https://a.example/items?page=2"}, Answer: Answer{Status: 200, Body: []byte("last")}},
		{Request: Request{Method: "GET", URL: "https://a.example/lost"}, Answer: Answer{Lost: "reset"}},
	}}
	server := httptest.NewServer(Server(r))
	defer server.Close()
	get := func(path string) (int, string, http.Header) {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			return 0, err.Error(), nil
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b), resp.Header
	}
	for range 2 { // the last answer again
		status, body, header := get("/items")
		if status != 200 || !strings.Contains(header.Get("Link"), server.URL+"/items?page=2") || body != `{"next":"`+strings.ReplaceAll(server.URL, "/", `\/`)+`\/items?page=2"}` {
			t.Errorf("%d %s %v", status, body, header)
		}
	}
	if status, body, _ := get("/items?page=3"); status != 501 || !strings.Contains(body, `"nearest":"GET /items`) || !json.Valid([]byte(body)) {
		t.Errorf("%d %s", status, body)
	}
	if status, body, _ := get("/lost"); status != 0 {
		t.Errorf("%d %s", status, body)
	}
}
