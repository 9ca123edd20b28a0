package threatq

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The kinds that change an object once a call is answered, as somebody may who works in
// the library while it is read: between two pages, say. The object is of the collection
// that the path names, /api/indicators/query.
const (
	FaultDelete FaultKind = "delete" // the object Object goes
	FaultTouch  FaultKind = "touch"  // its updated_at and touched_at move
	FaultTag    FaultKind = "tag"    // it gets the tag Tag, and is in the collections of that tag
	FaultUntag  FaultKind = "untag"  // it loses it
)

// The kinds about the total of a list.
const (
	FaultNoTotal FaultKind = "no-total" // it is not told
	FaultTotal   FaultKind = "total"    // Total is told in its place
)

func (f *Fault) changing() bool {
	return f.Kind == FaultDelete || f.Kind == FaultTouch || f.Kind == FaultTag || f.Kind == FaultUntag
}

// parseChange reads 17 or 17/name.
func (f *Fault) parseChange(argument string) (err error) {
	id, tag, tagged := strings.Cut(argument, "/")
	if f.Object, err = strconv.ParseInt(id, 10, uidShift); err != nil || f.Object < 1 {
		return fmt.Errorf("%s needs the id of an object, as in %s=17", f.Kind, f.Kind)
	}
	if needs := f.Kind == FaultTag || f.Kind == FaultUntag; needs != (tagged && tag != "") {
		return fmt.Errorf("write %s=17/block for a tag, and no more than the id for anything else", FaultTag)
	}
	f.Tag = tag
	return nil
}

// spoilTotal changes what a list says of its length.
func (f *Fault) spoilTotal(out *answer) {
	var page row
	if json.Unmarshal(out.body, &page) != nil || page["data"] == nil {
		return
	}
	if delete(page, "total"); f.Kind == FaultTotal {
		page["total"] = f.Total
	}
	out.encode(reply{out.status, page})
}

// change does what a changing fault says, after the call to path.
func (l *Library) change(f *Fault, path string) {
	if f == nil || !f.changing() {
		return
	}
	_ = l.transact(context.Background(), func(t *tx) error { // what is gone already changes no more
		k := t.kinds.byName[strings.Split(path+"//", "/")[2]]
		if k == nil {
			return refuse(http.StatusNotFound, "no collection in %s", path)
		}
		o, err := t.get(k, f.Object)
		if err != nil {
			return err
		}
		switch f.Kind {
		case FaultDelete:
			return t.deleteObject(o)
		case FaultTouch:
			return t.saveObject(o)
		case FaultTag:
			_, err = t.putTag(o, f.Tag)
			return err
		}
		if err := t.exec("DELETE FROM object_tag WHERE object = ? AND tag IN (SELECT id FROM tag WHERE name = ?)", o.uid, f.Tag); err != nil {
			return err
		}
		return t.touch(o)
	})
}
