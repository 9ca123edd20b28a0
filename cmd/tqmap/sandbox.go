package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/examples"
)

func (a *app) sandboxCmd() *cobra.Command {
	var o examples.Options
	var from string
	cmd := &cobra.Command{
		Use:   "sandbox CONNECTOR | threatq | FILE.recording",
		Short: "Start a simulated appliance and a ThreatQ-compatible library",
		Long: `Starts the simulated appliance of a connector and a local ThreatQ-compatible
library, prints their addresses and credentials, and serves until it is stopped.
With threatq in place of a connector it is the library alone. What is below
/_sandbox/api/ of its address needs no token: edit it with curl as an analyst would.
The library of "tqmap run --sandbox -c DIR" is kept in DIR/sandbox; to edit it between
two runs, start "tqmap sandbox threatq --dir DIR/sandbox".
With a recording in place of a connector (or --from), what was recorded is served.
There is a sandbox for: ` + strings.Join(examples.Names(), ", ") + ".",
		Example: `  tqmap sandbox ironnet --listen 127.0.0.1:18080 --dir /tmp/sandbox
  tqmap sandbox ironnet --fault '500 on=GetAlerts times=2' --fault-threatq '401:* /api/**:1@5'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if file := servedRecording(args, from); file != "" {
				return a.serveRecording(cmd.Context(), file, o.Listen)
			}
			if len(args) != 1 {
				return usagef("name one connector: %s; or threatq, for the library alone", strings.Join(examples.Names(), ", "))
			}
			box, err := startSandbox(cmd.Context(), strings.TrimSuffix(args[0], ".hcl"), o)
			if err != nil {
				return &usageError{err}
			}
			defer box.Close()
			a.printSandbox(args[0], box)
			<-cmd.Context().Done()
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "recording to serve in place of a simulated appliance")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address of the appliance")
	f.StringVar(&o.ListenLibrary, "listen-threatq", "127.0.0.1:0", "address of the library")
	f.StringVar(&o.Dir, "dir", "", "folder that keeps both across restarts (default: nothing is kept)")
	f.IntVar(&o.Records, "records", 0, "how many records the appliance holds")
	f.IntVar(&o.Indicators, "indicators", 0, "how many indicators a new library holds, in data collections; negative: none")
	f.Float64Var(&o.Rate, "rate", 0, "requests per second that the appliance allows; negative: any")
	f.StringArrayVar(&o.Faults, "fault", nil, "fault switch of the appliance; may be repeated")
	f.StringArrayVar(&o.LibraryFaults, "fault-threatq", nil, "fault switch of the library; may be repeated")
	return cmd
}

func startSandbox(ctx context.Context, name string, o examples.Options) (*examples.Sandbox, error) {
	if name == "threatq" {
		return examples.OpenLibrary(ctx, o)
	}
	box, err := examples.Open(ctx, name, o)
	if errors.Is(err, examples.ErrUnknown) {
		return nil, fmt.Errorf("%w; for a mapping of your own, start the library alone: tqmap sandbox threatq, or run it with --sandbox", err)
	}
	return box, err
}

func (a *app) printSandbox(name string, box *examples.Sandbox) {
	if box.URL != "" {
		fmt.Fprintf(a.stdout, "%s appliance  %s\n", name, box.URL)
	}
	params := map[string]string{}
	maps.Copy(params, box.Defaults)
	maps.Copy(params, box.Params)
	for _, k := range slices.Sorted(maps.Keys(params)) {
		quote := ""
		if strings.Contains(params[k], " ") {
			quote = "'"
		}
		fmt.Fprintf(a.stdout, "  --param %s%s=%s%s\n", quote, k, params[k], quote)
	}
	fmt.Fprintf(a.stdout, "ThreatQ library    %s\n", box.LibraryURL)
	fmt.Fprintf(a.stdout, "  TQMAP_THREATQ_HOST=%s\n  TQMAP_THREATQ_CLIENT_ID=%s\n  TQMAP_THREATQ_USERNAME=%s\n  TQMAP_THREATQ_PASSWORD=%s\n",
		box.LibraryURL, box.Account.ClientID, box.Account.Username, box.Account.Password)
	a.printEditing(box)
	fmt.Fprintln(a.stdout, "Stop with Ctrl-C.")
}

// printEditing shows how the library is edited by hand.
func (a *app) printEditing(box *examples.Sandbox) {
	at := box.LibraryURL + "/_sandbox/api/indicators"
	fmt.Fprintf(a.stdout, `Edit the library without a token (tags put an indicator into a data collection):
  curl %s?value=new.example
  curl %s -d '{"value":"new.example","type":"FQDN","status":"Active","tags":["block"]}'
  curl -X PUT %s/1 -d '{"status":"Whitelisted"}'
  curl %s/1/attributes -d '{"name":"Disposition","value":"Malicious"}'
  curl -X DELETE %s/1
`, at, at, at, at, at)
}
