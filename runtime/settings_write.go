package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// WriteSettings writes what s has and was has not into the settings file of an instance, at once
// and readable by its owner only, and returns its path. The rest of the file stays as it is
// written, with its comments and calls such as env("NAME").
func WriteSettings(dir, instance string, was, s Settings) (string, error) {
	path := SettingsPath(dir, instance)
	if isMapping(path) {
		return "", &ConfigError{Reason: fmt.Sprintf("%s is a mapping and stays as it is: keep the settings in another folder with -c DIR", path)}
	}
	file, err := settingsText(path)
	if err != nil {
		return "", err
	}
	threatq := blockOf(file.Body(), "threatq")
	for _, field := range []struct{ name, old, new string }{
		{"host", was.ThreatQ.Host, s.ThreatQ.Host}, {"client_id", was.ThreatQ.ClientID, s.ThreatQ.ClientID},
		{"username", was.ThreatQ.Username, s.ThreatQ.Username}, {"password", was.ThreatQ.Password, s.ThreatQ.Password},
	} {
		if field.new != field.old {
			threatq.SetAttributeValue(field.name, cty.StringVal(field.new))
		}
	}
	params := blockOf(file.Body(), "params")
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		if old, ok := was.Params[name]; !ok || !old.Value.RawEquals(s.Params[name].Value) {
			params.SetAttributeValue(name, s.Params[name].Value)
		}
	}
	return path, replaceFile(path, hclwrite.Format(file.Bytes()))
}

// settingsText is the file as it is written, empty if there is none.
func settingsText(path string) (*hclwrite.File, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return hclwrite.NewEmptyFile(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w", err)
	}
	file, diags := hclwrite.ParseConfig(text, path, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return file, nil
}

// blockOf is the block of that type, a new one at the end if there is none.
func blockOf(body *hclwrite.Body, typ string) *hclwrite.Body {
	if b := body.FirstMatchingBlock(typ, nil); b != nil {
		return b.Body()
	}
	if len(body.Blocks()) > 0 {
		body.AppendNewline()
	}
	return body.AppendNewBlock(typ, nil).Body()
}

// replaceFile writes a file beside path and renames it, so that there is never
// half a file.
func replaceFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return &ConfigError{Reason: fmt.Sprintf("the settings cannot be written: %s", err)}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*") // mode 0600
	if err != nil {
		return &ConfigError{Reason: fmt.Sprintf("the settings cannot be written: %s", err)}
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
