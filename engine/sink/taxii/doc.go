// Package taxii gives objects of STIX to a collection of a TAXII server, version 2.0 or 2.1: it
// finds the collection, sends requests as large as the server takes, waits until they are
// processed and says what became of each object.
//
// Logging in, retries, limits and redaction are the Doer's. It may repeat a POST whose answer
// was lost: a server takes each version of an object once, and one that it has already is
// Unchanged.
package taxii
