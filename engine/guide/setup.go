package guide

import (
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
)

// setup are the steps from nothing to a crontab line.
func (g *maker) setup() {
	conf := "-c /etc/tq_labs"
	run := "tqmap run " + g.in.Command
	var list steps
	list = append(list, step{text: "Make the folders of settings and logs.", code: "mkdir -p /etc/tq_labs /var/log/tq_labs"})
	list = append(list, step{
		text: "Answer the questions about ThreatQ and the parameters that must be given. They are written to " + span("/etc/tq_labs/"+g.m.Connector.Name+".hcl") + ", readable by you alone.",
		code: "tqmap configure " + g.in.Command + " " + conf,
	})
	list = append(list, step{text: "Add other parameters to that file. Secrets may stay out of it: " + span(`env("NAME")`) + " and " + span(`file("path")`) + " are read when a run begins.", code: g.settingsExample()})
	list = append(list, step{text: "Run it once by hand and write nothing. What would be created, changed or sent is printed.", code: run + " " + conf + " --dry-run"})
	list = append(list, step{text: "Run it in earnest.", code: run + " " + conf + " -ll /var/log/tq_labs -v3"})
	list = append(list, step{
		text: "Let cron run it, here every two hours. This writes " + span("/etc/cron.d/"+g.m.Connector.Name) + ", commented out: remove the " + span("#") + " when you are ready.",
		code: run + " " + conf + ` -ll /var/log/tq_labs --cron "0 */2 * * *"`,
	})
	g.doc.chapter("Setup", list)
	if names := g.executables(); len(names) > 0 {
		g.doc.part(3, "In place of the old connector",
			paragraph(fmt.Sprintf("A link of tqmap that is called %s behaves as %s, with the same flags. Put it where the old driver was, and the crontab line stays as it is:", prose.Or(spanEach(names)), span(run))),
			steps{
				{text: "Run " + span("tqmap configure") + " as above: what was configured in the ThreatQ UI is not read."},
				{text: "Put the link in the place of the old driver.", code: fmt.Sprintf("ln -sf \"$(command -v tqmap)\" /opt/tqvenv/<environment_name>/bin/%s", names[0])},
				{text: "Check that the line of the crontab does what it did.", code: fmt.Sprintf("/opt/tqvenv/<environment_name>/bin/%s %s -ll /var/log/tq_labs/ -v3 --dry-run", names[0], conf)},
			})
	}
	g.doc.part(3, "A second instance",
		paragraph(fmt.Sprintf("%s runs the same connector once more, with settings in %s, and with state, lock and log of its own.", span(run+" "+conf+" -n NAME"), span("/etc/tq_labs/NAME.hcl"))))
}

func spanEach(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, span(n))
	}
	return out
}

// settingsExample is the file that configure writes, with what must be given.
func (g *maker) settingsExample() string {
	var b strings.Builder
	b.WriteString("params {\n")
	width := 0
	var names, values []string
	for _, p := range g.m.Params {
		if !p.Required || p.Default() != "" {
			continue
		}
		value := `"…"`
		if p.Sensitive {
			value = fmt.Sprintf("file(%q)", p.Name+".secret")
		} else if p.Type == dsl.NumberParam || p.Type == dsl.IntegerParam {
			value = "1"
		}
		names, values, width = append(names, p.Name), append(values, value), max(width, len(p.Name))
	}
	for _, p := range g.m.Params { // and one that may be
		if len(p.Options) == 0 && p.Default() != "" && p.Flag == "" && p.Type != dsl.ListParam {
			value := p.Default()
			if p.Type == dsl.StringParam {
				value = fmt.Sprintf("%q", value)
			}
			names, values, width = append(names, p.Name), append(values, value), max(width, len(p.Name))
			break
		}
	}
	for i := range names {
		fmt.Fprintf(&b, "  %-*s = %s\n", width, names[i], values[i])
	}
	return b.String() + "}"
}

// executables are the names under which a link runs the mapping: those that it lists first,
// as that is what the connector before was called.
func (g *maker) executables() []string {
	if !g.in.Builtin {
		return nil
	}
	return append(append([]string{}, g.m.Connector.Executables...), "tq-conn-"+strings.ReplaceAll(g.m.Connector.Name, "_", "-"))
}
