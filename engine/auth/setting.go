package auth

import "errors"

// SettingError is a mistake in one setting, which is called as in a mapping: "header", "in",
// "name", "format", "text", "let", "headers", "derive", "values", "date", "key",
// "algorithm", "claims", "jose", "lifetime", "rename" or "answer".
type SettingError struct {
	Setting string
	Err     error
}

func (e *SettingError) Error() string { return e.Err.Error() }

func (e *SettingError) Unwrap() error { return e.Err }

// setting says of err, if there is one, whose mistake it is, unless that has been said.
func setting(name string, err error) error {
	var known *SettingError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &SettingError{name, err}
}
