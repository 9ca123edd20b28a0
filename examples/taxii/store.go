package taxii

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// store is what the server keeps, and the file of its changes.
type store struct {
	collections map[string]*contents
	statuses    map[string]*work
	file        *os.File
	lines       int
}

// contents are the objects of a collection.
type contents struct {
	list     []Object
	versions map[string][]string // by id, oldest first
}

// line is one change in the file.
type line struct {
	Collection string  `json:"collection,omitempty"`
	Object     *Object `json:"object,omitempty"`
	Work       *work   `json:"work,omitempty"`
	Forget     string  `json:"forget,omitempty"`
}

func openStore(path string) (*store, error) {
	s := &store{collections: map[string]*contents{}, statuses: map[string]*work{}}
	if path == "" {
		return s, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: change %d cannot be read: %w", path, s.lines+1, err)
		}
		s.apply(l)
	}
	s.file = f
	return s, nil
}

func (s *store) apply(l line) {
	s.lines++
	switch {
	case l.Object != nil:
		s.of(l.Collection).put(*l.Object)
	case l.Work != nil:
		s.statuses[l.Work.ID] = l.Work
	default:
		delete(s.collections, l.Forget)
	}
}

func (s *store) of(collection string) *contents {
	c := s.collections[collection]
	if c == nil {
		c = &contents{versions: map[string][]string{}}
		s.collections[collection] = c
	}
	return c
}

func (c *contents) put(o Object) {
	c.list = append(c.list, o)
	c.versions[o.ID] = append(c.versions[o.ID], o.Version)
	slices.Sort(c.versions[o.ID])
}

// add keeps an object, unless that version is there.
func (s *store) add(collection string, o Object) (bool, error) {
	c := s.of(collection)
	if slices.Contains(c.versions[o.ID], o.Version) {
		return false, nil
	}
	c.put(o)
	return true, s.write(line{Collection: collection, Object: &o})
}

func (s *store) write(l line) error {
	s.lines++
	if s.file == nil {
		return nil
	}
	b, err := json.Marshal(l)
	if err == nil {
		_, err = s.file.Write(append(b, '\n'))
	}
	return err
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}
