// Package devo simulates what Devo has for lookup tables: a collector, which takes lines of syslog
// over mutual TLS and never answers, and the Lookups REST API. It makes up its own authority and
// certificates, and gives out the client's.
//
// It takes the strict side of what is known. A session is put aside by its id, wherever its lines come
// from, and takes effect when its END arrives. A row that is short of a column, has an open quotation
// mark or comes before START spoils the session, of which the sender hears nothing.
//
// Beside the API there are paths of the sandbox itself: /_sandbox/tables and /_sandbox/sessions show
// what has arrived, /_sandbox/identity gives out the client's certificate, key and chain, and the
// account of the API; POST /_sandbox/faults takes one fault a line, see [ParseFault], and the line "clear".
// It shares no code with the client it tests.
package devo
