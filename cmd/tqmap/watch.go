package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tqmap/runtime/watch"
)

// watch does something, and does it again each time the mapping, what it reads beside itself, or one
// of the other files is saved. Mistakes are printed and the watch goes on; it ends well with ctx.
func (a *app) watch(ctx context.Context, args, others []string, do func() error) error {
	if len(args) != 1 {
		_, err := a.loaded(args)
		if err == nil {
			err = usagef("--watch takes one mapping")
		}
		return err
	}
	if a.watchable(args[0], others) == nil {
		if a.loadErr != nil {
			return a.loadErr
		}
		return usagef("%s is built in and never changes: write it to a file with tqmap mappings %s, and watch that", args[0], args[0])
	}
	w, err := watch.New(watch.Options{})
	if err != nil {
		return err
	}
	defer w.Close()
	for {
		if err := w.Set(a.watchable(args[0], others)); err != nil {
			return err
		}
		a.clearScreen()
		a.load(args[0])
		err := do()
		if ctx.Err() != nil {
			return nil
		}
		a.fail(err)
		files := a.watchable(args[0], others) // samples may be others now
		if err := w.Set(files); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "shown at %s; watching %s. Ctrl-C ends.\n", a.now().Format(time.TimeOnly), several(files))
		changed, err := w.Next(ctx)
		if ctx.Err() != nil {
			fmt.Fprintln(a.stderr)
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "saved: %s\n", strings.Join(changed, ", "))
	}
}

// watchable are the files to watch, as they are named on the command line; nil if there are none.
func (a *app) watchable(arg string, others []string) []string {
	out := slices.Clone(others)
	info, err := os.Stat(arg)
	in, resolveErr := resolve(arg)
	if resolveErr == nil && in.Prefix == builtinPrefix || err != nil && resolveErr != nil && a.mapping == nil {
		return out
	}
	dir := filepath.Dir(arg)
	if err == nil && info.IsDir() {
		dir = arg
		out = append(out, filepath.Join(arg, "*.hcl"))
	} else {
		out = append(out, arg)
	}
	if a.mapping == nil {
		return out
	}
	for _, name := range a.mapping.Beside() {
		out = append(out, filepath.Join(dir, filepath.FromSlash(name)))
	}
	return out
}

func several(files []string) string {
	if len(files) == 1 {
		return files[0]
	}
	return fmt.Sprintf("%s and what belongs to it", files[0])
}

// clearScreen begins at the top, on a terminal.
func (a *app) clearScreen() {
	if terminal(a.stdout) {
		fmt.Fprint(a.stdout, "\x1b[H\x1b[2J\x1b[3J")
	}
}
