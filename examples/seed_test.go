package examples

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"tqmap/examples/threatq"
)

// seeded is an indicator to put into the library, in the words of its API.
type seeded struct {
	Type       string              `json:"type"`
	Value      string              `json:"value"`
	Status     string              `json:"status"`
	Sources    []map[string]any    `json:"sources"`
	Attributes []map[string]string `json:"attributes,omitempty"`
	Expires    string              `json:"expires_at,omitempty"`
}

// seedCollection puts indicators and a data collection of all of them into the
// library, unless it has a collection of that name already.
func seedCollection(ctx context.Context, l *threatq.Library, name string, list []seeded) error {
	c := libraryClient{ctx: ctx, handler: l.Handler()}
	login := "/api/token?" + url.Values{"grant_type": {"password"}, "client_id": {threatq.DefaultClientID}}.Encode()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	c.call("POST", login, map[string]string{"email": threatq.DefaultUsername, "password": threatq.DefaultPassword}, &token)
	c.token = token.AccessToken
	var saved struct{ Data []struct{ Name string } }
	c.call("GET", "/api/search/query", nil, &saved)
	if c.err != nil || slices.ContainsFunc(saved.Data, func(s struct{ Name string }) bool { return s.Name == name }) {
		return c.err
	}
	for some := range slices.Chunk(list, 500) {
		c.call("POST", "/api/indicators/consume", some, nil)
	}
	all := map[string]any{"criteria": map[string]any{}, "filters": map[string]any{}}
	c.call("POST", "/api/search/query", map[string]any{"name": name, "json": map[string]any{"ui_query": all, "api_query": all}}, nil)
	return c.err
}

// libraryClient speaks to the library in this process. The first error stays.
type libraryClient struct {
	ctx     context.Context
	handler http.Handler
	token   string
	err     error
}

func (c *libraryClient) call(method, path string, in, out any) {
	if c.err != nil {
		return
	}
	body, err := json.Marshal(in)
	if err != nil {
		c.err = err
		return
	}
	req, err := http.NewRequestWithContext(c.ctx, method, path, bytes.NewReader(body))
	if err != nil {
		c.err = err
		return
	}
	req.RequestURI = path
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	got := &received{header: http.Header{}, status: http.StatusOK}
	c.handler.ServeHTTP(got, req)
	if got.status >= 300 {
		c.err = fmt.Errorf("the library answered %d to %s %s: %s", got.status, method, req.URL.Path, got.body.Bytes())
	} else if out != nil {
		c.err = json.Unmarshal(got.body.Bytes(), out)
	}
}

// received is an answer in memory.
type received struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *received) Header() http.Header         { return r.header }
func (r *received) WriteHeader(status int)      { r.status = status }
func (r *received) Write(b []byte) (int, error) { return r.body.Write(b) }

// exported makes n indicators of all types that judgements are made of, and of some that
// none is made of; with every status, label and way to be judged.
func exported(n int) []seeded {
	statuses := []string{"Active", "Active", "Active", "Active", "Review", "Active", "Indirect", "Active", "Active", "Expired", "Active", "Whitelisted"}
	labels := []any{"GREEN", "AMBER", nil, "RED", "WHITE", "GREEN", nil}
	attributes := []map[string]string{
		nil, {"Severity": "High"}, nil, {"Confidence": "85"}, nil, {"Disposition": "Suspicious"}, nil, nil, {"Priority": "95"}, nil,
		{"Severity": "critical", "Confidence": "Low"}, nil, {"Disposition": "Evil"},
	}
	out := make([]seeded, n)
	for i := range out {
		out[i] = exportedOf(i)
		out[i].Status = statuses[i%len(statuses)]
		source := map[string]any{"name": []string{"Feed A", "Feed B", "Analysts"}[i%3]}
		if label := labels[i%len(labels)]; label != nil {
			source["tlp"] = label
		}
		out[i].Sources = []map[string]any{source}
		for name, value := range attributes[i%len(attributes)] {
			out[i].Attributes = append(out[i].Attributes, map[string]string{"name": name, "value": value})
		}
		if i%11 == 5 {
			out[i].Expires = fmt.Sprintf("2099-%02d-01 08:30:00", i%12+1)
		}
	}
	return out
}

func exportedOf(i int) seeded {
	sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	digest := hex.EncodeToString(sum[:])
	forms := [][2]string{
		{"IP Address", fmt.Sprintf("198.%d.%d.%d", 18+i>>16&1, i>>8&255, i&255)}, {"FQDN", fmt.Sprintf("host-%d.bad.example", i)},
		{"URL", fmt.Sprintf("bad.example/%s/%d.html", digest[:6], i)}, {"SHA-256", digest}, {"MD5", digest[:32]},
		{"Email Address", fmt.Sprintf("user-%d@bad.example", i)}, {"IPv6 Address", fmt.Sprintf("2001:db8::%x", i+1)},
		{"SHA-1", digest[:40]}, {"Filename", fmt.Sprintf("invoice-%d.exe", i)}, {"CVE", fmt.Sprintf("CVE-2026-%d", 10000+i)},
		{"Email Subject", fmt.Sprintf("Invoice %d overdue", i)}, {"Mutex", fmt.Sprintf(`Global\sync-%s`, digest[:8])},
		{"User-agent", fmt.Sprintf("Loader/%d.0", i)}, {"Registry Key", fmt.Sprintf(`HKLM\Software\Run\%s`, digest[:8])},
		{"Username", fmt.Sprintf(`CORP\svc-%d`, i)}, {"File Path", fmt.Sprintf(`C:\Temp\%s.dll`, digest[:8])},
		{"x509 Serial", digest[:16]}, {"ASN", fmt.Sprintf("AS%d", 64500+i)}, {"MAC Address", fmt.Sprintf("00-1A-2B-3C-%02X-%02X", i>>8&255, i&255)},
		{"SHA-512", digest + digest},
	}
	form := forms[i%len(forms)]
	return seeded{Type: form[0], Value: form[1]}
}
