package runtime

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// WriteSettings writes the settings file of an instance, at once and readable by
// its owner only, and returns its path.
func WriteSettings(dir, instance string, s Settings) (string, error) {
	file := hclwrite.NewEmptyFile()
	if s.Database != "" {
		file.Body().SetAttributeValue("database", cty.StringVal(s.Database))
		file.Body().AppendNewline()
	}
	t := file.Body().AppendNewBlock("threatq", nil).Body()
	set := func(name, value string) {
		if value != "" {
			t.SetAttributeValue(name, cty.StringVal(value))
		}
	}
	set("host", s.ThreatQ.Host)
	set("client_id", s.ThreatQ.ClientID)
	set("client_secret", s.ThreatQ.ClientSecret)
	set("username", s.ThreatQ.Username)
	set("password", s.ThreatQ.Password)
	set("ca_file", s.ThreatQ.CAFile)
	if s.ThreatQ.VerifyTLS != nil {
		t.SetAttributeValue("verify_tls", cty.BoolVal(*s.ThreatQ.VerifyTLS))
	}
	file.Body().AppendNewline()
	params := file.Body().AppendNewBlock("params", nil).Body()
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		params.SetAttributeValue(name, s.Params[name].Value)
	}
	path := SettingsPath(dir, instance)
	if isMapping(path) {
		return "", &ConfigError{fmt.Sprintf("%s is a mapping and stays as it is: keep the settings in another folder with -c DIR", path)}
	}
	return path, replaceFile(path, file.Bytes())
}

// replaceFile writes a file beside path and renames it, so that there is never
// half a file.
func replaceFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return &ConfigError{fmt.Sprintf("the settings cannot be written: %s", err)}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*") // mode 0600
	if err != nil {
		return &ConfigError{fmt.Sprintf("the settings cannot be written: %s", err)}
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
