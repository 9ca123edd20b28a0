package stix

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// uuid is a UUID of version 5, or one in the guise of version 4.
type uuid [16]byte

// urlSpace is the namespace that RFC 4122 gives to names that are URLs.
var urlSpace = uuid{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

// name makes the UUID, version 5, of a text.
func (u uuid) name(text string) uuid {
	h := sha1.Sum(append(u[:len(u):len(u)], text...))
	out := uuid(h[:16])
	out[6] = out[6]&0x0f | 0x50
	out[8] = out[8]&0x3f | 0x80
	return out
}

func (u uuid) String() string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// id of a STIX object.
type id struct {
	kind kind
	uuid uuid
}

func (i id) String() string { return i.kind.String() + "--" + i.uuid.String() }

// compare orders ids as their texts: the kinds are in the order of their names.
func (i id) compare(o id) int {
	return cmp.Or(cmp.Compare(i.kind, o.kind), bytes.Compare(i.uuid[:], o.uuid[:]))
}

// namer gives ids. They come from what an object is in ThreatQ, so that they are the same
// in every run without being remembered.
type namer struct {
	version Version
	space   uuid // of one ThreatQ
}

// newNamer takes the address of ThreatQ, which must therefore not change.
func newNamer(v Version, base string) namer {
	return namer{v, urlSpace.name(strings.TrimRight(base, "/"))}
}

// uuid of what the parts of a seed name. STIX 2.0 admits no other UUIDs than of version 4.
func (n namer) uuid(seed ...string) uuid {
	u := n.space.name(strings.Join(seed, "|"))
	if n.version == V20 {
		u[6] = u[6]&0x0f | 0x40
	}
	return u
}

// of is the id of an object of ThreatQ.
func (n namer) of(k kind, object, typ, value string) id {
	return id{k, n.uuid(k.String(), object, typ, value)}
}
