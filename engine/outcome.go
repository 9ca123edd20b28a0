package engine

import (
	"errors"
	"fmt"

	"tqmap/dsl/code"
	"tqmap/engine/export"
)

// outcomes sorts what an answer says to the items it was about.
type outcomes struct {
	items []*export.Item
	out   []export.Result
	named bool // the answer names items by key
}

var errUnsaid = errors.New("the answer says nothing of this item")

func (o *outcomes) read(said []any) error {
	if len(said) == 1 {
		if list, ok := said[0].([]any); ok {
			said = list
		}
	}
	at, byID := map[string]int{}, map[string]int{}
	for i, it := range o.items {
		at[it.Key] = i
		if it.ID != "" {
			byID[it.ID] = i
		}
	}
	told := make([]bool, len(o.items))
	for n, v := range said {
		fields, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("outcome gives %.100s, and takes objects such as {key, id, exists, error}", contentOf(v))
		}
		i, ok := o.place(n, fields, at, byID)
		if !ok {
			continue // of something else that the request made
		}
		told[i] = true
		o.add(&o.out[i], fields)
	}
	if !o.named && len(said) != len(o.items) {
		return fmt.Errorf("outcome gives %d objects for %d items, without a key or a known id that tells which is which", len(said), len(o.items))
	}
	for i := range told {
		if !told[i] {
			o.out[i] = export.Result{Err: errUnsaid, Retry: true}
		}
	}
	return nil
}

// place is which item an object is about: the one of its key, else that which the target has
// under its id, else the one that was sent in its place.
func (o *outcomes) place(n int, fields map[string]any, at, byID map[string]int) (int, bool) {
	if key, ok := code.Text(fields["key"]); ok {
		o.named = true
		i, ok := at[key]
		return i, ok
	}
	if id, ok := code.Text(fields["id"]); ok {
		if i, ok := byID[id]; ok {
			o.named = true
			return i, true
		}
	}
	return n, !o.named && n < len(o.items)
}

// add puts together what several objects say of one item: any error counts.
func (o *outcomes) add(r *export.Result, fields map[string]any) {
	if id, ok := code.Text(fields["id"]); ok && r.ID == "" {
		r.ID = id
	}
	r.Exists = r.Exists || fields["exists"] == true
	r.Missing = r.Missing || fields["missing"] == true
	if why := fields["error"]; why != nil && why != false && r.Err == nil {
		text, ok := code.Text(why)
		if !ok || why == true {
			text = string(contentOf(fields))
		}
		r.Err, r.Retry = errors.New(text), fields["retry"] == true
	}
}
