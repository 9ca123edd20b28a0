package code

import "time"

// maxLayout is the longest layout of an instant, in bytes.
const maxLayout = 256

var formatFunc = Func{
	Name:      "format",
	Signature: "format(time, layout[, zone]) string",
	Summary: "Writes an instant in a layout of Go, such as \"02/01/2006 15:04\", or one with a name: \"rfc3339\", \"date\" (2006-01-02), \"datetime\" (2006-01-02 15:04:05), " +
		"\"rfc1123\". In UTC unless a zone is named. Takes an RFC 3339 text too. nil stays nil.",
	Examples: []Example{
		{`format('2020-02-05T01:30:00Z', 'date')`, `"2020-02-05"`},
		{`format('2020-02-05T01:30:00Z', 'datetime', '+02:00')`, `"2020-02-05 03:30:00"`},
		{`format(unix(1580866200), 'Jan 2, 15:04')`, `"Feb 5, 01:30"`},
	},
	types: []any{new(func(any, string) any), new(func(any, string, string) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			layout, err := textArg(args, 1)
			if err != nil {
				return nil, err
			}
			if t, err = inZone(t, args, 2); err != nil {
				return nil, err
			}
			return writeTime(t, layout)
		})
	},
}

func writeTime(t time.Time, layout string) (any, error) {
	if len(layout) > maxLayout {
		return nil, faultf("format takes a layout of at most %d bytes", maxLayout)
	}
	switch layout {
	case "rfc3339":
		layout = time.RFC3339Nano
	case "date":
		layout = time.DateOnly
	case "datetime":
		layout = time.DateTime
	case "rfc1123":
		layout = time.RFC1123
	}
	// A layout of another language has none of Go's elements and would come out as it is.
	probe := time.Date(1987, time.November, 27, 18, 49, 58, 123456789, time.FixedZone("ZONE", 3600))
	if probe.Format(layout) == layout {
		return nil, faultf("format: the layout has no element of Go's, such as 2006, 01, 02, 15, 04 and 05")
	}
	return t.Format(layout), nil
}
