package darktrace

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is a watched domain or address of one source.
type Entry struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Expiry      *time.Time `json:"expiry,omitempty"` // when it disappears by itself; nil: never
	Hostname    bool       `json:"hostname,omitempty"`
	IAGN        bool       `json:"iagn,omitempty"` // act on it automatically
}

// feed is the list of watched domains, by source and name.
type feed struct {
	opt  Options
	path string

	mu      sync.Mutex
	sources map[string]map[string]Entry
	removed int // entries and lists that clients asked to remove
}

func newFeed(o Options, saved map[string]map[string]Entry) *feed {
	if saved == nil {
		saved = map[string]map[string]Entry{}
	}
	return &feed{opt: o, path: o.StatePath, sources: saved}
}

// Watched lists the entries of a source that have not expired, by name.
func (s *Simulator) Watched(source string) []Entry {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return s.feed.live(source)
}

// Watch adds an entry as an analyst does in the vendor's console.
func (s *Simulator) Watch(source string, e Entry) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.add(source, e)
}

// Unwatch deletes an entry as an analyst does.
func (s *Simulator) Unwatch(source, name string) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	delete(s.feed.sources[source], name)
}

// live are the entries of a source that have not expired; the caller holds the lock.
func (f *feed) live(source string) []Entry {
	now := f.opt.Now()
	maps.DeleteFunc(f.sources[source], func(_ string, e Entry) bool { return e.over(now) })
	return slices.SortedFunc(maps.Values(f.sources[source]), func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
}

func (e Entry) over(now time.Time) bool { return e.Expiry != nil && !now.Before(*e.Expiry) }

// add says whether the entry was there before.
func (f *feed) add(source string, e Entry) (had bool) {
	if f.sources[source] == nil {
		f.sources[source] = map[string]Entry{}
	}
	old, had := f.sources[source][e.Name]
	f.sources[source][e.Name] = e
	return had && !old.over(f.opt.Now())
}

// listFeed is GET /intelfeed.
func (s *Simulator) listFeed(q url.Values) *answer {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	names := slices.Sorted(maps.Keys(s.feed.sources))
	if truth(q, "sources", false) {
		return found(append([]string{}, names...))
	}
	if source := q.Get("source"); source != "" {
		names = []string{source}
	}
	var all []Entry
	for _, source := range names {
		all = append(all, s.feed.live(source)...)
	}
	if truth(q, "fulldetails", false) {
		out := []record{}
		for _, e := range all {
			out = append(out, e.details())
		}
		return found(out)
	}
	out := []string{}
	for _, e := range all {
		out = append(out, e.Name)
	}
	return found(out)
}

// details is the row of an entry. Neither its source nor the hostname flag is in it.
func (e Entry) details() record {
	out := record{"name": e.Name, "strength": 100}
	if e.Description != "" {
		out["description"] = e.Description
	}
	if e.Expiry != nil {
		out["expiry"] = e.Expiry.UTC().Format("2006-01-02T15:04:05")
	}
	if e.IAGN {
		out["iagn"] = true
	}
	return out
}

// change is the body of POST /intelfeed.
type change struct {
	AddEntry    string `json:"addentry"`
	AddList     string `json:"addlist"`
	Description string `json:"description"`
	Source      string `json:"source"`
	Expiry      string `json:"expiry"`
	Hostname    bool   `json:"hostname"`
	IAGN        bool   `json:"iagn"`
	RemoveEntry string `json:"removeentry"`
	RemoveAll   bool   `json:"removeall"`
}

// changeFeed is POST /intelfeed. A bad entry refuses the whole body.
func (s *Simulator) changeFeed(r *http.Request, body []byte) *answer {
	c, ok := readChange(r, body)
	if !ok || len(c.Description) >= 256 || len(c.Source) >= 64 {
		return inputError()
	}
	setDefault(&c.Source, "Default")
	entries, ok := c.entries()
	if !ok {
		return inputError()
	}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	added, updated := s.feed.apply(c, entries)
	if err := s.feed.write(); err != nil {
		return refusal(http.StatusInternalServerError, "error", err.Error())
	}
	out := record{"response": "SUCCESS"}
	if s.opt.Counters {
		out["added"], out["updated"] = added, updated
	}
	return found(out)
}

func (f *feed) apply(c change, entries []Entry) (added, updated int) {
	switch {
	case c.RemoveAll:
		f.removed++
		for _, entries := range f.sources {
			clear(entries)
		}
	case c.RemoveEntry != "":
		f.removed++
		delete(f.sources[c.Source], strings.ToLower(c.RemoveEntry))
	}
	for _, e := range entries {
		if f.add(c.Source, e) {
			updated++
		} else {
			added++
		}
	}
	return added, updated
}

func readChange(r *http.Request, body []byte) (c change, ok bool) {
	if !isForm(r) {
		return c, json.Unmarshal(body, &c) == nil
	}
	v, err := url.ParseQuery(string(body))
	return change{
		AddEntry: v.Get("addentry"), AddList: v.Get("addlist"), Description: v.Get("description"), Source: v.Get("source"), Expiry: v.Get("expiry"),
		Hostname: truth(v, "hostname", false), IAGN: truth(v, "iagn", false), RemoveEntry: v.Get("removeentry"), RemoveAll: truth(v, "removeall", false),
	}, err == nil
}

// entries are what is to be added; false if one of them, or the expiry, is none.
func (c change) entries() ([]Entry, bool) {
	names := strings.FieldsFunc(c.AddList, func(r rune) bool { return r == ',' || r == '\n' })
	if c.AddEntry != "" {
		names = append(names, c.AddEntry)
	}
	if len(names) == 0 && c.RemoveEntry == "" && !c.RemoveAll {
		return nil, false
	}
	var expiry *time.Time
	if c.Expiry != "" {
		at, err := time.Parse("2006-01-02T15:04:05", strings.Replace(c.Expiry, " ", "T", 1))
		if err != nil {
			return nil, false
		}
		expiry = &at
	}
	var out []Entry
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if !watchable(name) {
			return nil, false
		}
		out = append(out, Entry{Name: name, Description: c.Description, Expiry: expiry, Hostname: c.Hostname, IAGN: c.IAGN})
	}
	return out, true
}

var domainName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// watchable says that name is a domain, an address or a network.
func watchable(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(name); err == nil {
		return true
	}
	return len(name) <= 253 && domainName.MatchString(name)
}
