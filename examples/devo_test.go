package examples

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The sandbox gives out all that a client needs, also to programs beside it, and keeps it and the
// tables over a restart.
func TestDevoSandbox(t *testing.T) {
	dir := t.TempDir()
	box, err := Open(t.Context(), "devo", Options{Dir: dir, Indicators: -1, Faults: []string{"end-lost after=1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { box.Close() }()
	deliver(t, box, "1", "a.example")
	deliver(t, box, "2", "b.example") // whose end is lost
	if got := rows(t, box); got != `[["a.example","1"]]` {
		t.Errorf("the table holds %s", got)
	}
	key, err := os.ReadFile(filepath.Join(dir, "devo.key"))
	if err != nil || oneLine(string(key)) != box.Params["key_pem"] {
		t.Error("the file of the key is not the parameter", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "devo.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	before := box.Params
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if box, err = Open(t.Context(), "devo", Options{Dir: dir, Indicators: -1}); err != nil {
		t.Fatal(err)
	}
	if before["cert_pem"] != box.Params["cert_pem"] || before["chain_pem"] != box.Params["chain_pem"] {
		t.Error("the certificates have changed with a restart")
	}
	if got := rows(t, box); got != `[["a.example","1"]]` {
		t.Errorf("the table holds %s after a restart", got)
	}
	deliver(t, box, "3", "c.example")
	if got := rows(t, box); got != `[["c.example","1"]]` {
		t.Errorf("the table holds %s", got)
	}
}

func TestDevoSandboxRefuses(t *testing.T) {
	for _, o := range []Options{{Faults: []string{"nonsense"}}, {Listen: "nowhere"}, {Faults: []string{"close n=x"}}} {
		o.Indicators = -1
		if box, err := Open(t.Context(), "devo", o); err == nil {
			box.Close()
			t.Errorf("%+v: taken", o)
		}
	}
}

// deliver replaces the lookup by a row, as any client of the collector would.
func deliver(t *testing.T, box *Sandbox, id, key string) {
	t.Helper()
	lines := func(s string) []byte { return []byte(strings.ReplaceAll(s, `\n`, "\n")) }
	own, err := tls.X509KeyPair(lines(box.Params["cert_pem"]), lines(box.Params["key_pem"]))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(lines(box.Params["chain_pem"]))
	c, err := tls.Dial("tcp", box.Params["region"], &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const head = `[{"k":{"type":"str","key":true}},{"n":{"type":"int4"}}]`
	for _, line := range []string{"control.iocs.FULL: " + id + "_iocs|START|" + head, "data.iocs: " + id + `_iocs|"` + key + `",1`, "control.iocs.FULL: " + id + "_iocs|END|" + head} {
		if _, err := fmt.Fprintf(c, "<14>Jan  1 00:00:00 host my.lookup.%s\n", line); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, c); n > 0 || err != nil {
		t.Fatal(n, err)
	}
}

func rows(t *testing.T, box *Sandbox) string {
	t.Helper()
	resp, err := http.Get(box.URL + "/_sandbox/tables")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var tables map[string]struct{ Rows json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&tables); err != nil {
		t.Fatal(err)
	}
	return string(tables["iocs"].Rows)
}
