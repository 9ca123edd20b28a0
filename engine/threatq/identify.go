package threatq

import (
	"context"
)

// Identify returns, for each of objs, the id of the object that ThreatQ has in its place by
// its own identity rules: what Create would find there. 0 is none. Nothing is written.
func (c *Client) Identify(ctx context.Context, collection Collection, objs []*Object) ([]int64, error) {
	items := make([]*item, len(objs))
	names := make([]string, len(objs))
	for i, o := range objs {
		it := &item{obj: normal(o)}
		it.obj.Collection = collection
		if collection.Kind().Identity == ByValueAndType {
			id, err := c.nameID(ctx, collection, "type", it.obj.Type)
			if err != nil && !atFault(err) { // a type that is not there has no objects
				return nil, err
			}
			it.typeID = id
		}
		items[i], names[i] = it, it.obj.Name
	}
	rows, err := c.rowsByName(ctx, collection, names)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(objs))
	for i, r := range match(items, rows) {
		if r != nil {
			ids[i] = int64(r.ID)
		}
	}
	return ids, nil
}
