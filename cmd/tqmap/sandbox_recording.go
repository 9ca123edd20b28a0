package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"tqmap/cmd/show"
	"tqmap/dsl/prose"
	"tqmap/engine/recording"
)

// servedRecording is the recording that the command line asks to serve; "" for none.
func servedRecording(args []string, from string) string {
	if from != "" {
		return from
	}
	if len(args) == 1 && strings.HasSuffix(args[0], recording.Extension) {
		return args[0]
	}
	if len(args) == 1 {
		if rec, err := recordingOf(args); rec != nil || err != nil {
			return args[0]
		}
	}
	return ""
}

// serveRecording answers from a recording until it is stopped.
func (a *app) serveRecording(ctx context.Context, file, listen string) error {
	if _, err := os.Stat(file); err != nil {
		return &usageError{err}
	}
	rec, err := openRecording(file)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return &usageError{err}
	}
	srv := &http.Server{Handler: recording.Server(rec), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	defer srv.Close()
	a.printServed(file, "http://"+ln.Addr().String(), rec)
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

func (a *app) printServed(file, at string, rec *recording.Recording) {
	fmt.Fprintf(a.stdout, "%s  %s  (%s)\n", file, at, prose.Number(len(rec.Exchanges), "exchange"))
	command := fmt.Sprintf("tqmap preview %s --now %s --limit %d", shellWord(rec.Run.Connector), rec.Run.Now.Format(time.RFC3339Nano), rec.Run.Limit)
	for _, name := range slices.Sorted(maps.Keys(rec.Run.Params)) {
		if text, ok := rec.Run.Params[name].(string); ok {
			if moved := movedTo(text, at, rec.Origins()); moved != text {
				command += " --param " + shellWord(name+"="+moved)
			}
		}
	}
	fmt.Fprintf(a.stdout, "Try it, with any password and token:\n  %s\n", command)
	for _, x := range rec.Exchanges {
		if u, err := url.Parse(x.Request.URL); err == nil && x.Request.Method == http.MethodGet {
			fmt.Fprintf(a.stdout, "  curl %s\n", show.Visible("'"+strings.ReplaceAll(at+u.RequestURI(), "'", "%27")+"'"))
			break
		}
	}
	fmt.Fprintln(a.stdout, "Stop with Ctrl-C.")
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// shellWord is text as one word of a command that is there to be copied: a recording comes from
// other people.
func shellWord(text string) string {
	if text = show.Visible(text); plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// movedTo is a parameter that led to one of origins, leading to at.
func movedTo(text, at string, origins []string) string {
	for _, o := range origins {
		u, err := url.Parse(o)
		switch {
		case err != nil:
		case strings.HasPrefix(text, o):
			return at + strings.TrimPrefix(text, o)
		case text == u.Host, text == u.Hostname():
			return at
		}
	}
	return text
}
