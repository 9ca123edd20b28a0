package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
)

// completing says whether the shell asks what the last of args may become, and returns
// args as they were typed.
func completing(args []string) ([]string, bool) {
	if len(args) < 2 || args[0] != cobra.ShellCompRequestCmd && args[0] != cobra.ShellCompNoDescRequestCmd {
		return args, false
	}
	return args[1:], true
}

// completeMappings offers the built-in mappings and the files of mappings.
func completeMappings(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, name := range builtins() {
		if strings.HasPrefix(name, begun) {
			out = append(out, name)
		}
	}
	files, _ := filepath.Glob(begun + "*") // of a bad pattern there are none
	for _, name := range files {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			out = append(out, name+"/")
		case strings.HasSuffix(name, ".hcl"):
			out = append(out, name)
		}
	}
	if len(out) == 1 && strings.HasSuffix(out[0], "/") {
		return out, cobra.ShellCompDirectiveNoSpace
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeOf offers what the mapping itself names: its flows and parameters, and the
// options of the flags that it declares.
func completeOf(cmd *cobra.Command, m *dsl.Mapping) {
	offer := func(flag string, words []string, more cobra.ShellCompDirective) {
		if cmd.Flags().Lookup(flag) != nil && len(words) > 0 {
			// It fails only where the flag has one already.
			_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, more|cobra.ShellCompDirectiveNoFileComp))
		}
	}
	var flows, params []string
	for _, f := range m.Flows {
		flows = append(flows, f.Name)
	}
	for _, p := range m.Params {
		params = append(params, p.Name+"=")
		offer(p.Flag, p.Options, 0)
	}
	slices.Sort(params)
	offer("flow", flows, 0)
	offer("param", params, cobra.ShellCompDirectiveNoSpace)
}
