// Package stix makes STIX 2.0 and 2.1 of objects of ThreatQ: what has no place in STIX is
// left out with a reason, ids are the same in every run, and what refers comes after what
// it refers to. It reads and writes nothing.
//
// A Graph is given the objects; its Objects are taken from there, those that the target
// has already left out by id and modified, and the rest put into requests by Chunks.
//
// Guarantees, all tested: whatever a value holds, a pattern reads back as that value and no
// more; two runs over the same objects give the same bytes; no object is marked laxer than
// the strictest of its sources; secrets (indicators of type Password) are in no output and
// in no error.
package stix
