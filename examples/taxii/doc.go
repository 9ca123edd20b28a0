// Package taxii simulates a TAXII server, versions 2.0 and 2.1, for tests and the sandbox. It
// answers as the reference server of OASIS does (observed of medallion 1.1.0 and 3.0.0), its
// oddities included: a root without collections answers {}, http_status is a text, 401 and
// malformed JSON come as text and HTML, and a version of an object that is there already is
// a failure within a 202.
//
// Both versions serve the same collections; which one a request speaks, its media types say.
// What it holds does not depend on what is in the objects but id, type, modified, created.
package taxii
