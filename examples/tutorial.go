package examples

import (
	"errors"

	"tqmap/examples/tutorial"
)

var errNoFaults = errors.New("the feed of the tutorial has no fault switches")

func openTutorial(o Options) (appliance, error) {
	if len(o.Faults) > 0 {
		return appliance{}, errNoFaults
	}
	feed := tutorial.New(tutorial.Options{Samples: o.Records, Rate: o.Rate})
	return appliance{
		handler: feed.Handler(), close: func() error { return nil },
		params: func(addr string) map[string]string {
			return map[string]string{"url": "http://" + addr, "api_key": tutorial.DefaultKey}
		},
	}, nil
}
