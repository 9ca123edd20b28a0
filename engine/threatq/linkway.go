package threatq

import (
	"errors"
	"slices"
	"strings"

	"tqmap/engine/request"
)

// linkWay is how links are asked for. Some versions of the platform fail on names with an
// underscore in "with", and take them in camel case or not at all.
type linkWay int

const (
	asNamed linkWay = iota
	inCamel
	plainOnly // others object by object
	oneByOne
)

// next is the way to try when this one fails for links to these.
func (w linkWay) next(to []Collection) linkWay {
	switch {
	case w == oneByOne || len(to) == 0:
		return w
	case w < plainOnly && slices.ContainsFunc(to, underscored):
		return w + 1
	}
	return oneByOne
}

func underscored(c Collection) bool { return strings.Contains(string(c), "_") }

// asked are collections with the names to ask for them by, "": object by object.
type asked struct {
	to   Collection
	name string
}

func (w linkWay) split(to []Collection) (out []asked) {
	for _, c := range to {
		name := string(c)
		switch {
		case w == oneByOne || w == plainOnly && underscored(c):
			name = ""
		case w == inCamel:
			name = camel(name)
		}
		out = append(out, asked{c, name})
	}
	return out
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		if w != "" {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// refusesWith says that the platform may have failed on a name in "with".
func refusesWith(err error) bool {
	var status *request.StatusError
	return errors.As(err, &status) && (status.Status == 400 || status.Status == 500)
}
