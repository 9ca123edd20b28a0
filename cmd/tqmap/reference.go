package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/dsl/reference"
	"tqmap/engine"
	"tqmap/engine/request"
)

// referenceIntro begins mappings/REFERENCE.md.
const referenceIntro = `# The mapping language

Everything that a mapping may say. The same page by page in a terminal: ` + "`tqmap reference`, `tqmap reference auth oauth2`, `tqmap reference expr iocs`." + `
Made by ` + "`make reference`" + ` of what the program checks mappings against; do not edit.`

func (a *app) referenceCmd() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "reference [BLOCK [KIND]]",
		Short: "Look up what a mapping may say",
		Long: `Shows what a mapping may say: without arguments the contents, else the page of a
block, of a kind of it, or of a function of expr.`,
		Example: `  tqmap reference
  tqmap reference client
  tqmap reference paginate cursor
  tqmap reference expr iocs
  tqmap reference --format markdown > REFERENCE.md`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf(cmp.Or(format, "text"), "text", "markdown"); err != nil {
				return err
			}
			ref := language()
			var out string
			switch {
			case format == "markdown" && len(args) > 0:
				return usagef("--format markdown prints everything; leave %q out", strings.Join(args, " "))
			case format == "markdown":
				out = ref.Markdown(referenceIntro)
			case len(args) == 0:
				out = ref.Contents()
			default:
				page, err := ref.Page(strings.Join(args, " "))
				if unknown := (*reference.UnknownError)(nil); errors.As(err, &unknown) {
					return usagef("%w Everything: tqmap reference", err)
				}
				out = page.Text()
			}
			_, err := a.stdout.Write([]byte(out))
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, or markdown for everything at once")
	return cmd
}

// language is the reference of what this program carries out.
func language() *reference.Reference {
	var answers []reference.Answer
	for _, row := range request.Defaults() {
		status := fmt.Sprint(row.From)
		if row.To != row.From {
			status = fmt.Sprintf("%d-%d", row.From, row.To)
		}
		answers = append(answers, reference.Answer{Status: status, Action: string(row.Action), Means: row.Means})
	}
	return reference.New(dsl.Grammar(engine.Vocabulary()), answers)
}
