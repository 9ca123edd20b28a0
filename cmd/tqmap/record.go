package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/recording"
	"tqmap/runtime"
	"tqmap/runtime/redact"
)

type recordOptions struct {
	options
	out       string
	limit     int
	anonymize bool
	fields    []string
	force     bool
}

func (a *app) recordCmd() *cobra.Command {
	var o recordOptions
	cmd := &cobra.Command{
		Use:   "record MAPPING -o FILE" + recording.Extension,
		Short: "Run once and keep the exchanges, without secrets, for previews and tests",
		Long: `Reads what a first run would read, as preview does, and keeps every request and its
answer in a text file: nothing is written to ThreatQ or to the vendor, and no cursor
moves. Secrets are taken out before anything is written: the values of sensitive
parameters, tokens, cookies and signatures in every encoding, and what fields called like
secrets hold. Read the file before you pass it on: names, addresses and texts of your
alerts stay in it unless you say --anonymize, which replaces IP and MAC addresses, host
names, mail addresses and user names by stand-ins, the same one for the same value
everywhere; --scrub adds fields whose texts are replaced, too. Stand-ins of addresses are
those set aside for documents: a mapping that leaves such addresses out leaves them out.

A run that fails is kept as far as it came, and the exit code is 1.`,
		Example: `  tqmap record ironnet --sandbox --limit 3 -o alerts.recording
  tqmap record my-copy.hcl -c /etc/tq_labs --anonymize --scrub device_name -o alerts.recording
  tqmap preview my-copy.hcl --from alerts.recording
  tqmap sandbox alerts.recording`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			return a.record(cmd, &o, m, args[0])
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "file to write; "+recording.Extension+" is its usual ending")
	f.IntVar(&o.limit, "limit", 0, "stop after the page with so many records; 0: read all")
	f.BoolVar(&o.anonymize, "anonymize", false, "replace addresses, host names, mail addresses and user names by stand-ins")
	f.StringSliceVar(&o.fields, "scrub", nil, "JSON `field` whose texts are replaced by stand-ins, too; may be repeated")
	f.BoolVar(&o.force, "force", false, "write over a file that is there")
	return cmd
}

// check finds mistakes before anything is sent.
func (o *recordOptions) check() error {
	switch info, err := os.Stat(o.out); {
	case o.out == "":
		return usagef("say where to: -o FILE%s", recording.Extension)
	case o.limit < 0:
		return usagef("--limit takes a number of records, 0 for all")
	case err == nil && !info.Mode().IsRegular():
		return usagef("-o: %s is no file that can be written over", o.out)
	case err == nil && !o.force:
		return usagef("%s is there already; name another file, or say --force", o.out)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usagef("-o: %w", err)
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err != nil || !info.IsDir() {
		return usagef("-o: there is no folder %s", filepath.Dir(o.out))
	}
	return nil
}

func (a *app) record(cmd *cobra.Command, o *recordOptions, m *dsl.Mapping, name string) error {
	ctx := cmd.Context()
	flows, err := o.previewed(m)
	if err != nil {
		return err
	}
	settings, err := a.settings(cmd, &o.options, m)
	if err != nil {
		return err
	}
	log, closer, err := a.logger(&o.options, m, a.stderr)
	if err != nil {
		return err
	}
	defer closer.Close()
	secrets := redact.New()
	for _, secret := range settings.Secrets(m) {
		secrets.Add(secret)
	}
	library := "" // its password is in every copy of this program, and a word
	onSecret := func(secret string) {
		if secret != library {
			secrets.Add(secret)
		}
		a.redactor.Add(secret)
	}
	look := runtime.Look{Mapping: m, Settings: &settings, Instance: o.name, Dir: o.config, Until: o.until.Time, Log: log, OnSecret: onSecret}
	if o.sandbox {
		box, err := a.openSandbox(ctx, &o.options, m, "", &settings, log)
		if err != nil {
			return err
		}
		defer box.Close()
		look.Dir = ""
		library = settings.ThreatQ.Password
		for _, secret := range m.Secrets(settings.Params) {
			onSecret(secret)
		}
	}
	look.Now = o.clock(a.now)
	capture := &runtime.Capture{Look: look, Flows: flows, Limit: o.limit}
	rec, shown, failure := capture.Run(ctx)
	if rec == nil {
		return failure
	}
	if err := a.saveRecording(o, name, rec, shown, secrets); err != nil {
		return errors.Join(err, failure)
	}
	if failure != nil {
		fmt.Fprintln(a.stdout, "The run failed, and the file holds what came before, and the failure.")
	}
	return failure
}

// saveRecording takes the secrets out, writes the file and says what is in it.
func (a *app) saveRecording(o *recordOptions, name string, rec *recording.Recording, shown []engine.Mapped, secrets *redact.Redactor) error {
	rec, scrubbed := rec.Scrubbed(secrets)
	replaced := map[string]int{}
	if o.anonymize || len(o.fields) > 0 {
		rec, replaced = rec.Anonymized(recording.StandIns{Fields: o.fields, FieldsOnly: !o.anonymize})
	}
	if err := rec.Save(o.out, secrets); err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	made := show.Recorded{
		File: o.out, Mapping: name, Exchanges: len(rec.Exchanges), Records: shown,
		TakenOut: scrubbed, Replaced: replaced, Anonymized: o.anonymize,
	}
	_, err := fmt.Fprint(a.stdout, made.Text()) // counts and names of files
	return err
}

// recordingOf reads the one file of --from, if it is a recording; nil where they are plain answers.
func recordingOf(from []string) (*recording.Recording, error) {
	for _, name := range from {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil // told by who reads answers
		}
		start := make([]byte, 64)
		n, _ := f.Read(start)
		f.Close()
		if !recording.Is(start[:n]) {
			continue
		}
		if len(from) > 1 {
			return nil, usagef("--from: %s is a recording, which is replayed by itself", name)
		}
		return openRecording(name)
	}
	return nil, nil
}

func openRecording(name string) (*recording.Recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &usageError{err}
	}
	defer f.Close()
	rec, err := recording.Read(f)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return rec, nil
}
