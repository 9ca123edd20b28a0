package stix

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// Limits of one request. Zero stands for no limit of bytes, and 1000 objects.
type Limits struct {
	Bytes   int // of the body: max_content_length
	Objects int
}

// Chunk is the body of one request: a bundle in 2.0, an envelope in 2.1.
type Chunk struct {
	Body    []byte
	Objects []Encoded
	// Shortened are the ids of objects that were too large with their description.
	Shortened []string
}

// Chunks puts objects into as few requests as their order allows. An error is a *TooLarge,
// about one object that is in no chunk; the others follow. It holds one chunk at a time.
func (g *Graph) Chunks(objects iter.Seq[Encoded], max Limits) iter.Seq2[Chunk, error] {
	if max.Objects <= 0 {
		max.Objects = 1000
	}
	return func(yield func(Chunk, error) bool) {
		c := chunker{max: max, frame: len(g.body(nil)), lost: map[string]bool{}}
		for e := range objects {
			e, err := c.fit(e)
			if err != nil {
				if !yield(Chunk{}, err) {
					return
				}
				continue
			}
			if c.full(e) && !yield(c.flush(g), nil) {
				return
			}
			c.add(e)
		}
		if len(c.open.Objects) > 0 {
			yield(c.flush(g), nil)
		}
	}
}

// chunker fills one chunk.
type chunker struct {
	max   Limits
	frame int // bytes around the objects
	open  Chunk
	size  int
	lost  map[string]bool // ids of objects that are in no chunk
	short bool            // the next object was shortened
}

// fit makes an object fit into a chunk of its own.
func (c *chunker) fit(e Encoded) (Encoded, error) {
	whole := e
	if c.tooLarge(e) {
		e = e.rewrite(func(w *wire) { w.Description = "" })
	}
	c.short = len(e.JSON) != len(whole.JSON)
	if c.tooLarge(e) {
		c.lost[e.ID] = true
		return e, &TooLarge{ID: e.ID, Size: c.frame + len(e.JSON), Max: c.max.Bytes}
	}
	return c.without(e)
}

func (c *chunker) tooLarge(e Encoded) bool {
	return c.max.Bytes > 0 && c.frame+len(e.JSON) > c.max.Bytes
}

// without takes away references to what is in no chunk.
func (c *chunker) without(e Encoded) (Encoded, error) {
	var needs string
	if len(c.lost) > 0 && (strings.HasPrefix(e.ID, "relationship--") || strings.HasPrefix(e.ID, "report--")) {
		e = e.rewrite(func(w *wire) {
			for _, ref := range []string{w.SourceRef, w.TargetRef} {
				if c.lost[ref] {
					needs = ref
				}
			}
			refs := slices.DeleteFunc(slices.Clone(w.ObjectRefs), func(ref string) bool { return c.lost[ref] })
			if len(refs) == 0 && len(w.ObjectRefs) > 0 {
				needs = w.ObjectRefs[0]
			}
			w.ObjectRefs = refs
		})
	}
	if needs != "" {
		c.lost[e.ID] = true
		return e, &TooLarge{ID: e.ID, Size: c.frame + len(e.JSON), Max: c.max.Bytes, Needs: needs}
	}
	return e, nil
}

// full says that the open chunk has no room for an object.
func (c *chunker) full(e Encoded) bool {
	n := len(c.open.Objects)
	return n > 0 && (n >= c.max.Objects || c.max.Bytes > 0 && c.frame+c.size+len(",")+len(e.JSON) > c.max.Bytes)
}

func (c *chunker) add(e Encoded) {
	if len(c.open.Objects) > 0 {
		c.size += len(",")
	}
	c.size += len(e.JSON)
	c.open.Objects = append(c.open.Objects, e)
	if c.short {
		c.open.Shortened = append(c.open.Shortened, e.ID)
	}
}

func (c *chunker) flush(g *Graph) Chunk {
	out := c.open
	out.Body = g.body(out.Objects)
	c.open, c.size = Chunk{}, 0
	return out
}

// body is what a server of the version takes.
func (g *Graph) body(objects []Encoded) []byte {
	if g.version == V20 {
		return g.Bundle(objects)
	}
	return list(`{"objects":[`, objects)
}

// Bundle is a document of objects, as it is kept in files. Its id is that of their versions.
func (g *Graph) Bundle(objects []Encoded) []byte {
	var seed strings.Builder
	seed.WriteString("bundle")
	for _, e := range objects {
		seed.WriteString("|" + e.ID + "@" + e.Modified)
	}
	head := `{"type":"bundle","id":"bundle--` + g.uuid(seed.String()).String() + `",`
	if g.version == V20 {
		head += `"spec_version":"2.0",`
	}
	return list(head+`"objects":[`, objects)
}

func list(head string, objects []Encoded) []byte {
	size := len(head) + len("]}") + len(objects)
	for _, e := range objects {
		size += len(e.JSON)
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.WriteString(head)
	for i, e := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(e.JSON)
	}
	b.WriteString("]}")
	return b.Bytes()
}
