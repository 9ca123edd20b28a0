package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"tqmap/dsl"
	"tqmap/runtime/state"
)

// DatabaseEnv names the database of the state; it wins over the settings file.
const DatabaseEnv = "TQMAP_DATABASE"

// OpenState opens the state in the database or, where that is "", in dir; both are made
// ready where they are new.
func OpenState(ctx context.Context, dir, database string) (*state.Store, error) {
	if database != "" {
		return state.OpenDatabase(ctx, database)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", state.ErrUnwritable, err)
	}
	return state.Open(ctx, dir)
}

// ErrNoState says that there is no state file.
var ErrNoState = errors.New("there is no state")

// FindState is like OpenState, but ErrNoState where nothing was ever stored in dir.
func FindState(ctx context.Context, dir, database string) (*state.Store, error) {
	if database == "" {
		path := filepath.Join(dir, state.FileName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: no file %s. Name the folder of the runs with -c, or their database with --database", ErrNoState, path)
		}
	}
	return OpenState(ctx, dir, database)
}

// DatabaseSecrets are the parts of a database's address that must not be shown.
func DatabaseSecrets(address string) []string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return []string{address}
	}
	out := []string{u.Query().Get("password"), u.Query().Get("sslpassword")}
	if password, ok := u.User.Password(); ok {
		out = append(out, password)
	}
	return out
}

// Stored is what a settings file says about the state of an instance, read without its
// mapping: the database, and the values that are secrets to go by their names or by how they look.
type Stored struct {
	Database string
	Secrets  []string
}

// secretName is how a parameter is called whose value is not to be shown.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|credential|pin$`)

var (
	withLetter = regexp.MustCompile(`[A-Za-z]`)
	withDigit  = regexp.MustCompile(`[0-9]`)
	// everyday is an address, the name of a host, a file, a time, a duration, or a list of words.
	everyday = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*://\S*|[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?|(?:\.|/)\S+/\S*|\d+\s*[A-Za-z]{1,9}|[0-9TZ:.+ -]+|[\w-]+@[\w.-]+|[A-Za-z]+[_ -]?\d{1,3})$`)
)

// telling says whether a value may be a secret, whatever it is called: keys and passwords mix letters
// and digits, and have many lines or no meaning.
func telling(text string) bool {
	return len(text) >= 8 && withLetter.MatchString(text) && withDigit.MatchString(text) && !everyday.MatchString(text)
}

// LoadStored reads the settings file of an instance, if there is one, and the environment.
func LoadStored(dir, instance string, getenv func(string) string) (Stored, error) {
	s := Stored{Database: getenv(DatabaseEnv)}
	path := SettingsPath(dir, instance)
	if _, err := os.Stat(path); err != nil {
		return s, nil // nothing is set there; run tells of a file that cannot be read
	}
	parser := hclparse.NewParser()
	file, diags := parser.ParseHCLFile(path)
	if diags.HasErrors() {
		return s, &FileError{Diags: diags, Files: parser.Files()}
	}
	ctx := settingsContext(dir, getenv)
	content, _, diags := file.Body.PartialContent(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "database"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "threatq"}, {Type: "params"}},
	})
	if diags.HasErrors() {
		return s, &FileError{Diags: diags, Files: parser.Files()}
	}
	if a := content.Attributes["database"]; a != nil {
		v, diags := a.Expr.Value(ctx)
		if diags.HasErrors() {
			return s, &FileError{Diags: diags, Files: parser.Files()}
		}
		text, _ := dsl.FromCty(v).(string)
		s.Database = cmp.Or(s.Database, text)
	}
	for _, block := range content.Blocks {
		attrs, _ := block.Body.JustAttributes()
		for name, a := range attrs {
			v, diags := a.Expr.Value(ctx)
			if text, ok := dsl.FromCty(v).(string); ok && !diags.HasErrors() && (secretName.MatchString(name) || telling(text)) {
				s.Secrets = append(s.Secrets, text)
			}
		}
	}
	return s, nil
}
