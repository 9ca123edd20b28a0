package code

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// forbiddenJQ are names that jq programs may not use, with the reason and what to
// do instead.
func forbiddenJQ() map[string]string {
	const (
		noInput = "There is one input, the value given: use . for it."
		noClock = "A run has one clock. Pass its time as a variable, or decide with now in expr."
		noZone  = "It depends on the zone of the machine. Use gmtime and strftime, or time functions in expr."
		noHalt  = "A program cannot end the run. Use error to refuse an input, or empty to leave it out."
		noDate  = "It fails on fractions of a second. Keep the text in jq and read it with time(text) in expr."
		noFiles = "Programs load no files. What several programs need stands in the block definitions."
	)
	return map[string]string{
		"input": noInput, "inputs": noInput, "input_filename": noInput, "input_line_number": noInput,
		"debug": "Programs write no logs. Try the program in the console.", "stderr": "Programs write no logs. Try the program in the console.",
		"env": "Mappings do not see the environment. Declare a param and pass it as a variable.", "$ENV": "Mappings do not see the environment. Declare a param and pass it as a variable.",
		"now": noClock, "localtime": noZone, "strflocaltime": noZone,
		"halt": noHalt, "halt_error": noHalt,
		"fromdateiso8601": noDate, "fromdate": noDate,
		"import": noFiles, "include": noFiles, "module": noFiles,
		"get_search_list": noFiles, "modulemeta": noFiles,
	}
}

const (
	maxIndex  = 10_000
	maxRepeat = 10_000
)

// lintJQ refuses what compiles but must not run in a mapping.
func lintJQ(src Source, tokens []jqToken) hcl.Diagnostics {
	var diags hcl.Diagnostics
	report := func(t jqToken, summary, detail string) {
		diags = append(diags, src.problem(t.from, t.to, summary, "%s", detail))
	}
	forbidden := forbiddenJQ()
	for i, t := range tokens {
		hint := forbidden[t.text]
		switch {
		case hint != "" && (t.kind == jqName || t.kind == jqVar || t.kind == jqSep):
			report(t, "Not available in jq", t.text+" is not available in mappings. "+hint)
		case t.kind == jqName && t.text[0] == '_':
			report(t, "Not available in jq", "Names that begin with _ are the library's own. Choose another one.")
		case t.text == "*" && t.kind == jqSep && repeatsText(tokens, i):
			report(t, "Text repeated without a bound", "Text times a number that is not written here, or is above "+strconv.Itoa(maxRepeat)+", can fill the memory. Write a small number.")
		case t.kind == jqNumber && hugeIndex(tokens, i):
			report(t, "Index too large", "An index above "+strconv.Itoa(maxIndex)+" can fill the memory with an empty list.")
		}
	}
	return diags
}

// repeatsText tells whether the * at i has a text on one side and no small number
// on the other.
func repeatsText(tokens []jqToken, i int) bool {
	if i == 0 || i+1 >= len(tokens) {
		return false
	}
	left, right := tokens[i-1], tokens[i+1]
	isText := func(t jqToken) bool { return t.text != "" && (t.text[0] == '"' || t.text[len(t.text)-1] == '"') }
	small := func(t jqToken) bool {
		n, err := strconv.ParseFloat(t.text, 64)
		return t.kind == jqNumber && err == nil && n <= maxRepeat
	}
	return isText(left) && !small(right) || isText(right) && !small(left)
}

// hugeIndex tells whether the number at i is an index, as in .[20000].
func hugeIndex(tokens []jqToken, i int) bool {
	n, err := strconv.ParseFloat(tokens[i].text, 64)
	if err == nil && n <= maxIndex || i < 2 || tokens[i-1].text != "[" {
		return false
	}
	switch tokens[i-2].kind {
	case jqDot, jqField, jqName, jqVar, jqClose:
		return true
	}
	return false
}
