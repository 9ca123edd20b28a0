package taxii

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// work is a request to add objects, and what became of it.
type work struct {
	ID         string            `json:"id"`
	Root       string            `json:"root"`
	Collection string            `json:"collection"`
	Requested  string            `json:"requested"`
	Waiting    []json.RawMessage `json:"waiting,omitempty"` // objects not yet processed
	Ok, Bad    []verdict
	// Polls is how often its status is asked for before it is processed; negative: for ever.
	Polls     int    `json:"polls,omitempty"`
	CountOnly bool   `json:"count_only,omitempty"`
	Fail      string `json:"fail,omitempty"` // message of a failure of the first object
}

// verdict is about one object.
type verdict struct{ ID, Version, Message string }

// post takes objects.
func (s *Simulator) post(c *call) (any, error) {
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return nil, page(http.StatusBadRequest, "<!doctype html>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n")
	}
	var objects []json.RawMessage
	if json.Unmarshal(body["objects"], &objects) != nil || objects == nil || c.fault.Kind == FaultUnprocessable {
		return nil, problem(http.StatusUnprocessableEntity, "The object type or version is not supported or could not be processed")
	}
	for _, o := range objects {
		if s.opt.Reject != nil && s.opt.Reject(read(o).ID) == RefuseRequest {
			return nil, problem(http.StatusUnprocessableEntity, "The object type or version is not supported or could not be processed")
		}
	}
	c.objects, c.status = len(objects), http.StatusAccepted
	w := &work{ID: s.uuid(), Root: c.root.Name, Collection: c.collection.ID, Requested: s.opt.Now().UTC().Format(stamp), Waiting: objects, Polls: s.opt.Pending}
	switch c.fault.Kind {
	case FaultPending:
		w.Polls = -1
	case FaultCounts:
		w.CountOnly = true
	case FaultObject:
		w.Fail = "Unable to process object because of a simulated fault."
	}
	if w.Polls == 0 {
		if err := s.process(w, c.version); err != nil {
			return nil, err
		}
	}
	s.store.statuses[w.ID] = w
	return w.resource(c.version), s.store.write(line{Work: w})
}

// RefuseRequest, as what Options.Reject says, refuses the whole request that an object is in.
const RefuseRequest = "(422)"

// process puts the waiting objects into the collection.
func (s *Simulator) process(w *work, version string) error {
	now := s.opt.Now().UTC()
	for i, raw := range w.Waiting {
		o := read(raw)
		o.Added = now
		if o.Version == "" {
			o.Version = now.Format(stamp)
		}
		why := ""
		if s.opt.Reject != nil {
			why = s.opt.Reject(o.ID)
		}
		switch {
		case o.ID == "":
			why = "Unable to process object"
		case i == 0 && w.Fail != "":
			why = w.Fail
		case why == "":
			added, err := s.store.add(w.Collection, o)
			if err != nil {
				return err
			}
			if !added {
				why = identical(version)
			}
		}
		v := verdict{o.ID, o.Version, why}
		if why == "" {
			w.Ok = append(w.Ok, v)
		} else {
			w.Bad = append(w.Bad, v)
		}
	}
	w.Waiting, w.Polls = nil, 0
	return nil
}

func identical(version string) string {
	if version == "2.0" {
		return "Unable to process object because identical version exist."
	}
	return "Unable to process object"
}

func read(raw json.RawMessage) Object {
	var o struct{ ID, Modified, Created string }
	_ = json.Unmarshal(raw, &o) // without an id, it is refused
	out := Object{ID: o.ID, Version: o.Modified, JSON: raw}
	if out.Version == "" {
		out.Version = o.Created
	}
	return out
}

// state answers about a request.
func (s *Simulator) state(c *call) (any, error) {
	w := s.store.statuses[c.parts[2]]
	if w == nil || w.Root != c.root.Name {
		return nil, problem(http.StatusNotFound, "Status '"+c.parts[2]+"' not found")
	}
	if w.Polls > 0 {
		if w.Polls--; w.Polls == 0 {
			if err := s.process(w, c.version); err != nil {
				return nil, err
			}
			if err := s.store.write(line{Work: w}); err != nil {
				return nil, err
			}
		}
	}
	return w.resource(c.version), nil
}

// resource is the status as a version writes it. Lists that are empty are left out.
func (w *work) resource(version string) any {
	out := object{
		"id": w.ID, "status": "complete", "request_timestamp": w.Requested, "total_count": len(w.Ok) + len(w.Bad) + len(w.Waiting),
		"success_count": len(w.Ok), "failure_count": len(w.Bad), "pending_count": len(w.Waiting),
	}
	if len(w.Waiting) > 0 {
		out["status"] = "pending"
	}
	if w.CountOnly {
		return out
	}
	var waiting []verdict
	for _, raw := range w.Waiting {
		o := read(raw)
		waiting = append(waiting, verdict{ID: o.ID, Version: o.Version})
	}
	for name, list := range map[string][]verdict{"successes": w.Ok, "failures": w.Bad, "pendings": waiting} {
		if len(list) > 0 {
			out[name] = details(list, version, name == "failures")
		}
	}
	return out
}

func details(list []verdict, version string, failed bool) []any {
	var out []any
	for _, v := range list {
		d := object{"id": v.ID}
		if failed {
			d["message"] = v.Message
		}
		switch {
		case version == "2.1":
			d["version"] = v.Version
			out = append(out, d)
		case failed:
			out = append(out, d)
		default:
			out = append(out, v.ID)
		}
	}
	return out
}

// uuid is one of version 4.
func (s *Simulator) uuid() string {
	a, b := s.rand.Uint64(), s.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}
