package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

func (a *app) manCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [VERB]",
		Short: "Print the manual page of tqmap or of a verb",
		Example: `  tqmap man | man -l -
  tqmap man run | man -l -
  tqmap man --dir /usr/local/share/man/man1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // pages do not change from day to day
			plainText(root)
			header := &doc.GenManHeader{Section: "1", Source: "tqmap " + version, Manual: "tqmap"}
			if dir != "" {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
				return doc.GenManTree(root, header, dir)
			}
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no verb %q; all of them: tqmap help", args[len(args)-1])
			}
			return doc.GenMan(of, header, a.stdout)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write the pages of all verbs into this folder")
	return cmd
}

// plainText keeps what looks like a tag, such as <name>, out of the hands of the writer of
// pages, which reads Markdown.
func plainText(cmd *cobra.Command) {
	cmd.Long = strings.ReplaceAll(cmd.Long, "<", `\<`)
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "<", `\<`) })
	for _, sub := range cmd.Commands() {
		plainText(sub)
	}
}
