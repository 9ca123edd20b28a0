package examples

import (
	"context"

	"tqmap/examples/threatq"
)

// senders are the connectors that send the indicators of data collections, with how many
// a new sandbox has for them.
var senders = map[string]int{"cisco_threat_response": 500, "darktrace": 500, "devo": 500}

// stock fills a library that holds nothing yet; one that was kept stays as it is.
func stock(ctx context.Context, library *threatq.Library, indicators int) error {
	if indicators <= 0 {
		return nil
	}
	have, err := library.Counts(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	return library.Stock(ctx, indicators)
}
