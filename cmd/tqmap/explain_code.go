package main

// explainCode says what a code of a diagnostic means, or with "codes" lists them.
func (a *app) explainCode(code string) error {
	return usagef("there is no explanation of %s yet", code)
}
