package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tqmap/dsl"
	"tqmap/runtime"
	"tqmap/runtime/cron"
	"tqmap/runtime/logs"
)

// guideConfig is the folder of settings in the entry that the guides show.
const guideConfig = "/etc/tq_labs"

// cronFlags are what --cron goes with. Others are refused: an entry that leaves out what was
// asked for, or holds the password of a database for all to read, is worse than none.
var cronFlags = []string{"cron", "cron-dir", "config", "name", "loglocation", "verbosity"}

// cronjob are the flags of run that write a crontab entry in place of running.
type cronjob struct{ schedule, dir string }

func (c *cronjob) declare(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.schedule, "cron", "", "do not run, but write a crontab entry, commented out, for this `schedule` of five fields, e.g. \"0 */2 * * *\"; with the folder of -c (default "+guideConfig+"), -n, -ll and -v")
	f.StringVar(&c.dir, "cron-dir", cron.Dir, "folder of the entry that --cron writes")
}

// installCron writes the entry and says what to do next.
func (a *app) installCron(cmd *cobra.Command, c *cronjob, o *options, m *dsl.Mapping, mapping string) error {
	var other []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(cronFlags, f.Name) {
			other = append(other, "--"+f.Name)
		}
	})
	if len(other) > 0 {
		return usagef("--cron does not go with %s: what each run needs belongs into the settings file, or into the entry by hand", strings.Join(other, ", "))
	}
	command, err := a.cronCommand(cmd, o, m, mapping)
	if err != nil {
		return err
	}
	path, done, err := cron.Install(c.dir, o.instance(m), cron.Entry{Schedule: c.schedule, Command: command})
	switch {
	case errors.Is(err, os.ErrPermission):
		return usagef("--cron: %w; do it as root, or name another folder with --cron-dir", err)
	case errors.Is(err, os.ErrNotExist):
		return usagef("--cron: %w; create the folder, or name another with --cron-dir", err)
	case err != nil:
		return usagef("--cron: %w", err)
	}
	return a.print(cronHint(path, done, o, m, mapping))
}

// cronCommand is how cron starts what was started now, from any folder. It fills in o.config.
func (a *app) cronCommand(cmd *cobra.Command, o *options, m *dsl.Mapping, mapping string) ([]string, error) {
	program, err := exec.LookPath(a.argv[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return nil, usagef("--cron: where this program is cannot be told (%w): start it by its path", err)
	}
	if !cmd.Flags().Changed("config") {
		o.config = guideConfig
	}
	paths := []*string{&program, &o.config}
	if o.logDir != "" && o.logDir != logs.Stdout {
		paths = append(paths, &o.logDir)
	}
	in, err := resolve(mapping)
	if err != nil {
		return nil, err
	}
	if in.Prefix != builtinPrefix {
		paths = append(paths, &mapping)
	}
	for _, p := range paths {
		if *p, err = filepath.Abs(*p); err != nil {
			return nil, fmt.Errorf("--cron: %w", err)
		}
	}
	command := []string{program}
	if !a.linked {
		command = append(command, "run", mapping)
	}
	command = append(command, "--config="+o.config)
	if o.name != "" {
		command = append(command, "--name="+o.name)
	}
	if o.logDir != "" {
		command = append(command, "--loglocation="+o.logDir)
	}
	if cmd.Flags().Changed("verbosity") {
		command = append(command, fmt.Sprintf("--verbosity=%d", o.verbosity))
	}
	return command, nil
}

func cronHint(path string, done cron.Outcome, o *options, m *dsl.Mapping, mapping string) string {
	if done == cron.Active {
		return fmt.Sprintf("%s holds this entry already, and it is in use: nothing was changed.\n", path)
	}
	what := map[cron.Outcome]string{cron.Written: "was written", cron.There: "is there already"}[done]
	with := fmt.Sprintf("%s -c %s", cron.Quote(mapping), cron.Quote(o.config))
	if o.name != "" {
		with += " -n " + cron.Quote(o.name)
	}
	steps := []string{"tqmap run " + with + " --dry-run", "remove the # at the beginning of " + path}
	if _, err := os.Stat(runtime.SettingsPath(o.config, o.instance(m))); err != nil {
		steps = append([]string{"tqmap configure " + with}, steps...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The crontab entry %s, commented out: %s. Nothing was run. Next:\n", what, path)
	for n, s := range steps {
		fmt.Fprintf(&b, "  %d. %s\n", n+1, s)
	}
	return b.String()
}
