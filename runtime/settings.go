package runtime

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"tqmap/dsl"
)

// ThreatQ is how the platform is reached.
type ThreatQ struct {
	Host         string `hcl:"host,optional"` // https://threatq.example.com; https where no scheme is given
	ClientID     string `hcl:"client_id,optional"`
	ClientSecret string `hcl:"client_secret,optional"` // of a private client; then no user is needed
	Username     string `hcl:"username,optional"`
	Password     string `hcl:"password,optional"`
	CAFile       string `hcl:"ca_file,optional"`
	VerifyTLS    *bool  `hcl:"verify_tls,optional"`
}

// Settings are what an operator configures for one connector instance: from
// DIR/<instance>.hcl, then the environment, then the command line, the later
// one winning.
type Settings struct {
	ThreatQ ThreatQ
	Params  map[string]dsl.Given
	// Database is the postgres:// address of the state; "": a file. It may hold a password.
	Database string
	// Transport, if set, is put around what sends requests to ThreatQ, as in engine.ClientOptions.
	Transport func(client string, rt http.RoundTripper) http.RoundTripper
	// Warnings are for the log, e.g. a file that others can read.
	Warnings []string
}

type settingsFile struct {
	Database string      `hcl:"database,optional"`
	ThreatQ  *ThreatQ    `hcl:"threatq,block"`
	Params   *paramsBody `hcl:"params,block"`
}

type paramsBody struct {
	Body hcl.Body `hcl:",remain"`
}

// SettingsPath is the file of an instance in dir.
func SettingsPath(dir, instance string) string { return filepath.Join(dir, instance+".hcl") }

// LoadSettings reads the file of an instance, if there is one, and the environment
// through getenv. Its errors are hcl.Diagnostics where the file is at fault.
func LoadSettings(dir, instance string, m *dsl.Mapping, getenv func(string) string) (Settings, error) {
	s := Settings{Params: map[string]dsl.Given{}}
	path := SettingsPath(dir, instance)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return s, fmt.Errorf("the settings cannot be read: %w", err)
	case isMapping(path): // it lies where an author works on it, under the connector's name
	default:
		if info.Mode().Perm()&0o077 != 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("%s can be read by other users; run chmod 600 on it", path))
		}
		if err := s.readFile(path, getenv); err != nil {
			return s, err
		}
	}
	s.readEnv(m, getenv)
	return s, nil
}

// isMapping tells a mapping from settings: it declares a connector.
func isMapping(path string) bool {
	file, _ := hclparse.NewParser().ParseHCLFile(path) // what can be read of it is enough
	if file == nil {
		return false
	}
	body, ok := file.Body.(*hclsyntax.Body)
	return ok && slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "connector" })
}

func (s *Settings) readFile(path string, getenv func(string) string) error {
	parser := hclparse.NewParser()
	file, diags := parser.ParseHCLFile(path)
	if diags.HasErrors() {
		return &FileError{Diags: diags, Files: parser.Files()}
	}
	ctx := settingsContext(filepath.Dir(path), getenv)
	var got settingsFile
	if diags := gohcl.DecodeBody(file.Body, ctx, &got); diags.HasErrors() {
		return &FileError{Diags: diags, Files: parser.Files()}
	}
	s.Database = got.Database
	if got.ThreatQ != nil {
		s.ThreatQ = *got.ThreatQ
	}
	if got.Params == nil {
		return nil
	}
	attrs, diags := got.Params.Body.JustAttributes()
	for name, a := range attrs {
		v, more := a.Expr.Value(ctx)
		diags = append(diags, more...)
		s.Params[name] = dsl.Given{Value: v, Origin: a.NameRange.String()}
	}
	if diags.HasErrors() {
		return &FileError{Diags: diags, Files: parser.Files()}
	}
	return nil
}

// settingsContext is what a settings file may call: env("NAME") and file("path"),
// so that secrets need not stand in it.
func settingsContext(dir string, getenv func(string) string) *hcl.EvalContext {
	text := func(name string, read func(string) (string, error)) function.Function {
		return function.New(&function.Spec{
			Params: []function.Parameter{{Name: name, Type: cty.String}},
			Type:   function.StaticReturnType(cty.String),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				got, err := read(args[0].AsString())
				return cty.StringVal(got), err
			},
		})
	}
	return &hcl.EvalContext{Functions: map[string]function.Function{
		"env": text("name", func(name string) (string, error) {
			if v := getenv(name); v != "" {
				return v, nil
			}
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}),
		"file": text("path", func(name string) (string, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(dir, name)
			}
			b, err := os.ReadFile(name)
			return strings.TrimRight(string(b), "\r\n"), err
		}),
	}}
}

// EnvName is the environment variable of a parameter: TQMAP_<CONNECTOR>_<PARAM>.
func EnvName(connector, param string) string {
	return "TQMAP_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(connector+"_"+param))
}

func (s *Settings) readEnv(m *dsl.Mapping, getenv func(string) string) {
	for _, p := range m.Params {
		for _, name := range []string{p.Env, EnvName(m.Connector.Name, p.Name)} {
			if name == "" {
				continue
			}
			if v := getenv(name); v != "" {
				s.Params[p.Name] = dsl.Text(v, "environment variable "+name)
			}
		}
	}
	for name, to := range map[string]*string{
		"HOST": &s.ThreatQ.Host, "CLIENT_ID": &s.ThreatQ.ClientID, "CLIENT_SECRET": &s.ThreatQ.ClientSecret,
		"USERNAME": &s.ThreatQ.Username, "PASSWORD": &s.ThreatQ.Password, "CA_FILE": &s.ThreatQ.CAFile,
	} {
		if v := getenv("TQMAP_THREATQ_" + name); v != "" {
			*to = v
		}
	}
	s.Database = cmp.Or(getenv(DatabaseEnv), s.Database)
}

// Secrets are the values of s that must never be shown.
func (s *Settings) Secrets(m *dsl.Mapping) []string {
	out := append(m.Secrets(s.Params), s.ThreatQ.Password, s.ThreatQ.ClientSecret)
	return append(out, DatabaseSecrets(s.Database)...)
}

// FileError is a settings file that cannot be used, with what is needed to show
// where.
type FileError struct {
	Diags hcl.Diagnostics
	Files map[string]*hcl.File
}

func (e *FileError) Error() string { return e.Diags.Error() }
func (e *FileError) Unwrap() error { return e.Diags }
