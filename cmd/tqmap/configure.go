package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/runtime"
)

func (a *app) configureCmd() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "configure MAPPING",
		Short: "Ask for the settings of a connector and write them down",
		Long: `Asks for the address and account of ThreatQ and for the parameters that the
mapping requires, and writes DIR/<name>.hcl, readable by you alone. What is there
already is offered as the answer; an empty line takes it.`,
		Example: "  tqmap configure ironnet -c /etc/tq_labs",
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			return a.configure(&o, m)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", ".", "folder of the settings file")
	f.StringVarP(&o.name, "name", "n", "", "connector instance (default: the connector's name)")
	cmd.Annotations = map[string]string{takesMapping: "yes"}
	return cmd
}

func (a *app) configure(o *options, m *dsl.Mapping) error {
	// What only the environment says is not to be written down; what the file takes from
	// there stays so, set or not.
	fromFile := func(name string) string {
		if strings.HasPrefix(name, "TQMAP_") {
			return ""
		}
		return cmp.Or(a.getenv(name), "from the environment")
	}
	s, err := runtime.LoadSettings(o.config, o.instance(m), m, fromFile)
	if err != nil {
		return err
	}
	was := s
	was.Params = maps.Clone(s.Params)
	q := &questions{in: bufio.NewReader(a.stdin), out: a.stdout, stdin: a.stdin}
	t := &s.ThreatQ
	t.Host = q.ask("ThreatQ Host", t.Host, false)
	t.ClientID = q.ask("ThreatQ Client ID", t.ClientID, false)
	t.Username = q.ask("ThreatQ Username", t.Username, false)
	t.Password = q.ask("ThreatQ Password", t.Password, true)
	for _, p := range m.Params {
		if !p.Required && p.Name != "status" {
			continue
		}
		old := p.Default()
		if g, ok := s.Params[p.Name]; ok {
			old = fmt.Sprint(dsl.FromCty(g.Value))
		}
		if answer := q.ask(p.Label, old, p.Sensitive); answer != "" && (answer != old || answer == p.Default()) {
			s.Params[p.Name] = dsl.Text(answer, "tqmap configure")
		}
	}
	if q.err != nil {
		return usagef("the answers ended early: %w", q.err)
	}
	path, err := runtime.WriteSettings(o.config, o.instance(m), was, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Connector configured: %s. Try it with: tqmap run %s -c %s --dry-run\n", path, m.Connector.Name, o.config)
	return nil
}

// questions asks one thing after the other.
type questions struct {
	in    *bufio.Reader
	out   io.Writer
	stdin io.Reader
	err   error
}

func (q *questions) ask(label, old string, secret bool) string {
	if q.err != nil {
		return old
	}
	shown := old
	if secret && old != "" {
		shown = "unchanged"
	}
	if shown != "" {
		label += " [" + shown + "]"
	}
	fmt.Fprintf(q.out, "%s: ", show.Visible(label))
	answer, err := q.read(secret)
	if err != nil {
		q.err = err
	}
	if answer = strings.TrimSpace(answer); answer != "" {
		return answer
	}
	return old
}

// read does not show a secret that is typed at a terminal.
func (q *questions) read(secret bool) (string, error) {
	if f, ok := q.stdin.(*os.File); ok && secret && term.IsTerminal(int(f.Fd())) {
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(q.out)
		return string(b), err
	}
	line, err := q.in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return line, err
}
