package examples_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/threatq"
	"tqmap/runtime"
)

// TestKinds runs the mapping of each kind, as `tqmap run` does, against the server of the transcript
// beside it. Every byte of every request must be as it stands there.
func TestKinds(t *testing.T) {
	for _, name := range kindMappings(t) {
		t.Run(strings.TrimSuffix(name, ".hcl"), func(t *testing.T) { playKind(t, name) })
	}
}

func kindMappings(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("kinds/*.hcl")
	if err != nil || len(paths) < 25 {
		t.Fatalf("%d mappings, %v", len(paths), err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}

// TestEveryKindHasAMapping: what is added to the engine is shown.
func TestEveryKindHasAMapping(t *testing.T) {
	have := kindMappings(t)
	v := engine.Vocabulary()
	for block, kinds := range map[string][]*dsl.Block{"auth": v.Auth, "paginate": v.Paginate, "decode": v.Decode, "sink": v.Sink} {
		for _, k := range kinds {
			if name := block + "_" + k.Type + ".hcl"; !slices.Contains(have, name) {
				t.Errorf("examples/kinds/%s is missing", name)
			}
		}
	}
}

func playKind(t *testing.T, name string) {
	tr := readTranscript(t, filepath.Join("kinds", strings.TrimSuffix(name, ".hcl")+".txt"))
	w := &world{t: t, clock: &clock{now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}, log: &syncBuffer{}}
	var err error
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: w.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.library.Close() })
	w.host = w.serve(w.library.Handler())
	given := w.open(tr)
	m, diags := dsl.Load(dsl.Input{FS: os.DirFS("kinds"), Names: []string{name}}, engine.Vocabulary())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	dir, taken := t.TempDir(), 0
	for run, answers := range tr.runs {
		job := &runtime.Job{
			Mapping: m, Instance: m.Connector.Name, Dir: dir, Now: w.clock.Now(), Clock: w.clock.Now,
			Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
				Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
			}},
			Log: slog.New(slog.NewTextHandler(w.log, nil)), OnSecret: func(string) {},
		}
		report, err := job.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if taken += answers; report.Outcome != engine.Ok || len(tr.requests) != taken {
			t.Errorf("run %d: %s after %d requests, want ok after %d\n%s", run+1, report.Outcome, len(tr.requests), taken, w.log)
		}
		w.clock.advance(time.Hour)
	}
	got := tr.written(w.inventory())
	if *update {
		if err := os.WriteFile(tr.path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(tr.want, got); diff != "" && !*update {
		t.Errorf("(- transcript, + now)\n%s", diff)
	}
}

// open starts the server of a transcript, and returns the parameters to reach it.
func (w *world) open(tr *transcript) map[string]dsl.Given {
	w.t.Helper()
	server := httptest.NewUnstartedServer(tr)
	words := []string{}
	if strings.Contains(fmt.Sprint(tr.params), "{cert}") {
		words = w.secure(server)
	} else {
		server.Start()
	}
	w.t.Cleanup(server.Close)
	tr.url = server.URL
	replace := strings.NewReplacer(append(words, "{url}", tr.url)...)
	given := map[string]dsl.Given{"url": dsl.Text(tr.url, "test")}
	for name, value := range tr.params {
		given[name] = dsl.Text(replace.Replace(value), "test")
	}
	return given
}

// secure starts a server that asks for certificates, and returns what its clients need.
func (w *world) secure(server *httptest.Server) []string {
	authority, by, ca, _ := w.certificate("authority", nil, nil)
	own, key, _, _ := w.certificate("server", authority, by)
	_, _, cert, certKey := w.certificate("connector", authority, by)
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: key}}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}
	server.StartTLS()
	return []string{"{cert}", cert, "{key}", certKey, "{ca}", ca}
}

// certificate makes one for name, by itself if issuer is nil, with its PEM texts.
func (w *world) certificate(name string, issuer *x509.Certificate, by *ecdsa.PrivateKey) (cert *x509.Certificate, key *ecdsa.PrivateKey, certPEM, keyPEM string) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name))), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		IsCA: issuer == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if issuer == nil {
		issuer, by = form, key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, issuer, key.Public(), by)
	if err != nil {
		w.t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		w.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	certPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, certPEM, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

// inventory is what the library holds, a line for each object.
func (w *world) inventory() string {
	var lines []string
	for _, row := range w.rows("events") {
		lines = append(lines, fmt.Sprintf("event %s %q %s%s\n", nameOf(row["type"]), row["title"], row["happened_at"], attributesOf(row)))
	}
	for _, row := range w.rows("indicators") {
		lines = append(lines, fmt.Sprintf("indicator %s %s%s\n", nameOf(row["type"]), row["value"], attributesOf(row)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (w *world) rows(collection string) []map[string]any {
	var out []map[string]any
	for _, row := range w.call("GET", "/api/"+collection+"?with=attributes,type,sources&limit=1000", nil)["data"].([]any) {
		out = append(out, row.(map[string]any))
	}
	return out
}

func nameOf(typ any) string { return fmt.Sprint(typ.(map[string]any)["name"]) }

func attributesOf(row map[string]any) string {
	var out []string
	attrs, _ := row["attributes"].([]any)
	for _, a := range attrs {
		attr := a.(map[string]any)
		out = append(out, fmt.Sprintf(" %s=%s", attr["name"], attr["value"]))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
