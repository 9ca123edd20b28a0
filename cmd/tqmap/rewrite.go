package main

import (
	"os"
	"path/filepath"
	"strings"
)

// rewrite replaces a file of a mapping in one step, keeping its mode.
func rewrite(name string, src []byte) error {
	if strings.HasPrefix(name, builtinPrefix+"/") {
		base := strings.TrimPrefix(name, builtinPrefix+"/")
		return usagef("a built-in mapping cannot be changed; make a copy of it: tqmap mappings %s > my-%s", strings.TrimSuffix(base, ".hcl"), base)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(real), ".tqmap-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already where all went well
	_, err = tmp.Write(src)
	for _, step := range []func() error{func() error { return tmp.Chmod(info.Mode().Perm()) }, tmp.Sync, tmp.Close, func() error { return os.Rename(tmp.Name(), real) }} {
		if err == nil {
			err = step()
		}
	}
	return err
}
